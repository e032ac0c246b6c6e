//! The audit trail as a log (R51): what is committed is sealed, by whichever process, and whoever edits it is found.

use futures_util::future::join_all;
use hanoi_ceremony::audit;
use hanoi_ceremony::ledger::Findings;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

use super::edits::{Dice, another};
use crate::app::TestApp;
use crate::program::Program;

const LEAVES: &str = "ledger_leaf where log = 'audit'";
const SIGNED: &str = "ledger_checkpoint where log = 'audit' and tree_size =
    (select max(leaf_index) + 1 from ledger_leaf where log = 'audit')";

async fn seal(app: &TestApp) {
    audit::open(&app.app.db, &app.app.audit).await.unwrap();
    audit::seal(&app.app.db, &app.app.audit).await.unwrap();
}

async fn look(app: &TestApp) -> Findings {
    audit::verify(&app.app.db, app.app.audit.verifier().unwrap()).await.unwrap()
}

/// Every event has one entry, all are signed, and nothing waits.
async fn all_is_sealed(app: &TestApp) {
    let found = look(app).await;
    assert_eq!((found.faults.as_slice(), found.unsigned), ([].as_slice(), 0), "{found}");
    assert_eq!(app.count(LEAVES).await, app.count("event").await + 1, "and the first one");
    assert_eq!(app.count("event_unsealed").await, 0);
}

#[tokio::test]
async fn r51_every_event_is_sealed_once_and_nothing_that_was_only_tried() {
    let app = TestApp::start().await;
    seal(&app).await;
    all_is_sealed(&app).await;
    app.officer()
        .post("/delegations?dry_run=true", json!({ "participant": "BEL" }))
        .await
        .expect(201);
    assert_eq!(app.count("event_unsealed").await, 0);
    app.signed("FRA").await;
    assert!(app.count("event_unsealed").await > 0);
    assert_eq!(look(&app).await.faults, [], "what waits is no fault");
    seal(&app).await;
    all_is_sealed(&app).await;
    let checkpoints = app.count("ledger_checkpoint where log = 'audit'").await;
    seal(&app).await;
    assert_eq!(
        app.count("ledger_checkpoint where log = 'audit'").await,
        checkpoints,
        "nothing new"
    );
    assert_eq!(
        app.count("event where kind = 'ledger.checkpoint' and after ->> 'log' = 'audit'").await,
        0
    );
}

#[tokio::test]
async fn r51_a_leaf_of_the_trail_says_what_happened_and_neither_who_did_it_nor_to_whom() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    seal(&app).await;
    let mut owner = app.as_owner().await;
    let leaves: Vec<String> = sqlx::query_scalar(
        "select convert_from(content, 'UTF8') from ledger_leaf where log = 'audit' order by leaf_index",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let all = leaves.join("\n");
    assert!(all.contains("\"kind\":\"act.recorded\""), "{all}");
    let unsaid: Vec<String> = sqlx::query_scalar(
        "select distinct told from event, unnest(array[account_id::text, participant, subject::text, request_id, reason]) told
         where told is not null",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(unsaid.len() > 10, "{unsaid:?}");
    for unsaid in unsaid {
        assert!(!all.contains(&format!("\"{unsaid}\"")), "{unsaid} in {all}");
    }
}

#[tokio::test]
async fn r51_several_sealers_and_many_writers_leave_each_event_in_one_place() {
    let app = TestApp::start().await;
    let other = app.replica().await;
    seal(&app).await;
    audit::open(&other.app.db, &other.app.audit).await.unwrap();
    let codes = ["VNM", "FRA", "DEU", "BEL", "ITA", "ESP", "PRT", "POL", "AUT", "CHE"];
    let write = |code: &'static str| {
        let app = &app;
        async move {
            app.officer().post("/delegations", json!({ "participant": code })).await.expect(201)
        }
    };
    let sealers = join_all((0..20).map(|n| {
        let app = if n % 2 == 0 { &app } else { &other };
        // Whoever comes too late for the lock leaves it to who has it.
        async { audit::seal(&app.app.db, &app.app.audit).await.unwrap() }
    }));
    tokio::join!(join_all(codes.map(write)), sealers);
    seal(&app).await;
    all_is_sealed(&app).await;
}

#[tokio::test]
async fn r38_within_a_missions_scope_there_is_no_mark_to_be_seen_or_taken_away() {
    let app = TestApp::start().await;
    app.officer().post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let mut service = app.as_service().await;
    for (scope, is_any) in [("", false), ("FRA", false), ("*", true)] {
        let within = format!("select set_config('ceremony.scope', '{scope}', false)");
        service.execute(AssertSqlSafe(within)).await.unwrap();
        let seen = service.execute("select from event_unsealed").await.unwrap().rows_affected();
        let gone = service.execute("delete from event_unsealed").await.unwrap().rows_affected();
        assert_eq!((seen > 0, gone > 0), (is_any, is_any), "{scope}");
    }
}

#[tokio::test]
async fn r51_no_writer_waits_for_the_sealer() {
    let app = TestApp::start().await;
    seal(&app).await;
    let mut owner = app.as_owner().await;
    owner.execute("begin; select lock_log('audit')").await.unwrap();
    // Longer than any lock is waited for, were it asked for.
    app.officer().post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    audit::seal(&app.app.db, &app.app.audit).await.unwrap();
    assert_ne!(app.count("event_unsealed").await, 0, "who has the log seals it");
    owner.execute("rollback").await.unwrap();
    seal(&app).await;
    all_is_sealed(&app).await;
}

#[tokio::test]
async fn r51_a_sealer_that_is_killed_at_any_step_leaves_nothing_undone_for_long() {
    let app = TestApp::start().await;
    for (step, code) in ["entered", "signed", "sealed"].iter().zip(["VNM", "FRA", "DEU"]) {
        app.officer().post("/delegations", json!({ "participant": code })).await.expect(201);
        Program::start_with(&app, &[("CEREMONY_DIES_AT", &format!("audit.{step}"))]).wait();
        let program = Program::start(&app);
        let is_done =
            async || app.count("event_unsealed").await == 0 && app.count(SIGNED).await == 1;
        let mut asked = 0;
        while !is_done().await {
            asked += 1;
            assert!(asked < 10_000, "{step}: nobody went on");
        }
        program.stop();
        all_is_sealed(&app).await;
    }
}

/// Takes triggers and rules away, and keeps a copy of all that there is.
async fn free(owner: &mut PgConnection) {
    owner
        .execute(
            "set datestyle to iso; set timezone to utc;
             alter table event disable trigger all; alter table ledger_leaf disable trigger all;
             alter table event alter happened_at drop not null, alter kind drop not null, alter request_id drop not null;
             create table copy as select * from event",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn r51_every_edit_of_an_event_is_found_and_its_entry_named() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    seal(&app).await;
    let mut owner = app.as_owner().await;
    free(&mut owner).await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select column_name::text, data_type::text from information_schema.columns where table_name = 'event' order by 1",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select event_id::text, leaf_index from event join ledger_leaf on log = 'audit' and ledger_leaf.subject = event_id order by 2",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let mut edits = vec!["delete from event where event_id = $1".to_owned()];
    for (n, (column, kind)) in (0..).zip(&columns) {
        let set = match kind.as_str() {
            "jsonb" => format!("coalesce({column}, '{{}}') || '{{\"more\": 1}}'"),
            kind => another(kind, column, &mut Dice::of(n)),
        };
        for set in [set.as_str(), "null"].into_iter().take(if column == "event_id" { 1 } else { 2 })
        {
            edits.push(format!(
                "update event set {column} = {set} where event_id = $1 and {column} is distinct from {set}"
            ));
        }
    }
    let mut found_edits = 0;
    for (n, edit) in edits.iter().enumerate() {
        let (event, entry) = &rows[n * 7 % rows.len()];
        let edit = edit.replace("$1", &format!("'{event}'"));
        let done = owner.execute(AssertSqlSafe(edit.clone())).await.unwrap().rows_affected();
        let found = look(&app).await;
        let named = found.faults.iter().any(|fault| fault.entry == u64::try_from(*entry).ok());
        assert_eq!(named, done == 1, "{edit}: {found}");
        found_edits += done;
        owner
            .execute(AssertSqlSafe(format!(
                "delete from event where event_id not in (select event_id from copy) or event_id = '{event}';
                 insert into event select * from copy where event_id = '{event}'"
            )))
            .await
            .unwrap();
    }
    assert!(found_edits > columns.len().try_into().unwrap(), "{found_edits}");
    assert_eq!(look(&app).await.faults, []);
}

#[tokio::test]
async fn r51_an_event_beside_the_log_a_mark_taken_away_and_a_flipped_bit_are_found() {
    let app = TestApp::start().await;
    seal(&app).await;
    let mut owner = app.as_owner().await;
    app.officer().post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    owner.execute("delete from event_unsealed").await.unwrap();
    let found = look(&app).await;
    assert!(found.to_string().contains("and not in the ledger"), "{found}");
    owner.execute("insert into event_unsealed select event_id from event e where not exists (select from ledger_leaf where subject = e.event_id)").await.unwrap();
    seal(&app).await;
    free(&mut owner).await;
    owner.execute("insert into event (event_id, happened_at, kind, request_id) values (gen_random_uuid(), now(), 'made.up', 'r')").await.unwrap();
    assert!(look(&app).await.to_string().contains("and not in the ledger"));
    owner.execute("delete from event where kind = 'made.up'").await.unwrap();

    owner.execute("update ledger_leaf set content = set_bit(content, 8, 1 - get_bit(content, 8)) where log = 'audit' and leaf_index = 2").await.unwrap();
    assert_eq!(look(&app).await.first_bad(), Some(2));
    owner.execute("alter table event enable trigger event_awaits_its_seal").await.unwrap();
    app.officer().post("/delegations", json!({ "participant": "BEL" })).await.expect(201);
    let checkpoints = app.count("ledger_checkpoint").await;
    assert!(audit::seal(&app.app.db, &app.app.audit).await.is_err(), "nothing more is signed");
    assert_eq!(app.count("ledger_checkpoint").await, checkpoints);
    let ready = app.anybody().get("//health/ready").await.text;
    assert!(ready.contains("not sealing the audit trail: entry 2"), "{ready}");
    app.signed("DEU").await;
}
