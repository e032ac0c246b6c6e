//! The exchange of the key under which every other key is wrapped, while the service goes on (R50).

mod kinds;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::Clock;
use hanoi_ceremony::http::App;
use hanoi_ceremony::rehearsal::Telling;
use hanoi_ceremony::rotation::{self, Exchanged, Standing, Unfinished};
use hanoi_ceremony::server::assemble;
use hanoi_ceremony::vault::{Vault, Wrapped};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::app::{NOW, SETTINGS, TestApp, member};
use kinds::Kinds;

/// When the app that shows codes shows another one.
const LATER: &str = "2025-10-26T10:00:30Z";

fn key_file(app: &TestApp) -> PathBuf {
    app.data_dir().join("keys/field.key")
}

/// Another process on the same database and files, as far as the keys are concerned.
async fn beside(app: &TestApp) -> App {
    let clock = Clock::Fixed(NOW.parse().unwrap());
    assemble(Config::from_toml(SETTINGS).unwrap(), &app.owner, app.data_dir(), clock).await.unwrap()
}

async fn exchange(app: &TestApp) -> Result<Exchanged, Unfinished> {
    let other = beside(app).await;
    let done = rotation::rotate(&other.db, &key_file(app), Telling::Silent).await;
    other.db.close().await;
    done
}

async fn standing(app: &TestApp) -> Standing {
    let other = beside(app).await;
    let standing = rotation::standing(&other.db).await.unwrap();
    other.db.close().await;
    standing
}

/// The program as somebody runs it.
fn program(app: &TestApp) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ceremony"))
        .args(["keys", "rotate", "--json", "--data-dir"])
        .arg(app.data_dir())
        .env("DATABASE_URL", app.owner.to_url_lossy().as_str())
        .current_dir(app.data_dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How many values open with the key of this file alone, of all that there are.
async fn opened_by(owner: &mut PgConnection, key_file: &Path) -> (usize, usize) {
    let (mut opened, mut all) = (0, 0);
    let vault = Vault::open(key_file).unwrap().unwrap();
    for of in Wrapped::ALL {
        let (table, column) = of.column();
        let rows =
            format!("select {}, {column} from {table} where octet_length({column}) > 0", of.row());
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as(AssertSqlSafe(rows)).fetch_all(&mut *owner).await.unwrap();
        assert!(!rows.is_empty(), "something of every kind: {table}");
        all += rows.len();
        opened +=
            rows.iter().filter(|(row, sealed)| vault.open_box(*of, row, sealed).is_ok()).count();
    }
    (opened, all)
}

/// The columns of all tables in which a value begins with these bytes.
async fn columns_with(owner: &mut PgConnection, beginning: &[u8]) -> Vec<String> {
    let columns = "select table_name || '.' || column_name, table_name::text, column_name::text
                   from information_schema.columns where table_schema = 'public' and data_type = 'bytea'";
    let columns: Vec<(String, String, String)> =
        sqlx::query_as(columns).fetch_all(&mut *owner).await.unwrap();
    let mut found = Vec::new();
    for (name, table, column) in columns {
        let some =
            format!("select exists (select from {table} where substring({column} for 8) = $1)");
        let some: bool = sqlx::query_scalar(AssertSqlSafe(some))
            .bind(beginning)
            .fetch_one(&mut *owner)
            .await
            .unwrap();
        found.extend(some.then_some(name));
    }
    found
}

#[tokio::test]
async fn r50_a_key_is_exchanged_under_a_running_service_and_the_old_one_opens_nothing_any_more() {
    let app = TestApp::start().await;
    let kinds = Kinds::lodge(&app).await;
    let mut owner = app.owner.connect().await.unwrap();
    let away = tempfile::tempdir().unwrap();
    let old_key = away.path().join("field.key");
    std::fs::copy(key_file(&app), &old_key).unwrap();
    let old = Vault::open(&old_key).unwrap().unwrap().key_id();
    let (opened, all) = opened_by(&mut owner, &old_key).await;
    assert_eq!(opened, all, "before, the old key opens everything");
    let under_old = columns_with(&mut owner, &old).await;
    assert!(under_old.contains(&"member.marked_with".to_owned()), "{under_old:?}");

    // Somebody holds a row that the exchange needs, so that it is in the middle when it is killed.
    let mut other = app.owner.connect().await.unwrap();
    let mut held = other.begin().await.unwrap();
    held.execute("select from member order by member_id limit 1 for update").await.unwrap();
    let mut killed = program(&app);
    let in_the_middle = "select count(*) = 1 from member
        where substring(sealed_key for 8) <> (select key_id from installation)";
    while !sqlx::query_scalar::<_, bool>(in_the_middle).fetch_one(&mut owner).await.unwrap() {
        assert_eq!(killed.try_wait().unwrap(), None, "it goes on");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    held.rollback().await.unwrap();

    // In the middle all is read that was, and what comes in comes in under the new key.
    kinds.open(&app).await;
    let entered =
        app.focal_point("FRA").post("/delegations/FRA/members", member("Meanwhile")).await;
    entered.expect(201);
    let left = standing(&app).await.under_another;
    assert_eq!(left["member"], 1, "{left:?}");
    assert!(
        key_file(&app).with_extension("next.key").exists(),
        "the old key is kept until it is done"
    );

    let output = program(&app).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&told["resealed"]["member"], told["in_force"].as_str().unwrap().len()),
        (&json!(1), 16)
    );
    assert!(standing(&app).await.under_another.values().all(|count| *count == 0));

    // For the service that ran all the time, and for one that never knew the old key.
    kinds.open(&app).await;
    let mut app = app;
    app.go_to(LATER).await;
    kinds.open(&app).await;
    let code = json!({ "totp": kinds.person.code(&app) });
    kinds.person.log_in(&app, code).await.expect(200);
    assert_eq!(opened_by(&mut owner, &old_key).await.0, 0, "the old key opens nothing");
    assert_eq!(columns_with(&mut owner, &old).await, Vec::<String>::new());
    let (opened, all) = opened_by(&mut owner, &key_file(&app)).await;
    assert_eq!(opened, all);
    // Who is entered twice is still found: the marks are made anew, too.
    kinds.warned(&app).await;
    // Letters that waited all the time, and whoever forgot their password meanwhile, are not forgotten.
    app.deliver().await;
    for (address, prefix) in [("new@ceremony.example", "hci_"), ("gate@test.example", "hcr_")] {
        let letters = app.letters_to(address);
        assert!(letters.iter().any(|letter| letter.text.contains(prefix)), "{letters:?}");
    }

    let retired = PathBuf::from(told["old_key"].as_str().unwrap());
    assert_eq!(std::fs::read(retired).unwrap(), std::fs::read(old_key).unwrap());
    assert!(!key_file(&app).with_extension("next.key").exists());
}

#[tokio::test]
async fn a_service_that_still_has_the_old_key_is_told_and_follows() {
    let app = TestApp::start().await;
    let mission = app.focal_point("FRA");
    mission.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    exchange(&app).await.unwrap();
    let forgotten = json!({ "email": "gate@test.example" });
    app.anybody().post("/auth/password-reset", forgotten).await.expect(202);
    let mut person = member("First");
    person["passport"]["number"] = json!("X0000001");
    mission.post_once("/delegations/FRA/members", "first", person).await.expect(201);
    let paper = "/documents?participant=FRA&kind=letter";
    mission.upload(paper, "application/pdf", b"%PDF-1.7 a letter").await.expect(201);
    let now = standing(&app).await;
    assert_eq!((now.under_it["member"], now.under_another["member"]), (1, 0));
    assert_eq!((now.under_it["idempotency"], now.under_another["idempotency"]), (1, 0));
    assert_eq!((now.under_it["document"], now.under_another["document"]), (1, 0));
    let wish = "password_reset_request";
    assert_eq!((now.under_it[wish], now.under_another[wish]), (1, 0));

    // The negative control: where the database does not look, a row comes in under the old key, which nobody here has.
    exchange(&app).await.unwrap();
    let mut owner = app.owner.connect().await.unwrap();
    owner
        .execute(
            "drop trigger member_key_is_under_the_key_in_force on member;
             drop trigger member_is_marked_under_the_key_in_force on member",
        )
        .await
        .unwrap();
    mission.post("/delegations/FRA/members", member("Second")).await.expect(201);
    assert_eq!(standing(&app).await.under_another["member"], 1);
    let unfinished = exchange(&app).await.unwrap_err();
    let Unfinished::Unopened(left) = unfinished else { panic!("{unfinished}") };
    assert_eq!(left.into_iter().collect::<Vec<_>>(), [("member", 1)]);
    assert!(
        key_file(&app).with_extension("next.key").exists(),
        "no key is laid aside before its time"
    );
}

#[tokio::test]
async fn the_exchange_waits_for_who_has_sealed_something_and_not_yet_committed() {
    let app = TestApp::start().await;
    let before = standing(&app).await.in_force;
    let mut service = app.as_service().await;
    let mut writing = service.begin().await.unwrap();
    writing.execute("select is_under_the_key_in_force(key_id) from installation").await.unwrap();
    let mut owner = app.owner.connect().await.unwrap();
    let waits = "select exists (select from pg_locks where locktype = 'advisory' and not granted
                 and objid = 2025102502 and database = (select oid from pg_database where datname = current_database()))";
    let (done, ()) = tokio::join!(exchange(&app), async {
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut owner).await.unwrap() {}
        let in_force: Vec<u8> = sqlx::query_scalar("select key_id from installation")
            .fetch_one(&mut owner)
            .await
            .unwrap();
        assert_eq!(hanoi_ceremony::secret::hex(&in_force), before);
        writing.commit().await.unwrap();
    });
    assert_ne!(done.unwrap().in_force, before);
}

#[tokio::test]
async fn who_exchange_the_key_at_once_exchange_it_for_the_same() {
    let app = TestApp::start().await;
    Kinds::lodge(&app).await;
    // Both have begun before either has ended.
    let next = Vault::prepare(&key_file(&app)).unwrap();
    let (one, other) = (beside(&app).await, beside(&app).await);
    let file = key_file(&app);
    let (one, other) = tokio::join!(
        rotation::rotate(&one.db, &file, Telling::Silent),
        rotation::rotate(&other.db, &file, Telling::Silent)
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.in_force, other.in_force);
    assert_eq!(one.in_force, hanoi_ceremony::secret::hex(&next));
    assert!(standing(&app).await.under_another.values().all(|count| *count == 0));
}

#[tokio::test]
async fn a_database_from_before_keys_had_names_is_sealed_anew() {
    let mut app = TestApp::start().await;
    let kinds = Kinds::lodge(&app).await;
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("update installation set key_id = null").await.unwrap();
    for of in Wrapped::ALL {
        let (table, column) = of.column();
        let unnamed = format!("update {table} set {column} = substring({column} from 9)");
        owner.execute(AssertSqlSafe(unnamed)).await.unwrap();
    }
    app.go_to(NOW).await;
    kinds.open(&app).await;
    assert!(standing(&app).await.under_another["member"] > 0);
    exchange(&app).await.unwrap();
    assert!(standing(&app).await.under_another.values().all(|count| *count == 0));
    kinds.open(&app).await;
}

#[tokio::test]
async fn what_an_exchange_goes_through_is_what_the_database_guards() {
    let app = TestApp::start().await;
    let guarded = "select c.relname::text, a.attname::text from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                   join pg_class c on c.oid = t.tgrelid
                   join pg_attribute a on a.attrelid = c.oid and a.attnum = any (t.tgattr)
                   where p.proname = 'refuse_another_key' and a.attname <> 'marked_with' order by 1, 2";
    let guarded: Vec<(String, String)> =
        sqlx::query_as(guarded).fetch_all(&mut app.owner.connect().await.unwrap()).await.unwrap();
    let mut listed: Vec<_> = Wrapped::ALL
        .iter()
        .map(|of| (of.column().0.to_owned(), of.column().1.to_owned()))
        .collect();
    listed.sort();
    assert_eq!(guarded, listed);
}
