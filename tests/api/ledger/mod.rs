//! The ledger: what is entered, what is proven, and who alters it in vain (R23–R26).

mod edits;
mod orders;
mod proofs;
mod protocol;
mod start;
mod trail;
mod witness;

use hanoi_ceremony::ledger::{Receipt, leaf_hash};
use hanoi_ceremony::secret::hex;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::app::TestApp;
use crate::desk::signature;

pub const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

/// The entry that a place in the ledger proves, after its receipt was followed to the signed root.
fn proven(app: &TestApp, place: &Value) -> Value {
    let receipt = Receipt::parse(place["receipt"].as_str().expect("a receipt")).unwrap();
    let ledger = &app.app.ledger;
    assert!(receipt.verify(ledger.verifier().unwrap()).is_ok());
    assert_eq!(place["index"], receipt.index);
    assert_eq!(place["leaf_hash"], hex(&leaf_hash(&receipt.leaf).0));
    assert_eq!(place["checkpoint"], receipt.checkpoint);
    serde_json::from_slice(&receipt.leaf).unwrap()
}

#[tokio::test]
async fn r23_every_entry_of_the_record_is_answered_with_a_receipt_that_proves_it() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let first = app.record(signature("FRA", &signer.full_powers, AT_THE_TABLE)).await.expect(201);
    let leaf = proven(&app, &first["ledger"]);
    assert_eq!((&leaf["kind"], &leaf["participant"]), (&json!("signature"), &json!("FRA")));
    assert_eq!((&leaf["act_id"], &leaf["legal_date"]), (&first["id"], &json!("2025-10-25")));
    assert_eq!(leaf["done_at"], "2025-10-25T04:02:00Z");

    let path = format!("/treaty/acts/{}", first["id"].as_str().unwrap());
    let noted = json!({ "number": "C.N.196.2025.TREATIES-XVIII.16" });
    let noted = app.treaty().act(&format!("{path}/notifications"), noted).await.expect(200);
    let leaf = proven(&app, &noted["notifications"][0]["ledger"]);
    assert_eq!(leaf["number"], "C.N.196.2025.TREATIES-XVIII.16");
    let certified =
        app.second_treaty().act(&format!("{path}/certify"), json!({})).await.expect(200);
    let leaf = proven(&app, &certified["certified"]["ledger"]);
    assert_eq!((&leaf["kind"], &leaf["of_act_id"]), (&json!("certification"), &first["id"]));
    assert_eq!(certified["ledger"], first["ledger"], "what was proven once is proven the same way");

    let right =
        json!({ "changes": { "signatory_name": "Claire Sample" }, "reason": "CANARY misread" });
    let corrected = app.treaty().act(&format!("{path}/correct"), right).await.expect(201);
    let leaf = proven(&app, &corrected["ledger"]);
    assert_eq!(leaf["changes"][0]["new_value"], "Claire Sample");
    let path = format!("/treaty/acts/{}", corrected["id"].as_str().unwrap());
    let why = json!({ "reason": "CANARY again" });
    let withdrawn = app.treaty().act(&format!("{path}/withdraw"), why).await.expect(200);
    assert_eq!(proven(&app, &withdrawn["withdrawn"]["ledger"])["kind"], "recording_withdrawn");
    for table in ["ledger_leaf", "ledger_receipt"] {
        assert_eq!(app.count(table).await, 6, "{table}: the treaty and five entries");
    }
    assert_eq!(app.count("ledger_checkpoint").await, 6);
    let read = app.treaty().get(&path).await.expect(200);
    assert_eq!(read["ledger"], withdrawn["ledger"]);
}

#[tokio::test]
async fn r26_a_leaf_says_of_persons_the_signatorys_name_office_and_capacity_and_no_more() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let why = json!({ "reason": "CANARY of the recorder" });
    app.treaty().act(&format!("/treaty/acts/{act}/withdraw"), why).await.expect(200);
    let mut owner = app.as_owner().await;
    let leaves: Vec<String> = sqlx::query_scalar(
        "select convert_from(content, 'UTF8') from ledger_leaf order by leaf_index",
    )
    .fetch_all(&mut owner)
    .await
    .unwrap();
    let (officer, powers): (String, String) = sqlx::query_as(
        "select recorded_by::text, full_powers_id::text from act where kind = 'signature'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    let all = leaves.join("\n");
    assert!(all.contains("Exemplar FRAPERMANENT_REPRESENTATIVE"), "the signatory: {all}");
    for unsaid in ["CANARY", &officer, &powers] {
        assert!(!all.contains(unsaid), "{unsaid} in {all}");
    }
    let treaty: Value = serde_json::from_str(&leaves[0]).unwrap();
    assert_eq!((&treaty["entry"], &treaty["number"]), (&json!("treaty"), &json!("XVIII-16")));
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads as one")]
async fn r25_the_services_role_can_neither_change_the_record_nor_free_itself() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    let mut service = app.as_owner().await;
    service.execute("set session authorization ceremony_app").await.unwrap();
    let tables = [
        "ledger_leaf",
        "ledger_hash",
        "ledger_checkpoint",
        "ledger_receipt",
        "act",
        "act_declaration",
        "act_change",
        "act_notification",
        "event",
    ];
    let column = |table| match table {
        "ledger_leaf" | "ledger_hash" | "ledger_checkpoint" | "ledger_receipt" => "log",
        "event" => "kind",
        "act_notification" => "number",
        "act" => "participant",
        _ => "position",
    };
    let mut attempts = Vec::new();
    for table in tables {
        let column = column(table);
        attempts.extend([
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
            format!("truncate {table} cascade"),
            format!("alter table {table} disable trigger all"),
            format!("alter table {table} disable trigger {table}_is_for_ever"),
            format!("drop trigger {table}_is_for_ever on {table}"),
            format!("drop table {table} cascade"),
            format!("alter table {table} owner to ceremony_app"),
            format!("create rule loose as on insert to {table} do instead nothing"),
        ]);
    }
    for loose in [
        "set role ceremony_owner",
        "set role postgres",
        "set session_replication_role = replica",
        "grant ceremony_owner to ceremony_app",
        "alter role ceremony_app superuser",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'",
        "create or replace function lock_log(text) returns bigint language sql as 'select 0::bigint'",
        "drop function refuse_change() cascade",
        "create table public.ledger_leaf_2 (a int)",
    ] {
        attempts.push(loose.to_owned());
    }
    for attempt in attempts {
        let refused = service.execute(AssertSqlSafe(attempt.clone())).await.unwrap_err();
        let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{attempt}: {refused}");
    }
    // And the owner, and the superuser: as long as the triggers stand.
    let mut owner = app.as_owner().await;
    for role in ["ceremony_owner", "postgres"] {
        owner.execute(AssertSqlSafe(format!("set role {role}"))).await.unwrap();
        for table in &tables[..4] {
            for attempt in [
                format!("update {table} set log = log"),
                format!("delete from {table}"),
                format!("truncate {table} cascade"),
            ] {
                let refused = owner.execute(AssertSqlSafe(attempt.clone())).await.unwrap_err();
                let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code);
                assert_eq!(code.as_deref(), Some("23001"), "{role}: {attempt}: {refused}");
            }
        }
    }
}

/// Alters one bit of a stored entry, as a superuser who takes the triggers away.
pub async fn flip(app: &TestApp, index: u64) {
    let mut owner = app.as_owner().await;
    let flip = format!(
        "alter table ledger_leaf disable trigger all;
         update ledger_leaf set content = set_bit(content, 8, 1 - get_bit(content, 8)) where log = 'treaty' and leaf_index = {index};
         alter table ledger_leaf enable trigger all;
         alter table ledger_leaf enable always trigger ledger_leaf_is_for_ever;
         alter table ledger_leaf enable always trigger ledger_leaf_is_not_emptied"
    );
    owner.execute(AssertSqlSafe(flip)).await.unwrap();
}

#[tokio::test]
async fn r23_one_bit_of_a_stored_entry_stops_the_signing_and_no_reading() {
    let mut app = TestApp::start().await;
    for code in ["VNM", "FRA"] {
        app.signed(code).await;
    }
    let signer = app.entitle("DEU").await;
    let body = signature("DEU", &signer.full_powers, AT_THE_TABLE);
    let checkpoints = app.count("ledger_checkpoint").await;
    flip(&app, 1).await;
    let refused = app.treaty().post_once("/treaty/acts", "one", body.clone()).await;
    assert_eq!(refused.problem(503), "ledger_integrity");
    assert_eq!(app.count("ledger_checkpoint").await, checkpoints);
    let entries = app.count("act").await;
    let next = app.entitle("BEL").await;
    let next = app.record(signature("BEL", &next.full_powers, AT_THE_TABLE)).await;
    assert_eq!(next.problem(503), "ledger_integrity", "nothing more is entered");
    assert_eq!(app.count("act").await, entries);
    let ready = app.anybody().get("//health/ready").await;
    assert_eq!(
        (ready.status, ready.text.as_str()),
        (200, "ready\nnot signing: entry 1 is not what was hashed when it was stored\n")
    );
    app.status("").await;
    app.treaty().get("/treaty/acts").await.expect(200);

    // Put right, and started again, it goes on where it was.
    flip(&app, 1).await;
    app.go_to(crate::app::NOW).await;
    assert_eq!(app.anybody().get("//health/ready").await.text, "ready\n");
    let again = app.treaty().post_once("/treaty/acts", "one", body).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    proven(&app, &again.expect(201)["ledger"]);
    assert_eq!(app.count("act where participant = 'DEU'").await, 1);
}
