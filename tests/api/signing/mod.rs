//! The signing session: the running order (R30), and the way to the table (R31).

mod order;
mod races;

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{Reply, TestApp, send};
use crate::desk::{Signer, signature};

const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

impl TestApp {
    /// A step of a participant's turn, in whatever version it is.
    pub async fn step(&self, code: &str, step: &str) -> Reply {
        self.treaty().act(&format!("/signing/queue/{code}/{step}"), json!({})).await
    }

    /// Somebody else of the delegation who may sign, by an office, with an hour of their own.
    pub async fn substitute(&self, code: &str, is_confirmed: bool) -> Signer {
        let member = self.member_of(code, "head_of_government").await;
        let office =
            json!({ "participant": code, "member": member, "basis": "head_of_government" });
        let lodged = self.focal_point(code).post("/full-powers", office).await;
        lodged.expect(201);
        let path = format!("/full-powers/{}", lodged.id());
        self.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
        self.appoint(&lodged.id(), "hanoi", "2025-10-25T16:00:00+07:00").await.expect(201);
        if is_confirmed {
            self.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
        }
        Signer { member, full_powers: lodged.id() }
    }

    /// The running order that is under way.
    pub async fn queue(&self) -> Value {
        self.treaty().get("/signing/queue").await.expect(200)
    }
}

/// Where the turn of a participant is.
pub fn state<'q>(queue: &'q Value, code: &str) -> &'q str {
    let items = queue["items"].as_array().unwrap();
    items.iter().find(|turn| turn["participant"] == code).unwrap()["state"].as_str().unwrap()
}

fn told(reply: &Reply) -> (String, Value, Value) {
    let body = reply.json();
    (reply.problem(409), body["current"].clone(), body["allowed"].clone())
}

#[tokio::test]
async fn r31_a_turn_goes_from_expected_to_signed_and_every_other_step_names_the_legal_ones() {
    let app = TestApp::start().await;
    let france = app.entitle("FRA").await;
    app.entitle("BEL").await;
    assert_eq!(
        told(&app.step("FRA", "arrive").await),
        ("illegal_transition".into(), json!("expected"), json!(["call", "defer", "absent"]))
    );
    let called = app.step("FRA", "call").await;
    let body = called.expect(200);
    assert_eq!((&body["state"], &body["since"]), (&json!("called"), &json!(crate::app::NOW)));
    assert_eq!(told(&app.step("FRA", "call").await).2, json!(["arrive", "defer", "absent"]));

    let second = app.step("BEL", "call").await;
    assert_eq!(told(&second).1, "expected");
    assert_eq!(second.json()["because_of"], "FRA", "one is called at a time");
    app.step("FRA", "arrive").await.expect(200);
    app.step("BEL", "call").await.expect(200);
    let crowded = app.step("BEL", "arrive").await;
    assert_eq!(
        (crowded.problem(409).as_str(), &crowded.json()["because_of"]),
        ("illegal_transition", &json!("FRA"))
    );

    let signed = app.record(signature("FRA", &france.full_powers, AT_THE_TABLE)).await;
    signed.expect(201);
    let queue = app.queue().await;
    assert_eq!((state(&queue, "FRA"), state(&queue, "BEL")), ("signed", "called"));
    let turn = app.treaty().get("/signing/queue/FRA").await.expect(200);
    assert_eq!((&turn["act"], &turn["allowed"]), (&json!(signed.id()), &json!([])));
    app.step("BEL", "arrive").await.expect(200);
    assert_eq!(app.step("FRA", "defer").await.problem(409), "illegal_transition");
    assert_eq!(app.step("VNM", "call").await.problem(404), "not_found");
}

#[tokio::test]
async fn r31_who_is_put_off_or_not_there_comes_again() {
    let app = TestApp::start().await;
    for code in ["FRA", "BEL"] {
        app.entitle(code).await;
    }
    app.step("FRA", "call").await.expect(200);
    let why = json!({ "reason": "The minister is on the telephone." });
    let deferred = app.treaty().act("/signing/queue/FRA/defer", why).await.expect(200);
    assert_eq!(deferred["reason"], "The minister is on the telephone.");
    app.step("BEL", "call").await.expect(200);
    app.step("BEL", "absent").await.expect(200);
    assert_eq!(told(&app.step("BEL", "call").await).2, json!(["defer"]));
    app.step("FRA", "call").await.expect(200);
    app.step("BEL", "defer").await.expect(200);
    app.step("FRA", "arrive").await.expect(200);
    app.step("BEL", "call").await.expect(200);
    let steps = "event where kind like 'signing.%' and participant in ('FRA', 'BEL')";
    assert_eq!(app.count(steps).await, 8);
}

#[tokio::test]
async fn r31_a_signature_and_its_turn_are_one_transaction() {
    let app = TestApp::start().await;
    let france = app.entitle("FRA").await;
    app.step("FRA", "call").await.expect(200);
    let body = || signature("FRA", &france.full_powers, AT_THE_TABLE);
    let officer = app.treaty();
    let tried = officer.post_once("/treaty/acts?dry_run=true", "try", body()).await;
    tried.expect(201);
    assert_eq!(state(&app.queue().await, "FRA"), "called", "nothing is kept of a dry run");

    let mut owner = app.as_owner().await;
    let broken = "create function broken() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
                  create trigger broken before update on signing_turn for each row execute function broken()";
    owner.execute(broken).await.unwrap();
    assert_eq!(app.record(body()).await.problem(503), "unavailable");
    assert_eq!(app.count("act").await, 0, "where the turn cannot be moved, nothing is signed");
    owner.execute("drop trigger broken on signing_turn").await.unwrap();
    let act = app.record(body()).await.id();

    let why = json!({ "reason": "Belgium's page." });
    app.treaty().act(&format!("/treaty/acts/{act}/withdraw"), why).await.expect(200);
    let queue = app.queue().await;
    assert_eq!(state(&queue, "FRA"), "deferred", "a recording that was withdrawn is signed anew");
    assert_eq!(queue["items"][0]["reason"], "Belgium's page.");
    app.record(body()).await.expect(201);
}

#[tokio::test]
async fn r31_a_substitute_passes_the_rules_of_full_powers_on_its_own() {
    let app = TestApp::start().await;
    let france = app.entitle("FRA").await;
    let other = app.substitute("FRA", false).await;
    let of = |signer: &Signer| json!({ "full_powers": signer.full_powers });
    let refused = app.treaty().act("/signing/queue/FRA/call", of(&other)).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.json()["errors"][0]["code"], "not_confirmed");
    app.treaty().act("/signing/queue/FRA/call", of(&france)).await.expect(200);
    app.treaty().act("/signing/queue/FRA/absent", of(&france)).await.expect(200);
    let confirm = format!("/full-powers/{}/confirm", other.full_powers);
    app.second_treaty().act(&confirm, json!({})).await.expect(200);
    let called = app.treaty().act("/signing/queue/FRA/call", of(&other)).await.expect(200);
    assert_eq!(called["signer"]["rank"], "head_of_government");
    app.record(signature("FRA", &other.full_powers, AT_THE_TABLE)).await.expect(201);
    let queue = app.queue().await;
    assert_eq!(queue["items"].as_array().unwrap().len(), 1, "a participant signs once");
    assert_eq!(
        (state(&queue, "FRA"), &queue["items"][0]["full_powers"]),
        ("signed", &json!(other.full_powers))
    );
}

#[tokio::test]
async fn r31_a_table_is_free_again_when_its_appointment_is_cancelled() {
    let app = TestApp::start().await;
    for code in ["FRA", "BEL"] {
        app.entitle(code).await;
    }
    let called = app.step("FRA", "call").await.expect(200);
    let cancel = format!("/appointments/{}/cancel", called["appointment"].as_str().unwrap());
    app.treaty().act(&cancel, json!({ "reason": "Recalled." })).await.expect(200);
    app.step("BEL", "call").await.expect(200);
    assert_eq!(app.queue().await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r31_signing_goes_on_at_the_desk_inside_its_window() {
    let app = TestApp::start_at("2025-10-30T18:00:00Z").await;
    let france = app.signed("FRA").await;
    let belgium = app.entitle("BEL").await;
    let made = app.treaty().get("/appointments?participant=BEL").await.expect(200);
    let cancel = format!("/appointments/{}/cancel", made["items"][0]["id"].as_str().unwrap());
    app.treaty().act(&cancel, json!({ "reason": "The flight was late." })).await.expect(200);
    app.appoint(&belgium.full_powers, "new_york", "2025-10-29T22:30:00-04:00").await.expect(201);
    let sessions = app.treaty().get("/signing/sessions").await.expect(200);
    assert_eq!(
        sessions["items"],
        json!([
            { "place": "hanoi", "day": "2025-10-25", "turns": { "signed": 1 } },
            { "place": "new_york", "day": "2025-10-29", "turns": { "expected": 1 } },
        ])
    );
    let queue = app.queue().await;
    assert_eq!((&queue["place"], &queue["day"]), (&json!("new_york"), &json!("2025-10-29")));
    let hanoi = app.treaty().get("/signing/queue?place=hanoi&day=2025-10-25").await.expect(200);
    assert_eq!(hanoi["items"][0]["act"], json!(france));
    app.step("BEL", "call").await.expect(200);
    app.step("BEL", "arrive").await.expect(200);
    let mut desk = signature("BEL", &belgium.full_powers, "2025-10-29T22:35:00-04:00");
    desk["place"] = json!("new_york");
    assert_eq!(app.record(desk).await.expect(201)["legal_date"], "2025-10-29");
    assert_eq!(state(&app.queue().await, "BEL"), "signed");
    assert_eq!(app.treaty().get("/signing/queue?place=geneva").await.pointers(), ["/place"]);
}

#[tokio::test]
async fn r30_the_session_is_the_treaty_officers() {
    let app = TestApp::start().await;
    app.entitle("FRA").await;
    let order = json!({ "strategy": "alphabetical" });
    for role in Role::ALL.iter().filter(|role| **role != Role::Treaty) {
        let caller = app.role(*role);
        let sees = if *role == Role::Auditor { 200 } else { 403 };
        for path in ["/signing/queue", "/signing/sessions", "/signing/queue/FRA"] {
            assert_eq!(caller.get(path).await.status, sees, "{role} {path}");
        }
        assert_eq!(
            caller.act("/signing/queue/order", order.clone()).await.problem(403),
            "forbidden"
        );
        assert_eq!(
            caller.act("/signing/queue/FRA/call", json!({})).await.problem(403),
            "forbidden"
        );
    }
    let silent = app.treaty().post("/signing/queue/FRA/call", json!({})).await;
    assert_eq!(silent.problem(428), "precondition_required");
    let stale = app.treaty().request(reqwest::Method::POST, "/signing/queue/FRA/call");
    let stale = send(stale.header("if-match", "\"7\"").json(&json!({}))).await;
    assert_eq!((stale.problem(412).as_str(), stale.header("etag")), ("version_mismatch", "\"0\""));
}
