//! The ceremony's own register, as each start brings it into the database.

use futures_util::future::join_all;
use hanoi_ceremony::ceremony::Ceremony;
use hanoi_ceremony::participants::{Unloaded, load_register};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::app::TestApp;

/// Everything that a load could write, as text; the place of a row in its file tells whether it was written anew.
async fn traces(app: &TestApp) -> Vec<String> {
    let mut owner = app.owner.connect().await.unwrap();
    let all = "select ctid || xmin::text || xmax::text || p from participant p
               union all select ctid || xmin::text || m from organization_member m
               union all select ctid || kind from event order by 1";
    let all = sqlx::query_scalar(all).fetch_all(&mut owner).await.unwrap();
    owner.close().await.unwrap();
    all
}

async fn loads(app: &TestApp) -> i64 {
    let mut owner = app.owner.connect().await.unwrap();
    let count = "select count(*) from event where kind = 'register.loaded'";
    sqlx::query_scalar(count).fetch_one(&mut owner).await.unwrap()
}

/// The ceremony with one of its files changed.
fn ceremony(file: &str, change: impl Fn(String) -> String) -> Ceremony {
    let dir = tempfile::tempdir().unwrap();
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ceremony").join(file);
    let text = change(std::fs::read_to_string(own).unwrap());
    std::fs::write(dir.path().join(file), text).unwrap();
    Ceremony::load(Some(dir.path())).unwrap()
}

async fn show(app: &TestApp, code: &str) -> (Value, String) {
    let reply = app.officer().get(&format!("/participants/{code}")).await;
    (reply.expect(200), reply.header("etag").to_owned())
}

fn sample(code: &str, name: &str) -> Value {
    json!({ "code": code, "kind": "ngo", "names": { "en": name }, "reason": "Invited by the host." })
}

#[tokio::test]
async fn a_start_that_changes_nothing_writes_nothing() {
    let app = TestApp::start().await;
    app.administrator().post("/participants", sample("XEX", "Exempla")).await.expect(201);
    let before = traces(&app).await;
    assert!(!load_register(&app.app.db, &app.app.ceremony).await.unwrap());
    assert_eq!(traces(&app).await, before);
}

#[tokio::test]
async fn a_register_is_loaded_once_however_many_start_at_once() {
    let app = TestApp::start().await;
    let mut owner = app.owner.connect().await.unwrap();
    owner
        .execute(
            "delete from focal_point; delete from organization_member; delete from participant",
        )
        .await
        .unwrap();
    let earlier = loads(&app).await;
    let starts = (0..8).map(|_| load_register(&app.app.db, &app.app.ceremony));
    let loaded: Vec<bool> = join_all(starts).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(loaded.iter().filter(|l| **l).count(), 1, "{loaded:?}");
    assert_eq!(loads(&app).await, earlier + 1);
    let counts = "select format('%s %s %s', count(*), max(version), (select count(*) from organization_member)) from participant";
    let counts: String = sqlx::query_scalar(counts).fetch_one(&mut owner).await.unwrap();
    assert_eq!(counts, "198 1 27");
}

#[tokio::test]
async fn r03_a_start_takes_over_what_the_data_say_and_leaves_the_administrators_rows_alone() {
    let app = TestApp::start().await;
    app.administrator().post("/participants", sample("XEX", "Exempla")).await.expect(201);
    let (own, france) = (show(&app, "XEX").await, show(&app, "FRA").await);
    let changed = ceremony("aliases.csv", |text| text + "CZE,Bohemia,test\n");
    assert!(load_register(&app.app.db, &changed).await.unwrap());
    let found = app.officer().get("/participants?q=bohemia").await.expect(200);
    assert_eq!(found["items"][0]["code"], "CZE");
    assert_eq!(
        (show(&app, "XEX").await, show(&app, "FRA").await),
        (own, france),
        "the others are as they were"
    );
    assert!(load_register(&app.app.db, &app.app.ceremony).await.unwrap());
    assert_eq!(
        app.officer().get("/participants?q=bohemia").await.expect(200)["items"],
        json!([]),
        "and back"
    );
}

#[tokio::test]
async fn r04_members_of_an_organization_follow_the_data_and_versions_follow_them() {
    let app = TestApp::start().await;
    let (before, austria) = (show(&app, "FRA").await, show(&app, "AUT").await);
    let left = ceremony("organization_members.csv", |text| text.replace("EUE,FRA\n", ""));
    assert!(load_register(&app.app.db, &left).await.unwrap());
    let after = show(&app, "FRA").await;
    assert_eq!((&before.0["member_of"], &after.0["member_of"]), (&json!(["EUE"]), &json!([])));
    assert_ne!(before.1, after.1);
    assert_eq!(show(&app, "AUT").await, austria);
    assert_eq!(show(&app, "EUE").await.0["members"].as_array().unwrap().len(), 26);
}

#[tokio::test]
async fn r27_keys_of_another_collation_are_made_anew_for_everyone() {
    let app = TestApp::start().await;
    app.administrator().post("/participants", sample("XEX", "Exempla")).await.expect(201);
    let order = app.officer().get("/participants?limit=200").await.expect(200);
    let mut owner = app.owner.connect().await.unwrap();
    owner
        .execute("update participant set sort_key = sha256(sort_key), search_text = ''")
        .await
        .unwrap();
    let mixed = app.officer().get("/participants?limit=200").await.expect(200);
    assert_ne!(order["items"][0]["code"], mixed["items"][0]["code"], "the control is out of order");
    assert!(load_register(&app.app.db, &app.app.ceremony).await.unwrap());
    let again = app.officer().get("/participants?limit=200").await.expect(200);
    let codes = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|i| i["code"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&again), codes(&order));
    assert_eq!(
        app.officer().get("/participants?q=exempla").await.expect(200)["items"][0]["code"],
        "XEX"
    );
}

#[tokio::test]
async fn r03_a_code_that_the_data_have_in_the_end_becomes_theirs() {
    let app = TestApp::start().await;
    app.administrator().post("/participants", sample("XEX", "Exempla")).await.expect(201);
    let row = "XEX,XX,999,non_member_state,Exempla,Exempla,Free State of Exempla,,,,none\n";
    let joined = ceremony("participants.csv", |text| text + row);
    assert!(load_register(&app.app.db, &joined).await.unwrap());
    let (shown, _) = show(&app, "XEX").await;
    assert_eq!(
        (&shown["kind"], &shown["added_reason"], &shown["may_sign"]),
        (&json!("non_member_state"), &Value::Null, &json!(true))
    );
    let mut owner = app.owner.connect().await.unwrap();
    let before = "select before->'participants'->0->>'added_reason' from event where kind = 'register.loaded' and before->'participants' <> '[]'";
    let before: String = sqlx::query_scalar(before).fetch_one(&mut owner).await.unwrap();
    assert_eq!(before, "Invited by the host.", "the audit trail keeps what it was");
}

#[tokio::test]
async fn r27_two_with_one_name_stop_the_start_and_nothing_is_stored() {
    let app = TestApp::start().await;
    app.administrator().post("/participants", sample("XEX", "Exempla")).await.expect(201);
    let before = traces(&app).await;
    let row = "XEY,,,non_member_state,Exempla,EXEMPLA,Exempla,,,,none\n";
    let clash = ceremony("participants.csv", |text| text + row);
    let refused = load_register(&app.app.db, &clash).await.unwrap_err();
    assert!(matches!(refused, Unloaded::SamePlace(..)));
    assert_eq!(
        refused.to_string(),
        "XEX and XEY have the same name for the Depositary; one of them needs another"
    );
    assert_eq!(traces(&app).await, before);
}
