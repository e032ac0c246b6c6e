//! What is forgotten, what is held, and what is left of it (R52).

use std::path::{Path, PathBuf};

use hanoi_ceremony::access::Role;
use hanoi_ceremony::http::App;
use hanoi_ceremony::{retention, secret};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};

use crate::app::{Caller, TestApp, member, send};
use crate::desk::{signature, with};

/// What must not be found of somebody who was erased, in whatever form.
const CANARIES: &[&str] = &[
    "CANARYFAMILY",
    "Canarygiven",
    "Canarybadge",
    "Canarynative",
    "Canarytitle",
    "Canaryministry",
    "canary@delegate.example",
    "Canaryaddress",
    "CANARY7F3A",
    "CANARY8G4B",
    "1953-03-29",
    "canaryfile",
];

fn canary() -> Value {
    with(
        member("Sample"),
        &json!({
            "family_name": "CANARYFAMILY", "given_names": "Canarygiven", "badge_name": "Canarybadge",
            "native_name": "Canarynative", "form_of_address": "Canaryaddress", "functional_title": "Canarytitle",
            "affiliation": "Canaryministry", "email": "canary@delegate.example", "date_of_birth": "1953-03-29",
            "passport": { "number": "CANARY7F3A", "expires_on": "2031-07-17" },
            "other_passports": [{ "nationality": "DEU", "number": "CANARY8G4B", "expires_on": "2031-07-18" }],
        }),
    )
}

fn why() -> Value {
    json!({ "reason": "an invented reason" })
}

/// All rows of all tables, as the superuser reads them.
async fn everything(owner: &mut PgConnection) -> String {
    let tables = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *owner).await.unwrap();
    let mut everything = String::new();
    for table in tables {
        let rows = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let rows: String =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut *owner).await.unwrap();
        everything += &rows;
    }
    everything.to_lowercase()
}

fn found(everything: &str) -> Vec<&'static str> {
    let is_there = |canary: &&&str| {
        let plain = canary.to_lowercase();
        let forms = [secret::hex(canary.as_bytes()), secret::hex(plain.as_bytes()), plain];
        forms.iter().any(|form| everything.contains(form))
    };
    CANARIES.iter().filter(is_there).copied().collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn jpeg() -> Vec<u8> {
    let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08";
    let size = [800_u16.to_be_bytes(), 600_u16.to_be_bytes()].concat();
    [head.as_slice(), &size, &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]].concat()
}

async fn upload(mission: &Caller<'_>, id: &str, kind: &str) -> String {
    let path =
        format!("/documents?participant=FRA&kind={kind}&member={id}&file_name=canaryfile.jpg");
    let made = mission.upload(&path, "image/jpeg", &jpeg()).await;
    made.expect(201);
    made.id()
}

/// Somebody who has been through everything: changed, cleared, changed again on request, with papers. Gives their id.
async fn somebody(app: &TestApp) -> String {
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    mission.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let made = mission.post_once("/delegations/FRA/members", "once", canary()).await;
    let id = made.id();
    let path = format!("/delegations/FRA/members/{id}");
    mission.patch(&path, json!({ "functional_title": "Canarytitle again" })).await.expect(200);
    upload(&mission, &id, "photo").await;
    upload(&mission, &id, "passport").await;
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    officer.act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
    app.security().act(&format!("{path}/approve"), json!({})).await.expect(200);
    let requests = format!("{path}/change-requests");
    let changes =
        json!({ "changes": { "affiliation": "Canaryministry of Others" }, "note": "Canarytitle" });
    let asked = mission.post(&requests, changes).await.id();
    officer.act(&format!("/change-requests/{asked}/accept"), json!({})).await.expect(200);
    let changes = json!({ "changes": { "native_name": "Canarynative 2", "passport": { "number": "CANARY7F3AA" } } });
    mission.post(&requests, changes).await.expect(201);
    id
}

/// What a run has done, or would do.
async fn run(app: &TestApp, is_trial: bool) -> retention::Outcome {
    let App { db, papers, ceremony, .. } = &app.app;
    retention::run(db, papers, ceremony, is_trial).await.unwrap()
}

/// Somebody who was to come and does not. Gives their id and their path.
async fn withdrawn(app: &TestApp) -> (String, String) {
    let id = somebody(app).await;
    let path = format!("/delegations/FRA/members/{id}");
    app.focal_point("FRA").act(&format!("{path}/withdraw"), why()).await.expect(200);
    (id, path)
}

#[tokio::test]
async fn r52_nothing_of_an_erased_person_is_found_in_any_table_or_file() {
    let app = TestApp::start().await;
    let (id, path) = withdrawn(&app).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let mut owner = app.owner.connect().await.unwrap();
    let before = found(&everything(&mut owner).await);
    // The negative control: what is not sealed is found as long as nobody is erased.
    for canary in ["CANARYFAMILY", "Canarynative", "Canaryministry", "canaryfile"] {
        assert!(before.contains(&canary), "{before:?}");
    }
    let stored = files(&app.data_dir().join("documents")).len();
    let history = mission.get("/delegations/FRA/history").await.text;
    assert!(history.contains("CANARYFAMILY") && history.contains("Canaryministry of Others"));

    let erase = format!("{path}/erase");
    let trial = officer.request(reqwest::Method::POST, &format!("{erase}?dry_run=true"));
    send(trial.header("if-match", "*").json(&why())).await.expect(201);
    assert_eq!(found(&everything(&mut owner).await), before, "a trial forgets nothing");
    officer.act(&erase, why()).await.expect(201);
    assert_eq!(found(&everything(&mut owner).await), [""; 0]);
    assert_eq!(files(&app.data_dir().join("documents")).len(), stored - 2);
    let key = "select octet_length(sealed_key) from member where member_id = $1::uuid";
    let key: i32 = sqlx::query_scalar(key).bind(&id).fetch_one(&mut owner).await.unwrap();
    assert_eq!(key, 0, "what was copied from the rows before opens to nobody any more");
    // A retry has no second effect, and does not say what was forgotten.
    let again = mission.post_once("/delegations/FRA/members", "once", canary()).await;
    assert_eq!(again.problem(422), "idempotency_mismatch");
}

#[tokio::test]
async fn r52_who_was_erased_exists_for_nobody_and_others_are_as_they_were() {
    let app = TestApp::start().await;
    let (_, path) = withdrawn(&app).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let other = mission.post("/delegations/FRA/members", member("Staying")).await.id();
    let other = format!("/delegations/FRA/members/{other}");
    officer.act(&format!("{path}/erase"), why()).await.expect(201);
    for who in [&mission, &officer, &app.security(), &app.treaty()] {
        assert_eq!(who.get(&path).await.problem(404), "not_found");
    }
    assert_eq!(officer.act(&format!("{path}/erase"), why()).await.problem(404), "not_found");
    assert_eq!(mission.get("/members?q=canary&include=count").await.expect(200)["count"], 0);
    let composition = mission.get("/delegations/FRA/composition").await.expect(200);
    assert_eq!(composition["members"].as_array().unwrap().len(), 1);
    let history = mission.get("/delegations/FRA/history").await;
    assert_eq!(found(&history.text.to_lowercase()), [""; 0]);
    assert_eq!(history.expect(200)["items"][0]["kind"], "member.erased");
    mission.get(&other).await.expect(200);
    mission.patch(&other, json!({ "rank": "minister" })).await.expect(200);
}

#[tokio::test]
async fn r52_an_officer_erases_who_does_not_come_and_a_certificate_is_left_for_ever() {
    let app = TestApp::start().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let coming = app.member_of("FRA", "official").await;
    let coming = format!("/delegations/FRA/members/{coming}/erase");
    assert_eq!(officer.act(&coming, why()).await.problem(409), "illegal_transition");
    let withdraw = coming.replace("erase", "withdraw");
    mission.act(&withdraw, why()).await.expect(200);
    assert_eq!(officer.post(&coming, why()).await.problem(428), "precondition_required");
    for (who, status) in [(&mission, 403), (&app.security(), 403), (&app.focal_point("DEU"), 404)] {
        assert_eq!(who.act(&coming, why()).await.status, status);
    }
    let erased = officer.act(&coming, why()).await;
    let certificate = erased.expect(201);
    assert_eq!(
        (&certificate["rule"], &certificate["reason"], &certificate["counts"]["members"]),
        (&json!("request"), &why()["reason"], &json!(1))
    );
    let at = format!("/erasure-certificates/{}", erased.id());
    assert_eq!(erased.header("location"), format!("/api/v1{at}"));
    let of = certificate["members"][0].as_str().unwrap();
    for who in [app.administrator(), app.role(Role::Auditor), app.officer()] {
        assert_eq!(who.get(&at).await.expect(200), certificate);
        let list = who.get(&format!("/erasure-certificates?member={of}")).await.expect(200);
        assert_eq!(list["items"], json!([certificate]));
    }
    assert_eq!(mission.get(&at).await.problem(403), "forbidden");
    let mut owner = app.owner.connect().await.unwrap();
    let reason = "update erasure_certificate set reason = 'other'";
    for change in [reason, "delete from erasure_certificate"] {
        assert!(owner.execute(change).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn r52_what_is_under_a_legal_hold_is_forgotten_by_nobody_until_it_is_lifted() {
    let mut app = TestApp::start().await;
    let (id, path) = withdrawn(&app).await;
    let wanted = json!({ "participant": "FRA", "member": id, "reason": "A court has asked." });
    let placed = app.officer().post("/legal-holds", wanted).await;
    placed.expect(201);
    let hold = format!("/legal-holds/{}", placed.id());
    assert_eq!(placed.header("location"), format!("/api/v1{hold}"));
    assert_eq!(app.officer().act(&format!("{path}/erase"), why()).await.problem(409), "legal_hold");
    // Past every day, too.
    app.go_to("2031-01-01T00:00:00Z").await;
    let outcome = run(&app, false).await;
    assert_eq!((outcome.skipped, outcome.counts.members), (1, 0));
    let officer = app.officer();
    assert_eq!(officer.get(&path).await.expect(200)["family_name"], "CANARYFAMILY");
    let report = app.administrator().get("/retention").await.expect(200);
    let passports = &report["data"][0];
    assert_eq!(
        (&passports["data"], &passports["rows"], &passports["held"], &passports["is_due"]),
        (&json!("passport"), &json!(1), &json!(1), &json!(true))
    );
    assert_eq!(report["legal_holds"], 1);

    let lift = format!("{hold}/lift");
    assert_eq!(officer.act(&lift, why()).await.expect(200)["lifted_reason"], why()["reason"]);
    assert_eq!(officer.act(&lift, why()).await.problem(409), "illegal_transition");
    let trial = run(&app, true).await;
    assert_eq!((trial.skipped, trial.counts.members, trial.certificates.len()), (0, 1, 0));
    officer.get(&path).await.expect(200);
    let outcome = run(&app, false).await;
    assert_eq!((outcome.skipped, outcome.counts.members, outcome.counts.papers), (0, 1, 2));
    assert_eq!(officer.get(&path).await.problem(404), "not_found");
    let mut owner = app.owner.connect().await.unwrap();
    assert_eq!(found(&everything(&mut owner).await), [""; 0]);
    let again = run(&app, false).await;
    assert_eq!((again.counts, again.certificates.len()), (retention::Counts::default(), 0));
}

#[tokio::test]
async fn r52_a_mission_does_not_learn_that_its_data_are_held() {
    let app = TestApp::start().await;
    let id = app.member_of("FRA", "official").await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let wanted = json!({ "participant": "FRA", "member": id, "reason": "A court has asked." });
    let unknown = json!({ "participant": "DEU", "member": id, "reason": "A court has asked." });
    assert_eq!(officer.post("/legal-holds", unknown).await.pointers(), ["/participant"]);
    officer.post("/legal-holds", wanted).await.expect(201);
    let seen = app.role(Role::Auditor).get("/legal-holds?stands=true").await.expect(200);
    assert_eq!(seen["items"][0]["member"], json!(id));
    assert_eq!(mission.get("/legal-holds").await.problem(403), "forbidden");
    assert!(!mission.get("/delegations/FRA/history").await.text.contains("legal_hold"));
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', 'FRA', false)").await.unwrap();
    let count = "select count(*) from legal_hold";
    let count: i64 = sqlx::query_scalar(count).fetch_one(&mut service).await.unwrap();
    assert_eq!(count, 0, "the database sees to it, too");
}

#[tokio::test]
async fn r52_passports_go_first_and_names_last() {
    let mut app = TestApp::start().await;
    let id = somebody(&app).await;
    let path = format!("/delegations/FRA/members/{id}");
    let mission = app.focal_point("FRA");
    let contact = json!({ "contact_email": "canary@mission.example" });
    mission.patch("/delegations/FRA", contact).await.expect(200);
    // A draft that its mission removed leaves traces, too.
    let draft = with(canary(), &json!({ "email": null }));
    let draft = mission.post("/delegations/FRA/members", draft).await.id();
    mission.delete(&format!("/delegations/FRA/members/{draft}")).await.expect(204);
    let loose = "/documents?participant=FRA&kind=passport&file_name=canaryfile.jpg";
    mission.upload(loose, "image/jpeg", &jpeg()).await.expect(201);
    assert_eq!(run(&app, false).await, retention::Outcome::default());

    app.go_to("2025-11-26T00:00:00Z").await;
    let outcome = run(&app, false).await;
    let due: Vec<_> = outcome.due.iter().map(ToString::to_string).collect();
    assert_eq!(due, ["passport", "date_of_birth", "identity_papers"]);
    let counts = outcome.counts;
    assert_eq!((counts.members, counts.papers, outcome.certificates.len()), (1, 3, 2));
    let body = app.officer().get(&path).await.expect(200);
    for gone in ["passport", "date_of_birth"] {
        assert_eq!(body[gone], Value::Null, "{gone}");
    }
    assert_eq!(
        (&body["family_name"], &body["other_passports"]),
        (&json!("CANARYFAMILY"), &json!([]))
    );
    assert_eq!(body["email"], "canary@delegate.example");
    // Nothing is left to compare by, and an open change of the passport has lapsed.
    let mut owner = app.owner.connect().await.unwrap();
    let left = "select (select count(*) from member_mark), (select count(*) from document),
                       (select count(*) from change_request where state = 'open')";
    let left: (i64, i64, i64) = sqlx::query_as(left).fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, (0, 0, 0));

    app.go_to("2027-01-01T00:00:00Z").await;
    let counts = run(&app, false).await.counts;
    assert_eq!((counts.members, counts.delegations), (2, 1));
    assert_eq!(found(&everything(&mut owner).await), [""; 0]);
}

#[tokio::test]
async fn r52_the_record_of_the_treaty_and_what_entitled_to_it_are_kept() {
    let mut app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let act = signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    app.record(act).await.expect(201);
    let status = app.anybody().get("/treaty/status").await.json()["rows"].clone();
    let record = app.treaty().get("/treaty/acts").await.json();
    let full_powers = format!("/full-powers/{}", signer.full_powers);
    let entitled = app.treaty().get(&full_powers).await.json();
    app.go_to("2031-01-01T00:00:00Z").await;
    assert_eq!(run(&app, false).await.counts.members, 1);
    assert_eq!(app.anybody().get("/treaty/status").await.json()["rows"], status);
    assert_eq!(app.treaty().get("/treaty/acts").await.json(), record);
    assert_eq!(app.treaty().get(&full_powers).await.expect(200), entitled);
    let report = app.role(Role::Auditor).get("/retention").await.expect(200);
    let still = report["data"].as_array().unwrap().iter().filter(|still| still["rows"] != 0);
    let still: Vec<_> = still.map(|still| still["data"].as_str().unwrap()).collect();
    assert_eq!(still, ["full_powers", "treaty_actions"]);
}
