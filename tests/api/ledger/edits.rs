//! Edits by the database's owner, who takes triggers, checks and `not null` away: every one is found, and the entry named (R24).

use hanoi_ceremony::ledger::positions;
use hanoi_ceremony::secret::sha256;
use hanoi_ceremony::treaty;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use crate::app::TestApp;
use crate::desk::{signature, with};
use crate::overrides::{propose, without_original};

/// So many, unless the environment wants another number: `EDITS=10000`.
const EDITS: u32 = 500;

/// What is edited, and how the row's entry is found.
const TABLES: [(&str, &str); 9] = [
    ("ledger_leaf", "leaf_index"),
    ("ledger_hash", "position"),
    ("ledger_checkpoint", "tree_size - 1"),
    ("ledger_receipt", "leaf_index"),
    ("act", "(select leaf_index from ledger_leaf where subject = t.act_id)"),
    ("act_declaration", "(select leaf_index from ledger_leaf where subject = t.act_id)"),
    ("act_change", "(select leaf_index from ledger_leaf where subject = t.act_id)"),
    ("act_override", "(select leaf_index from ledger_leaf where subject = t.act_id)"),
    (
        "act_notification",
        "(select leaf_index from ledger_leaf where subject = t.act_notification_id)",
    ),
];

/// A record with something of everything.
async fn record(app: &TestApp) {
    let signer = app.entitle("FRA").await;
    let declared = json!({ "declarations": [
        { "kind": "reservation", "language": "fr", "text": "Sous réserve.", "translation": { "language": "en", "text": "Subject to." } },
        { "kind": "declaration", "language": "fr", "text": "Déclare." }] });
    let body = with(signature("FRA", &signer.full_powers, super::AT_THE_TABLE), &declared);
    let act = app.record(body).await.id();
    let path = format!("/treaty/acts/{act}");
    let right = json!({ "changes": { "signatory_name": "Claire Sample", "signatory_office": "Minister" }, "reason": "Misread." });
    let correction = app.treaty().act(&format!("{path}/correct"), right).await.id();
    app.second_treaty()
        .act(&format!("/treaty/acts/{correction}/certify"), json!({}))
        .await
        .expect(200);
    let noted = json!({ "number": "C.N.196.2025.TREATIES-XVIII.16", "published_on": "2025-10-25" });
    app.treaty().act(&format!("{path}/notifications"), noted).await.expect(200);
    let other = app.signed("VNM").await;
    let why = json!({ "reason": "Wrong page." });
    app.treaty().act(&format!("/treaty/acts/{other}/withdraw"), why).await.expect(200);
    let powers = without_original(app, "DEU").await;
    let lifting = propose(app, &powers, json!(["original_not_received"])).await.id();
    app.second_treaty().act(&format!("/overrides/{lifting}/approve"), json!({})).await.expect(200);
    app.record(signature("DEU", &powers, super::AT_THE_TABLE)).await.expect(201);
}

/// Numbers that are the same in every run.
pub struct Dice(u32, [u8; 32]);

impl Dice {
    pub fn of(edit: u32) -> Self {
        Self(0, sha256(format!("edit {edit}")))
    }

    fn throw(&mut self, sides: usize) -> usize {
        self.0 += 1;
        self.1 = sha256(self.1);
        usize::from(u16::from_be_bytes([self.1[0], self.1[1]])) % sides
    }
}

/// Another value of a column, as SQL.
pub fn another(kind: &str, column: &str, dice: &mut Dice) -> String {
    let by = dice.throw(200) + 1;
    match kind {
        "bytea" => {
            let at = format!("{by} % (8 * octet_length({column}))");
            format!(
                "case when octet_length({column}) = 0 then '\\x00'::bytea else set_bit({column}, {at}, 1 - get_bit({column}, {at})) end"
            )
        }
        "text" => {
            let at = format!("1 + {by} % greatest(length({column}), 1)");
            let edits = [
                format!("{column} || 'x'"),
                format!("left({column}, -1)"),
                format!(
                    "overlay({column} placing chr(ascii(substr({column}, {at}, 1)) # 1) from {at} for 1)"
                ),
            ];
            format!("coalesce({}, 'x')", edits[dice.throw(edits.len())])
        }
        "ARRAY" => {
            let edits = [
                format!("{column} || 'x'::text"),
                format!("{column} || null::text"),
                format!("array[{column}]"),
                "array[]::text[]".to_owned(),
            ];
            edits[dice.throw(edits.len())].clone()
        }
        "uuid" => "gen_random_uuid()".to_owned(),
        "boolean" => format!("not coalesce({column}, false)"),
        "date" => format!("coalesce({column}, '2025-01-01') + {by}"),
        "timestamp with time zone" => {
            format!("coalesce({column}, now()) + {by} * interval '1 microsecond'")
        }
        _ => format!("coalesce({column}, 0) + {by}"),
    }
}

/// Edits one row, and tells what was done and which entry it concerns. Nothing where the database itself refuses.
async fn edit(owner: &mut PgConnection, dice: &mut Dice) -> Option<(String, u64)> {
    let (table, entry) = TABLES[dice.throw(TABLES.len())];
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select column_name::text, data_type::text from information_schema.columns where table_name = $1 order by 1",
    )
    .bind(table)
    .fetch_all(&mut *owner)
    .await
    .unwrap();
    let row =
        AssertSqlSafe(format!("select ctid::text, {entry} as entry from {table} t order by ctid"));
    let rows = owner.fetch_all(row).await.unwrap();
    let row = &rows[dice.throw(rows.len())];
    let (at, entry): (String, i64) = (row.get(0), row.get(1));
    let entry = u64::try_from(entry).unwrap();
    let entry = match table {
        "ledger_hash" => {
            (0..u64::MAX).find(|leaf| positions(*leaf..leaf + 1).contains(&entry)).unwrap()
        }
        _ => entry,
    };
    let (column, kind) = &columns[dice.throw(columns.len())];
    let set = if dice.throw(8) == 0 { "null".to_owned() } else { another(kind, column, dice) };
    let statement = if dice.throw(10) == 0 {
        format!("delete from {table} where ctid = '{at}'")
    } else {
        format!(
            "update {table} set {column} = {set} where ctid = '{at}' and {column} is distinct from {set}"
        )
    };
    let mut attempt = owner.begin().await.unwrap();
    match attempt.execute(AssertSqlSafe(statement.clone())).await {
        Ok(done) if done.rows_affected() == 1 => {
            attempt.commit().await.unwrap();
            Some((statement, entry))
        }
        _ => {
            attempt.rollback().await.unwrap();
            None
        }
    }
}

#[tokio::test]
async fn r24_every_edit_of_ledger_or_record_is_found_and_its_entry_named() {
    let app = TestApp::start().await;
    record(&app).await;
    let verifier = app.app.ledger.verifier().unwrap();
    let mut owner = app.as_owner().await;
    owner.execute("set datestyle to iso; set timezone to utc").await.unwrap();
    let mut all = owner.begin().await.unwrap();
    for (table, _) in TABLES {
        let free = format!(
            "alter table {table} disable trigger all;
             do $$ declare checked text; filled text; begin
                 for filled in select attname from pg_attribute a where attrelid = '{table}'::regclass and attnotnull
                     and attnum > 0 and not exists (select from pg_index where indrelid = a.attrelid and indisprimary and attnum = any (indkey)) loop
                     execute format('alter table {table} alter %I drop not null', filled);
                 end loop;
                 for checked in select conname from pg_constraint where conrelid = '{table}'::regclass and contype = 'c' loop
                     execute format('alter table {table} drop constraint %I', checked);
                 end loop;
             end $$"
        );
        all.execute(AssertSqlSafe(free)).await.unwrap();
    }
    let wanted = std::env::var("EDITS").map_or(EDITS, |edits| edits.parse().unwrap());
    let (mut done, mut tried) = (0, 0);
    while done < wanted {
        tried += 1;
        assert!(tried < 10 * wanted, "most edits are possible");
        let mut one = all.begin().await.unwrap();
        if let Some((statement, entry)) = edit(&mut one, &mut Dice::of(tried)).await {
            let found = treaty::verify_on(&mut one, verifier, &app.app.ceremony).await.unwrap();
            let named = found.faults.iter().any(|fault| fault.entry == Some(entry));
            assert!(named, "{statement}: entry {entry} is not named: {found}");
            done += 1;
        }
        one.rollback().await.unwrap();
        if tried % 100 == 1 {
            let found = treaty::verify_on(&mut all, verifier, &app.app.ceremony).await.unwrap();
            assert_eq!(
                (found.faults.len(), found.entries, found.unsigned),
                (0, 8, 0),
                "a false alarm: {found}"
            );
        }
    }
    all.rollback().await.unwrap();
    assert!(
        treaty::verify(&app.app.db, verifier, &app.app.ceremony).await.unwrap().faults.is_empty()
    );
}

#[tokio::test]
async fn r24_a_row_that_was_never_entered_and_a_log_that_lost_its_end_are_found() {
    let app = TestApp::start().await;
    record(&app).await;
    let verifier = app.app.ledger.verifier().unwrap();
    let mut owner = app.as_owner().await;
    let look = async || treaty::verify(&app.app.db, verifier, &app.app.ceremony).await.unwrap();
    owner.execute("insert into act_notification select gen_random_uuid(), act_id, 'C.N.1.2025.TREATIES-XVIII.16', null, noted_by, noted_at from act_notification").await.unwrap();
    let found = look().await;
    assert!(found.to_string().contains("is in the record and not in the ledger"), "{found}");
    owner.execute("alter table act_notification disable trigger all; delete from act_notification where published_on is null").await.unwrap();
    assert_eq!(look().await.faults, []);
    owner.execute("alter table ledger_leaf disable trigger all; alter table ledger_receipt disable trigger all;
        delete from ledger_receipt where leaf_index = 7; delete from ledger_leaf where leaf_index = 7").await.unwrap();
    assert_eq!(look().await.first_bad(), Some(7));
}
