//! What belongs together stays together: a database, its key, its papers. What does not is left alone.

use std::path::{Path, PathBuf};

use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::Clock;
use hanoi_ceremony::documents::Misplaced;
use hanoi_ceremony::server::{Unstarted, assemble};
use hanoi_ceremony::vault::KeyFile;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::app::{NOW, SETTINGS, TestApp, member};

/// Whether a service starts on a database with a data directory.
async fn start(database: &PgConnectOptions, data_dir: &Path) -> Result<(), Unstarted> {
    let clock = Clock::Fixed(NOW.parse().unwrap());
    let app = assemble(Config::from_toml(SETTINGS).unwrap(), database, data_dir, clock).await?;
    app.db.close().await;
    Ok(())
}

/// As its superuser.
async fn run(app: &TestApp, statements: &str) {
    let mut connection = app.owner.connect().await.unwrap();
    connection.execute(AssertSqlSafe(statements.to_owned())).await.unwrap();
}

/// As the database was before it knew of installations, or as a new one is.
async fn forget(app: &TestApp) {
    run(app, "delete from installation").await;
}

async fn lodge(app: &TestApp) -> String {
    let path = "/documents?participant=FRA&kind=letter";
    app.officer().upload(path, "application/pdf", b"%PDF-1.7 a letter").await.id()
}

fn mark(app: &TestApp) -> PathBuf {
    app.data_dir().join("documents/installation")
}

fn key_file(app: &TestApp) -> PathBuf {
    app.data_dir().join("keys/field.key")
}

#[tokio::test]
async fn a_new_database_does_not_start_on_the_papers_of_another_one() {
    let (app, new) = (TestApp::start().await, TestApp::start().await);
    let paper = lodge(&app).await;
    forget(&new).await;
    let refused = start(&new.owner, app.data_dir()).await.unwrap_err();
    assert!(matches!(refused, Unstarted::Misplaced(Misplaced::Foreign)), "{refused}");
    assert!(refused.to_string().contains("DATABASE_URL"), "it says what to do: {refused}");

    // The same with papers from before they were marked.
    let marked = std::fs::read(mark(&app)).unwrap();
    std::fs::remove_file(mark(&app)).unwrap();
    let refused = start(&new.owner, app.data_dir()).await.unwrap_err();
    assert!(matches!(refused, Unstarted::Misplaced(Misplaced::Foreign)), "{refused}");
    assert!(!mark(&app).exists(), "and claims nothing");

    std::fs::write(mark(&app), marked).unwrap();
    start(&app.owner, app.data_dir()).await.unwrap();
    let content = app.officer().get(&format!("/documents/{paper}/content")).await;
    assert_eq!(content.status, 200);
}

#[tokio::test]
async fn two_installations_are_not_mixed() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    std::fs::copy(key_file(&other), key_file(&app)).unwrap();
    let refused = start(&other.owner, app.data_dir()).await.unwrap_err();
    assert!(matches!(refused, Unstarted::Misplaced(Misplaced::Foreign)), "{refused}");
    std::fs::write(mark(&app), "rubbish").unwrap();
    assert!(start(&other.owner, app.data_dir()).await.is_err());
}

#[tokio::test]
async fn an_installation_from_before_is_recognized_by_what_it_holds() {
    let app = TestApp::start().await;
    lodge(&app).await;
    let marked = std::fs::read_to_string(mark(&app)).unwrap();
    std::fs::remove_file(mark(&app)).unwrap();
    forget(&app).await;
    start(&app.owner, app.data_dir()).await.unwrap();
    assert_ne!(std::fs::read_to_string(mark(&app)).unwrap(), marked, "both sides are new");

    // An older dump knows nothing of installations, the papers do.
    let marked = std::fs::read_to_string(mark(&app)).unwrap();
    forget(&app).await;
    start(&app.owner, app.data_dir()).await.unwrap();
    assert_eq!(std::fs::read_to_string(mark(&app)).unwrap(), marked);
    // And papers that were put back without their mark belong to the database that knows them.
    std::fs::remove_file(mark(&app)).unwrap();
    start(&app.owner, app.data_dir()).await.unwrap();
    assert_eq!(std::fs::read_to_string(mark(&app)).unwrap(), marked);
}

#[tokio::test]
async fn papers_that_are_not_there_are_missed_at_the_start_and_while_it_runs() {
    let app = TestApp::start().await;
    lodge(&app).await;
    let (here, there) = (app.data_dir().join("documents"), app.data_dir().join("elsewhere"));
    assert_eq!(app.anybody().get("//health/ready").await.text, "ready\n");
    std::fs::rename(&here, &there).unwrap();
    assert_eq!(app.anybody().get("//health/ready").await.problem(503), "unavailable");
    let refused = start(&app.owner, app.data_dir()).await.unwrap_err();
    assert!(matches!(refused, Unstarted::Misplaced(Misplaced::Lost(_))), "{refused}");
    std::fs::remove_dir(&here).unwrap();
    std::fs::rename(&there, &here).unwrap();
    start(&app.owner, app.data_dir()).await.unwrap();
    assert_eq!(app.anybody().get("//health/ready").await.text, "ready\n");
}

#[tokio::test]
async fn r50_a_lost_or_foreign_key_keeps_the_service_from_starting_and_is_not_replaced() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    app.officer().post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    app.focal_point("FRA").post("/delegations/FRA/members", member("A")).await.expect(201);
    let key = std::fs::read(key_file(&app)).unwrap();
    // With the proof of the first start, and, in a database from before there was one, by what is sealed in it.
    for _ in 0..2 {
        std::fs::remove_file(key_file(&app)).unwrap();
        let refused = start(&app.owner, app.data_dir()).await.unwrap_err();
        assert!(matches!(refused, Unstarted::Key(KeyFile::Missing(_))), "{refused}");
        assert!(!key_file(&app).exists(), "no key is made in its place");

        std::fs::copy(key_file(&other), key_file(&app)).unwrap();
        let refused = start(&app.owner, app.data_dir()).await.unwrap_err();
        assert!(matches!(refused, Unstarted::Key(KeyFile::Foreign(_))), "{refused}");
        assert!(refused.to_string().contains("put back keys/field.key"), "{refused}");
        std::fs::write(key_file(&app), &key).unwrap();
        forget(&app).await;
    }
    start(&app.owner, app.data_dir()).await.unwrap();
}

#[tokio::test]
async fn services_that_begin_one_installation_at_once_have_one_key() {
    let app = TestApp::start().await;
    forget(&app).await;
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let together = tokio::join!(start(&app.owner, one.path()), start(&app.owner, one.path()));
    assert!(together.0.is_ok() && together.1.is_ok(), "{together:?}");
    let apart = start(&app.owner, other.path()).await.unwrap_err();
    assert!(matches!(apart, Unstarted::Key(KeyFile::Missing(_))), "{apart}");
}

#[tokio::test]
async fn r55_a_kept_answer_that_does_not_open_is_no_fault_of_who_asks_again() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "once@test.example", "name": "Once", "role": "gate" });
    let administrator = app.administrator();
    administrator.post_once("/accounts", "key", wanted.clone()).await.expect(201);
    run(&app, "update idempotency set answer = substring(answer for 8) || sha256(answer) || sha256(answer)").await;
    let again = administrator.post_once("/accounts", "key", wanted).await;
    assert_eq!(again.problem(503), "unavailable");
    let another = json!({ "email": "other@test.example", "name": "Other", "role": "gate" });
    let another = administrator.post_once("/accounts", "key", another).await;
    assert_eq!(another.problem(422), "idempotency_mismatch");
}
