//! Side events (R45): who applies, who joins, until when, and what officers make of it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{Caller, Reply, TestApp, member, send, statuses};

/// Days before applications close.
pub const OPEN: &str = "2025-09-10T10:00:00Z";

impl TestApp {
    /// A service before applications close, with participants who take part: how they come to is proven elsewhere.
    pub async fn open_for_side_events(codes: &[&str]) -> Self {
        let app = Self::start_at(OPEN).await;
        for code in codes {
            let mission = app.focal_point(code);
            mission.post("/delegations", json!({ "participant": code })).await.expect(201);
        }
        app.accept_all().await;
        app
    }

    /// Every delegation that there is takes part.
    pub async fn accept_all(&self) {
        let mut owner = self.as_owner().await;
        owner.execute("update delegation set stage = 'accepted'").await.unwrap();
    }

    /// An application that was handed in.
    pub async fn applied(&self, code: &str, more: Value) -> String {
        let begun = self.apply(code, more).await;
        begun.expect(201);
        let submit = format!("/side-events/{}/submit", begun.id());
        self.focal_point(code).act(&submit, json!({})).await.expect(200);
        begun.id()
    }

    /// An application that is begun.
    pub async fn apply(&self, code: &str, more: Value) -> Reply {
        let mut wanted = json!({ "participant": code, "title": "Young voices", "audience": 40 });
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.focal_point(code).post("/side-events", wanted).await
    }

    /// An application that an officer reviewed and accepted.
    pub async fn accepted(&self, code: &str, more: Value) -> String {
        let id = self.applied(code, more).await;
        let officer = self.programme_officer();
        officer.post(&format!("/side-events/{id}/reviews"), review(4)).await.expect(200);
        officer.act(&format!("/side-events/{id}/accept"), json!({})).await.expect(200);
        id
    }
}

/// What an officer thinks who thinks the same of everything.
pub fn review(score: u8) -> Value {
    json!({ "scores": { "relevance": score, "quality": score, "inclusiveness": score } })
}

async fn kinds(caller: &Caller<'_>, id: &str) -> Vec<String> {
    let history = caller.get(&format!("/side-events/{id}/history")).await.expect(200);
    let items = history["items"].as_array().unwrap().iter();
    items.map(|happened| happened["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn r45_an_application_goes_from_draft_to_decision_and_its_history_tells_it() {
    let app = TestApp::start_at(OPEN).await;
    let (france, officer) = (app.focal_point("FRA"), app.programme_officer());
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let mut person = member("Speaker");
    person["function"] = json!("expert");
    let speakers = json!([
        { "name": "Ann Sample", "title": "Professor", "organization": "University of Samples" },
        { "name": "Exemplar Speaker", "accreditation": person },
    ]);
    let more = json!({
        "title": { "en": "Young voices", "fr": "La voix des jeunes" }, "abstract": "On what is to come.",
        "preferred_slots": ["sunday_noon"], "equipment": ["screen"], "languages": ["fr"], "speakers": speakers,
    });
    let begun = app.apply("FRA", more).await;
    let body = begun.expect(201);
    let at = format!("/side-events/{}", begun.id());
    assert_eq!(
        (&body["state"], begun.header("location")),
        (&json!("draft"), &*format!("/api/v1{at}"))
    );
    // Whoever is to be accredited is entered in the same step, as any other.
    let entered = body["speakers"][1]["member"].as_str().unwrap();
    let entry = france.get(&format!("/delegations/FRA/members/{entered}")).await.expect(200);
    assert_eq!((&entry["status"], &entry["function"]), (&json!("draft"), &json!("expert")));
    assert!(
        !officer.get(&at).await.text.contains(entered),
        "whoever sees no members sees none here"
    );
    let met: Vec<_> = body["milestones"].as_array().unwrap().iter().map(|m| &m["met"]).collect();
    assert_eq!(met, [&json!(true), &json!(true), &json!(false)]);

    // Its sponsor takes part, or it is not handed in.
    let early = france.act(&format!("{at}/submit"), json!({})).await;
    assert_eq!(early.problem(409), "not_eligible");
    app.accept_all().await;
    let submitted = france.act(&format!("{at}/submit"), json!({})).await.expect(200);
    assert_eq!(submitted["allowed"], json!(["change", "accept", "reject", "withdraw"]));
    let again = france.act(&format!("{at}/submit"), json!({})).await;
    assert_eq!(
        (again.problem(409).as_str(), &again.json()["current"]),
        ("illegal_transition", &json!("submitted"))
    );

    // Nobody accepts what nobody has looked at, and nobody rejects without a reason.
    assert_eq!(officer.act(&format!("{at}/accept"), json!({})).await.problem(409), "not_eligible");
    let silent = officer.act(&format!("{at}/reject"), json!({})).await;
    assert_eq!(
        (silent.problem(422).as_str(), silent.pointers()),
        ("validation_failed", vec!["/reason".to_owned()])
    );
    officer.post(&format!("{at}/reviews"), review(5)).await.expect(200);
    assert_eq!(france.act(&format!("{at}/accept"), json!({})).await.problem(403), "forbidden");
    let accepted =
        officer.act(&format!("{at}/accept"), json!({ "reason": "Of wide interest." })).await;
    assert_eq!(accepted.expect(200)["decision"]["reason"], "Of wide interest.");
    let expected = ["side_event.accepted", "side_event.submitted", "side_event.begun"];
    assert_eq!(kinds(&france, &begun.id()).await, expected);
    let told = "event where kind like 'side_event.%' and (after::text like '%Sample%' or before::text like '%Sample%')";
    assert_eq!(app.count(told).await, 0, "who speaks is not in the audit trail, which is for ever");

    let other = app.applied("FRA", json!({})).await;
    let reason = json!({ "reason": "Too near to another." });
    let rejected = officer.act(&format!("/side-events/{other}/reject"), reason).await.expect(200);
    assert_eq!((&rejected["state"], &rejected["allowed"]), (&json!("rejected"), &json!([])));
}

#[tokio::test]
async fn r45_co_sponsors_say_so_themselves_and_see_what_they_are_asked() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let (france, germany, italy) =
        (app.focal_point("FRA"), app.focal_point("DEU"), app.focal_point("ITA"));
    let begun = app.apply("FRA", json!({ "co_sponsors": ["ITA", "DEU"] })).await;
    let at = format!("/side-events/{}", begun.id());
    let confirm = format!("{at}/co-sponsors/DEU/confirm");
    // A draft is its mission's alone.
    assert_eq!(germany.get(&at).await.problem(404), "not_found");
    assert_eq!(germany.act(&confirm, json!({})).await.problem(404), "not_found");
    france.act(&format!("{at}/submit"), json!({})).await.expect(200);
    let seen = germany.get("/side-events?co_sponsor=DEU").await.expect(200);
    assert_eq!(seen["items"][0]["id"], json!(begun.id()));
    let stale = germany.request(reqwest::Method::POST, &confirm).header("if-match", "\"1\"");
    assert_eq!(send(stale).await.problem(412), "version_mismatch");
    let confirmed = germany.act(&confirm, json!({})).await;
    let only = json!([{ "participant": "DEU", "answer": "confirmed", "answered_at": "2025-09-10T10:00:00Z" }]);
    assert_eq!(confirmed.expect(200)["co_sponsors"], only, "what others say is not its business");
    let now = france.get(&at).await;
    assert_eq!(now.header("etag"), confirmed.header("etag"), "what is said changes the side event");
    assert_eq!(now.json()["co_sponsors"][0]["answer"], "confirmed");

    // Nobody speaks for another, and who says no is out.
    assert_eq!(france.act(&confirm, json!({})).await.problem(404), "not_found");
    assert_eq!(app.programme_officer().act(&confirm, json!({})).await.problem(403), "forbidden");
    let spain = format!("{at}/co-sponsors/ESP/confirm");
    assert_eq!(app.focal_point("ESP").act(&spain, json!({})).await.problem(404), "not_found");
    for change in [json!({ "title": "Mine" }), json!({ "co_sponsors": [] })] {
        assert_eq!(germany.patch(&at, change).await.problem(404), "not_found");
    }
    italy.act(&format!("{at}/co-sponsors/ITA/decline"), json!({})).await.expect(200);
    assert_eq!(italy.get(&at).await.problem(404), "not_found");
    // Who is named still keeps their word; who is named anew is asked anew.
    let others = json!({ "co_sponsors": ["DEU", "ESP"] });
    let changed = france.patch(&at, others).await.expect(200);
    let answers = changed["co_sponsors"].as_array().unwrap().iter();
    let answers: Vec<_> = answers.map(|a| [&a["participant"], &a["answer"]]).collect();
    assert_eq!(answers, [[&json!("DEU"), &json!("confirmed")], [&json!("ESP"), &json!("asked")]]);
    assert_eq!(app.focal_point("ESP").act(&spain, json!({})).await.status, 200);
}

#[tokio::test]
async fn r45_missions_keep_to_the_days_and_officers_mend_what_comes_late() {
    let mut app = TestApp::open_for_side_events(&["FRA"]).await;
    let at = format!("/side-events/{}", app.applied("FRA", json!({})).await);
    let draft = format!("/side-events/{}", app.apply("FRA", json!({})).await.id());
    app.go_to("2025-09-16T10:00:00Z").await;
    let france = app.focal_point("FRA");
    assert_eq!(app.apply("FRA", json!({})).await.problem(409), "deadline_passed");
    assert_eq!(
        france.act(&format!("{draft}/submit"), json!({})).await.problem(409),
        "deadline_passed"
    );
    assert_eq!(
        france.act(&format!("{at}/withdraw"), json!({})).await.problem(409),
        "deadline_passed"
    );
    let late = france
        .patch(&at, json!({ "audience": 50, "title": "Other voices", "layout": "theatre" }))
        .await;
    assert_eq!(
        (late.problem(409).as_str(), late.pointers()),
        ("deadline_passed", vec!["/audience".to_owned(), "/layout".to_owned()])
    );
    france.patch(&at, json!({ "title": "Other voices" })).await.expect(200);
    let late = france.patch(&draft, json!({ "title": "Other voices" })).await;
    assert_eq!(late.problem(409), "deadline_passed");
    app.programme_officer().patch(&at, json!({ "audience": 50 })).await.expect(200);
    app.programme_officer().act(&format!("{draft}/submit"), json!({})).await.expect(200);

    app.go_to("2025-09-23T10:00:00Z").await;
    let speakers = json!([{ "name": "Ann Sample" }]);
    let late = app
        .focal_point("FRA")
        .patch(&at, json!({ "speakers": speakers, "material": "Slides." }))
        .await;
    assert_eq!(
        (late.problem(409).as_str(), late.pointers()),
        ("deadline_passed", vec!["/material".to_owned(), "/speakers".to_owned()])
    );
    app.programme_officer().patch(&at, json!({ "speakers": speakers })).await.expect(200);
}

#[tokio::test]
async fn r54_every_fault_of_an_application_is_told_at_once_and_nothing_of_it_is_kept() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let odd = json!({
        "participant": "FRA", "title": { "fr": "Sans titre" }, "audience": "many", "layout": "bed", "state": "accepted",
        "speakers": [{ "title": "Professor" }],
    });
    let reply = app.focal_point("FRA").post("/side-events", odd).await;
    assert_eq!(reply.problem(422), "validation_failed");
    assert_eq!(
        reply.pointers(),
        ["/audience", "/layout", "/speakers/0/name", "/state", "/title/en"]
    );
    let mut person = member("Late");
    person["passport"]["expires_on"] = json!("2025-10-25");
    let more = json!({ "speakers": [{ "name": "Exemplar Late", "accreditation": person }] });
    let reply = app.apply("FRA", more).await;
    assert_eq!(reply.pointers(), ["/speakers/0/accreditation/passport/expires_on"]);
    let crowd = json!({
        "preferred_slots": vec!["monday"; 51], "co_sponsors": vec!["ZZZ"; 51],
        "speakers": vec![json!({ "name": "Ann Sample" }); 51],
    });
    let reply = app.apply("FRA", crowd).await;
    assert_eq!(
        reply.pointers(),
        ["/co_sponsors", "/preferred_slots", "/speakers"],
        "so long a list is not even read"
    );
    let nobody = "018f0000-0000-7000-8000-000000000000";
    let more = json!({
        "audience": 0, "preferred_slots": ["monday", "sunday_noon", "sunday_noon"],
        "co_sponsors": ["FRA", "ZZZ", "DEU", "DEU"],
        "speakers": [{ "name": "Ann Sample", "member": nobody }, { "name": "Exemplar New", "accreditation": member("New") }],
    });
    let reply = app.apply("FRA", more).await;
    assert_eq!(
        reply.pointers(),
        [
            "/audience",
            "/co_sponsors/0",
            "/co_sponsors/1",
            "/co_sponsors/3",
            "/preferred_slots/0",
            "/preferred_slots/2",
            "/speakers/0/member",
        ]
    );
    assert_eq!((app.count("side_event").await, app.count("member").await), (0, 0));
    let wanted = json!({ "participant": "FRA", "title": "Mine", "audience": 1 });
    let stranger = app.focal_point("DEU").post("/side-events", wanted).await;
    assert_eq!(stranger.problem(404), "not_found");
}

#[tokio::test]
async fn r45_each_officer_has_one_review_of_which_missions_learn_nothing() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let id = app.applied("FRA", json!({})).await;
    let at = format!("/side-events/{id}/reviews");
    let officer = app.programme_officer();
    let odd = json!({ "scores": { "relevance": 6, "charm": 1 } });
    let reply = officer.post(&at, odd).await;
    assert_eq!(
        reply.pointers(),
        ["/scores", "/scores/inclusiveness", "/scores/quality", "/scores/relevance"]
    );
    officer.post(&at, review(2)).await.expect(200);
    let given = json!({ "scores": { "relevance": 5, "quality": 4, "inclusiveness": 4 }, "comment": "A canary sings." });
    let given = officer.post(&at, given).await.expect(200);
    assert_eq!(given["mean"], 433);
    assert_eq!(officer.get(&at).await.expect(200)["items"].as_array().unwrap().len(), 1);

    let newcomer = json!({ "email": "second@test.example", "name": "Second", "role": "programme" });
    let first = app.administrator().post("/accounts", newcomer).await.expect(201);
    let password = first["initial_password"].as_str().unwrap();
    let login = json!({ "email": "second@test.example", "password": password });
    let token = app.anybody().post("/auth/login", login).await.expect(200);
    let second = app.bearer(token["token"].as_str().unwrap());
    let change = json!({ "current": password, "new": "a sentence of my own choice" });
    assert!(second.post("/auth/password", change).await.status < 300);
    second.post(&at, review(1)).await.expect(200);
    let all = officer.get(&at).await.expect(200);
    let means = all["items"].as_array().unwrap().iter().map(|review| review["mean"].as_u64());
    let means: BTreeSet<_> = means.collect();
    assert_eq!(means, [Some(100), Some(433)].into());

    let france = app.focal_point("FRA");
    for path in [at.clone(), format!("/side-events/{id}"), format!("/side-events/{id}/history")] {
        let reply = france.get(&path).await;
        assert!(!reply.text.contains("canary") && !reply.text.contains("433"), "{path}");
    }
    assert_eq!(france.get(&at).await.problem(403), "forbidden");
    assert_eq!(france.post(&at, review(5)).await.problem(403), "forbidden");
    officer.act(&format!("/side-events/{id}/accept"), json!({})).await.expect(200);
    assert_eq!(officer.post(&at, review(1)).await.problem(409), "illegal_transition");
}

#[tokio::test]
async fn r45_an_accepted_side_event_becomes_a_session_once_and_again_when_that_is_called_off() {
    let app = TestApp::open_for_side_events(&["FRA", "DEU"]).await;
    let more = json!({ "speakers": [{ "name": "Ann Sample", "title": "Professor" }], "abstract": "On what is to come." });
    let id = app.accepted("FRA", more.clone()).await;
    let (at, officer) = (format!("/side-events/{id}/schedule"), app.programme_officer());
    let (room, other) = (app.room("Room").await, app.room("Other Room").await);
    let nowhere = json!({ "slot": "monday", "room": "018f0000-0000-7000-8000-000000000000" });
    assert_eq!(officer.act(&at, nowhere).await.pointers(), ["/room", "/slot"]);
    let place = json!({ "slot": "sunday_noon", "room": room });
    assert_eq!(app.focal_point("FRA").act(&at, place.clone()).await.problem(403), "forbidden");
    let both = join_all((0..2).map(|_| officer.act(&at, place.clone()))).await;
    assert_eq!(statuses(&both), [200, 409]);
    let event = officer.get(&format!("/side-events/{id}")).await.expect(200);
    let session = format!("/sessions/{}", event["session"].as_str().unwrap());
    let planned = officer.get(&session).await.expect(200);
    assert_eq!(planned["local"]["starts_at"], "2025-10-26T12:00:00+07:00");
    assert_eq!(planned["people"][0]["name"], "Ann Sample");
    assert_eq!([&planned["kind"], &planned["places"]], [&json!("side_event"), &json!(40)]);
    assert_eq!(app.count("session where kind = 'side_event'").await, 1);

    // What does not fit is refused or told by what judges every session.
    let second = app.accepted("DEU", more).await;
    let at_second = format!("/side-events/{second}/schedule");
    assert_eq!(officer.act(&at_second, place.clone()).await.problem(409), "schedule_conflict");
    let beside = officer.act(&at_second, json!({ "slot": "sunday_noon", "room": other })).await;
    assert_eq!(beside.expect(200)["conflicts"][0]["kind"], "person");
    let moved =
        json!({ "starts_at": "2025-10-26T13:30:00+07:00", "ends_at": "2025-10-26T14:45:00+07:00" });
    assert_eq!(officer.patch(&session, moved).await.expect(200)["conflicts"], json!([]));

    // As a session it is changed and called off; then it can have another place.
    let france = app.focal_point("FRA");
    let change = france.patch(&format!("/side-events/{id}"), json!({ "title": "Mine" })).await;
    assert_eq!(
        (change.problem(409).as_str(), &change.json()["current"]),
        ("illegal_transition", &json!("scheduled"))
    );
    officer.act(&format!("{session}/cancel"), json!({ "reason": "Postponed." })).await.expect(200);
    let anew = json!({ "slot": "sunday_morning", "room": room });
    let anew = officer.act(&at, anew).await.expect(200);
    assert_ne!(anew["session"], event["session"]);
}
