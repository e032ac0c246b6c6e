//! For what a start refuses to sign, while it reads on (R23).

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::Clock;
use hanoi_ceremony::ledger::{self, Hindrance, Log, Order};
use hanoi_ceremony::server::{assemble, look_at_record, open_record};
use hanoi_ceremony::text::Reason;
use sqlx::Executor as _;
use sqlx::postgres::PgConnectOptions;

use super::{AT_THE_TABLE, protocol};
use crate::app::{NOW, SETTINGS, TestApp};
use crate::desk::signature;
use crate::program::Program;

/// What keeps a service from signing that starts with these settings beside those of every test.
async fn start(database: &PgConnectOptions, data_dir: &Path, settings: &str) -> Vec<Hindrance> {
    let config = Config::from_toml(&format!("{SETTINGS}{settings}")).unwrap();
    let clock = Clock::Fixed(NOW.parse().unwrap());
    let app = assemble(config, database, data_dir, clock).await.unwrap();
    open_record(&app).await.unwrap();
    app.db.close().await;
    app.ledger.hindrances()
}

/// The same on the database and the files of a test.
async fn restart(app: &TestApp, settings: &str) -> Vec<Hindrance> {
    start(&app.owner, app.data_dir(), settings).await
}

#[tokio::test]
async fn nothing_is_signed_over_a_database_that_may_lose_it_and_all_else_goes_on() {
    let durable = SETTINGS.replace("durable_only = false", "durable_only = true");
    assert_ne!(durable, SETTINGS);
    let app = TestApp::start_with(NOW, &durable).await;
    let ready = app.anybody().get("//health/ready").await;
    assert_eq!(ready.status, 200, "it is ready for all else");
    let why = "ready\nnot signing: the database does not keep what it acknowledges: fsync, full_page_writes, synchronous_commit\n";
    assert_eq!(ready.text, why);
    let signer = app.entitle("FRA").await;
    let refused = app.record(signature("FRA", &signer.full_powers, AT_THE_TABLE)).await;
    assert_eq!(refused.problem(503), "unavailable");
    assert_eq!([app.count("act").await, app.count("ledger_leaf").await], [0, 0]);
    app.status("").await;
}

#[tokio::test]
async fn nothing_is_signed_without_the_standby_that_is_to_have_it() {
    let app = TestApp::start().await;
    let found = restart(&app, "standby = \"elsewhere\"").await;
    assert_eq!(found, [Hindrance::StandbyMissing("elsewhere".to_owned())]);
}

#[tokio::test]
async fn nothing_is_signed_with_a_key_that_is_lost_open_to_others_or_another_one() {
    let (app, other) = (TestApp::start().await, TestApp::start().await);
    let (path, foreign) =
        (app.data_dir().join("keys/ledger.key"), other.data_dir().join("keys/ledger.key"));
    let (key, mode) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().permissions().mode());
    assert_eq!((key.len(), mode & 0o777), (32, 0o600));

    let named = format!("public_key = \"{}\"", app.app.ledger.verifier().unwrap());
    assert_eq!(restart(&app, &named).await, []);
    let others = format!("public_key = \"{}\"", other.app.ledger.verifier().unwrap());
    assert_eq!(restart(&app, &others).await, [Hindrance::OtherPublicKey]);
    let renamed = restart(&app, "origin = \"ceremony.example/other\"").await;
    assert_eq!(renamed, [Hindrance::OtherKey("ceremony.example/other".to_owned())]);

    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let found = restart(&app, "").await;
    assert!(
        matches!(&found[..], [Hindrance::KeyUnusable(why)] if why.contains("chmod 600")),
        "{found:?}"
    );
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, fs::read(&foreign).unwrap()).unwrap();
    assert_eq!(
        restart(&app, "").await,
        [Hindrance::OtherKey("ceremony.example/treaty".to_owned())]
    );
    fs::remove_file(&path).unwrap();
    assert_eq!(restart(&app, "").await, [Hindrance::KeyMissing(path.display().to_string())]);
    assert!(!path.exists(), "no key is made in its place");
    fs::write(&path, key).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(restart(&app, "").await, []);
}

#[tokio::test]
async fn nothing_is_signed_under_other_authentic_texts_than_the_first_entry_names() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let treaty = include_str!("../../../config/ceremony/treaty.toml");
    let text = format!("[treaty.authentic_texts]\nen = \"{}\"\n", "ab".repeat(32));
    fs::write(
        folder.path().join("treaty.toml"),
        treaty.replace("[treaty.authentic_texts]\n", &text),
    )
    .unwrap();
    let settings = format!("[ceremony]\ndir = \"{}\"", folder.path().display());
    assert_eq!(restart(&app, &settings).await, [Hindrance::OtherTreaty]);
    assert_eq!(restart(&app, "").await, []);
}

#[tokio::test]
async fn r24_nothing_is_signed_where_an_older_or_another_database_was_put_back() {
    let witness = tempfile::tempdir().unwrap();
    let witness = witness.path().join("checkpoints");
    let watched = format!("witness_file = \"{}\"", witness.display());
    let mut app = TestApp::start_with(NOW, &format!("{SETTINGS}{watched}")).await;
    app.signed("VNM").await;
    let old = app.twin().await;
    for code in ["FRA", "DEU"] {
        app.signed(code).await;
    }
    assert_eq!(
        fs::read_to_string(&witness).unwrap().matches("\n\n").count(),
        4,
        "every checkpoint is there"
    );
    assert_eq!(restart(&app, &watched).await, []);
    let found = start(&old.owner, old.data_dir(), &watched).await;
    assert_eq!(found, [Hindrance::BehindWitness { tree: 2, witnessed: 4 }]);
    let said = found[0].to_string();
    assert!(said.contains("2 entries") && said.contains("has seen 4"), "both sizes: {said}");

    // Grown beyond what was seen, but not out of it.
    for code in ["BEL", "ITA", "ESP"] {
        let signer = old.entitle(code).await;
        let record = old.record(signature(code, &signer.full_powers, AT_THE_TABLE)).await;
        assert_eq!(
            record.status, 201,
            "it writes into the same file, but without a look at it: {}",
            record.text
        );
    }
    let found = start(&old.owner, old.data_dir(), &watched).await;
    assert!(
        matches!(found[..], [Hindrance::OtherThanWitnessed(_) | Hindrance::WitnessUnusable(_)]),
        "{found:?}"
    );

    fs::write(&witness, "no note\n~\n").unwrap();
    let found = restart(&app, &watched).await;
    assert!(matches!(found[..], [Hindrance::WitnessUnusable(_)]), "{found:?}");
}

#[tokio::test]
async fn a_witness_file_that_a_crash_cut_off_is_mended_and_completed() {
    let folder = tempfile::tempdir().unwrap();
    let witness = folder.path().join("checkpoints");
    let watched = format!("witness_file = \"{}\"", witness.display());
    let app = TestApp::start_with(NOW, &format!("{SETTINGS}{watched}")).await;
    for code in ["VNM", "FRA"] {
        app.signed(code).await;
    }
    let whole = fs::read_to_string(&witness).unwrap();
    for cut in [whole.len() - 1, whole.len() - 100, 10, 0] {
        fs::write(&witness, &whole[..cut]).unwrap();
        assert_eq!(restart(&app, &watched).await, []);
        assert_eq!(fs::read_to_string(&witness).unwrap(), whole, "cut off at {cut}");
    }
}

#[tokio::test]
async fn a_frozen_log_takes_nothing_until_it_is_thawed_and_a_closed_one_never() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let sign = async || {
        let body = signature("FRA", &signer.full_powers, AT_THE_TABLE);
        app.treaty().post_once("/treaty/acts", "one", body).await
    };
    let reason = Reason::parse("Maintenance of the database.").unwrap();
    let order = async |order| ledger::order(&app.app.db, Log::Treaty, order, &reason).await;
    assert!(order(Order::Thawed).await.is_err(), "it is not frozen");
    order(Order::Frozen).await.unwrap();
    assert!(order(Order::Frozen).await.is_err(), "it is frozen already");
    assert_eq!(sign().await.problem(503), "unavailable");
    assert_eq!(app.count("act").await, 0);
    let ready = app.anybody().get("//health/ready").await;
    assert_eq!(
        (ready.status, ready.text.as_str()),
        (200, "ready\nnot signing: the log is frozen\n")
    );
    app.status("").await;
    order(Order::Thawed).await.unwrap();
    let first = sign().await.expect(201);
    order(Order::Closed).await.unwrap();
    assert!(order(Order::Thawed).await.is_err(), "for good");
    assert_eq!(sign().await.expect(201), first, "what was recorded is answered again");
    assert_eq!(app.count("event where kind = 'ledger.ordered' and reason is not null").await, 3);
}

/// Edits an entry of the record, and nothing that a signature looks at. Once more, and it is as it was.
async fn edit(app: &TestApp) {
    let mut owner = app.as_owner().await;
    let edit = "alter table act disable trigger act_is_for_ever;
         update act set signatory_name = reverse(signatory_name) where participant = 'VNM';
         alter table act enable always trigger act_is_for_ever";
    owner.execute(edit).await.unwrap();
}

#[tokio::test]
async fn r24_a_look_at_the_whole_record_stops_the_signing_where_no_signature_would_have_seen_it() {
    let mut app = TestApp::start().await;
    app.signed("VNM").await;
    look_at_record(&app.app).await;
    app.signed("FRA").await;
    edit(&app).await;
    app.signed("DEU").await;
    look_at_record(&app.app).await;
    let signer = app.entitle("BEL").await;
    let sign = async |app: &TestApp| {
        let body = signature("BEL", &signer.full_powers, AT_THE_TABLE);
        app.treaty().post_once("/treaty/acts", "one", body).await
    };
    let (acts, checkpoints) = (app.count("act").await, app.count("ledger_checkpoint").await);
    assert_eq!(sign(&app).await.problem(503), "ledger_integrity");
    assert_eq!((app.count("act").await, app.count("ledger_checkpoint").await), (acts, checkpoints));
    let ready = app.anybody().get("//health/ready").await;
    assert!(
        ready.status == 200 && ready.text.contains("not signing: entry 1: act "),
        "{}",
        ready.text
    );
    app.status("").await;
    edit(&app).await;
    app.go_to(NOW).await;
    look_at_record(&app.app).await;
    sign(&app).await.expect(201);
}

#[tokio::test]
async fn r24_a_service_that_starts_on_an_edited_record_finds_it_by_itself_and_leaves_its_checkpoints_in_the_log()
 {
    let app = TestApp::start().await;
    app.signed("VNM").await;
    edit(&app).await;
    let signer = app.entitle("FRA").await;
    let program = Program::start(&app);
    let ready = "GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!((0..10_000).any(|_| program.ask(ready).contains("not signing: entry 1: act ")));
    let body = signature("FRA", &signer.full_powers, AT_THE_TABLE);
    let refused = program.ask(&protocol::request("one", &body));
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("ledger_integrity"),
        "{refused}"
    );
    assert!(program.stop().contains("is not what was entered"));

    edit(&app).await;
    let program = Program::start(&app);
    let receipt = protocol::answered(&program.ask(&protocol::request("one", &body)));
    let note = receipt["ledger"]["checkpoint"].as_str().unwrap();
    let log = program.stop();
    assert!(log.contains(&format!("{note:?}")), "{note} is not in\n{log}");
}
