//! The same below the application's own checks: statements in the service's role, within a scope that is not France's.
//! What is asked of which table the catalogue says, so that a later table is asked without anybody thinking of it.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::rows::{self, IS_THEIRS};
use super::{Planted, chance, start};

/// Rows that carry a participant, or hang on something guarded, and are for everybody: the register, and the record of
/// treaty actions. And what is for officers and for the sealer alone, so that no mission finds its own
/// (`tests/api/retention.rs`, `tests/api/ledger/trail.rs`, `tests/api/programme/side_events.rs`, `tests/api/reports/jobs.rs`).
const NOT_GUARDED: &[&str] = &[
    "participant",
    "act",
    "act_override",
    "act_slot",
    "legal_hold",
    "event_unsealed",
    "side_event_review",
    "allocation",
    "export_job",
    "export_part",
    "export_schedule",
    "export_run",
];

/// Of the latter, where no mission may add a row, so that there is nothing to be hung on something.
const OFFICERS_ADD: &[&str] =
    &["side_event_review", "export_job", "export_part", "export_schedule", "export_run"];

/// How many scopes each table is asked in.
const SCOPES: usize = 6;

/// A table that holds what is a mission's.
struct Table {
    name: String,
    /// What an insert fills in: all but what the database computes.
    columns: String,
    /// The columns that the service may change.
    changeable: Vec<String>,
    /// How many rows of it are France's, or speak of something of France's.
    theirs: i64,
}

/// Who asks, of what.
struct Attack<'a> {
    connection: PgConnection,
    ids: &'a [String],
}

impl Attack<'_> {
    /// Tries one statement within a scope, none where it is not set, and takes it back. `$1` and `$2` are France's
    /// identities and its code; of a refusal the SQLSTATE comes back.
    async fn attempt(&mut self, scope: Option<&str>, statement: &str) -> Result<u64, String> {
        self.prepared(scope, "", statement).await
    }

    /// The same after something that the superuser does first.
    async fn prepared(
        &mut self,
        scope: Option<&str>,
        before: &str,
        statement: &str,
    ) -> Result<u64, String> {
        let mut tx = self.connection.begin().await.unwrap();
        tx.execute(AssertSqlSafe(before.to_owned())).await.unwrap();
        tx.execute("set local role ceremony_app").await.unwrap();
        if let Some(scope) = scope {
            let set = sqlx::query("select set_config('ceremony.scope', $1, true)").bind(scope);
            set.execute(&mut *tx).await.unwrap();
        }
        let asked = sqlx::query(AssertSqlSafe(statement.to_owned())).bind(self.ids).bind("FRA");
        let done = asked.execute(&mut *tx).await.map(|done| done.rows_affected());
        let done = done.map_err(|error| hanoi_ceremony::db::sqlstate(&error).unwrap_or_default());
        tx.rollback().await.unwrap();
        done
    }
}

/// Every table that has a participant, or the key of something guarded, or refers to it.
async fn tables(owner: &mut PgConnection, ids: &[String]) -> Vec<Table> {
    let found = "
        select c.relname::text,
               (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
               array(select a.attname::text from pg_attribute a
                     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                       and has_column_privilege('ceremony_app', c.oid, a.attnum, 'UPDATE'))
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all ($1)
          and exists (
              select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and (
                  a.attname = 'participant'
                  or a.attname in (
                      select k.attname from pg_index i
                      join pg_class g on g.oid = i.indrelid and g.relrowsecurity and i.indisprimary
                      join pg_attribute k on k.attrelid = g.oid and k.attnum = i.indkey[0]
                      where k.attname like '%\\_id')
                  or exists (select from pg_constraint k join pg_class g on g.oid = k.confrelid and g.relrowsecurity
                             where k.contype = 'f' and k.conrelid = c.oid)))
        order by 1";
    let found: Vec<(String, String, Vec<String>)> =
        sqlx::query_as(found).bind(NOT_GUARDED).fetch_all(&mut *owner).await.unwrap();
    let mut tables = Vec::new();
    for (name, columns, changeable) in found {
        let count = format!("select count(*) from {name} t where {IS_THEIRS}");
        let count = sqlx::query_scalar(AssertSqlSafe(count)).bind(ids).bind("FRA");
        let theirs = count.fetch_one(&mut *owner).await.unwrap();
        assert!(theirs > 0, "plant something of France's in {name}, or nothing is proven of it");
        tables.push(Table { name, columns, changeable, theirs });
    }
    tables
}

/// Scopes that are not France's, whatever they look like; and none.
fn scopes() -> impl Strategy<Value = Option<String>> {
    let others =
        subsequence(vec!["DEU", "VNM", "EUE", "ITA"], 0..=4).prop_map(|codes| codes.join(","));
    let strange = [
        "fra", "FR", "FRAN", "FRA ", " FRA", "FRA;DEU", "F,R,A", "{FRA}", "**", "* ", "%", "'FRA'",
        "null",
    ];
    let strange = select(strange.to_vec()).prop_map(str::to_owned);
    prop_oneof![1 => Just(None), 3 => others.prop_map(Some), 2 => strange.prop_map(Some)]
}

/// Statements about France's rows of a table: none may find, change, move or make one.
fn statements(table: &Table) -> Vec<(&'static str, String)> {
    let Table { name, columns, changeable, .. } = table;
    let mut all = vec![
        ("finds", format!("select 1 from {name} t where {IS_THEIRS}")),
        ("locks", format!("select 1 from {name} t where {IS_THEIRS} for update")),
        ("deletes", format!("delete from {name} t where {IS_THEIRS}")),
    ];
    for column in changeable {
        all.push(("changes", format!("update {name} t set {column} = {column} where {IS_THEIRS}")));
    }
    if changeable.iter().any(|column| column == "participant") {
        all.push((
            "gives away",
            format!("update {name} t set participant = $2 where $1::text[] is not null"),
        ));
    }
    all.push(("makes", format!("insert into {name} ({columns}) select {columns} from theirs where $1::text[] is not null and $2 <> ''")));
    all
}

/// What the superuser lays ready for an insert: France's rows of the table, readable for the service.
fn laid_ready(table: &Table) -> String {
    let name = &table.name;
    format!(
        "create temporary table theirs on commit drop as select * from {name} t where to_jsonb(t) ->> 'participant' = 'FRA';
         grant select on theirs to ceremony_app"
    )
}

#[tokio::test]
async fn r38_no_statement_of_the_service_reaches_another_missions_rows() {
    let mut chance = chance();
    let (app, _ceremony) = start().await;
    let planted = Planted::in_service(&app, &mut chance).await;
    let mut owner = app.as_owner().await;
    let tables = tables(&mut owner, &planted.theirs).await;
    assert!(tables.len() >= 8, "the catalogue tells of them");
    let before = rows::rows_of(&mut owner, "FRA", &planted.theirs).await;
    let mut attack = Attack { connection: app.as_owner().await, ids: &planted.theirs };
    for table in &tables {
        let ready = laid_ready(table);
        let random = (0..SCOPES).map(|_| scopes().new_tree(&mut chance).unwrap().current());
        let asked: Vec<_> = [None, Some("DEU".to_owned())].into_iter().chain(random).collect();
        for scope in &asked {
            let scope = scope.as_deref();
            for (verb, statement) in statements(table) {
                let ready = if verb == "makes" { &ready } else { "" };
                let done = attack.prepared(scope, ready, &statement).await;
                let is_refused = matches!(&done, Err(state) if state == "42501");
                let finds_nothing = done == Ok(0) && verb != "makes";
                assert!(
                    is_refused || finds_nothing,
                    "{verb} in scope {scope:?}: {done:?} {statement}"
                );
            }
        }
        // The negative controls: in its own scope the mission finds all of them; and where the policies are off, so
        // does everybody, and what refused the insert is no privilege but a key that is taken.
        let (verb, finds) = &statements(table)[0];
        let found = attack.attempt(Some("FRA"), finds).await;
        assert_eq!(found, Ok(table.theirs.unsigned_abs()), "blind: {verb} {}", table.name);
        let open = format!("alter table {} disable row level security", table.name);
        for (verb, statement) in statements(table) {
            let open = if verb == "makes" {
                format!("{open}; {}", laid_ready(table))
            } else {
                open.clone()
            };
            let done = attack.prepared(Some("DEU"), &open, &statement).await;
            let is_blind = match verb {
                "finds" => done != Ok(table.theirs.unsigned_abs()),
                "changes" => !matches!(done, Ok(1..)) && done != Err("23514".to_owned()),
                _ => false,
            };
            assert!(!is_blind, "blind: {verb} {}: {done:?}", table.name);
        }
    }
    assert_eq!(rows::rows_of(&mut owner, "FRA", &planted.theirs).await, before);
}

/// A reference from one guarded table to another, but for the participant in it.
struct Reference {
    table: String,
    /// What an insert fills in, and with what: a copy of a row of Germany's under a key of its own, but for the reference.
    columns: String,
    values: String,
    column: String,
    parent: String,
    parent_key: String,
}

type Found = (String, String, String, String, String, String);

async fn references(owner: &mut PgConnection) -> Vec<Reference> {
    let found = "
        with reference as (
            select k.conrelid, k.confrelid, a.attnum, a.attname, p.attname as parent_key
            from pg_constraint k
            join pg_class c on c.oid = k.conrelid and c.relrowsecurity
            join pg_class g on g.oid = k.confrelid and g.relrowsecurity
            cross join unnest(k.conkey, k.confkey) pair (ours, theirs)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = pair.ours
            join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.theirs
            where k.contype = 'f' and a.attname <> 'participant' and c.relname <> all ($1)
              and has_table_privilege('ceremony_app', c.oid, 'INSERT'))
        select r.conrelid::regclass::text, r.attname::text, r.confrelid::regclass::text, r.parent_key::text,
               string_agg(quote_ident(a.attname), ', ' order by a.attnum),
               string_agg(case
                   when a.attnum = r.attnum then 'p.' || quote_ident(r.parent_key)
                   when a.attname = 'participant' or not exists (select from pg_index i where i.indrelid = r.conrelid and i.indisunique
                                    and a.attnum = any (i.indkey)) then 't.' || quote_ident(a.attname)
                   when not a.attnotnull then 'null::' || format_type(a.atttypid, a.atttypmod)
                   -- What refers to something for everybody goes on doing so: nothing has an identity by chance.
                   when exists (select from pg_constraint f where f.contype = 'f' and f.conrelid = r.conrelid
                                and a.attnum = any (f.conkey)) then 't.' || quote_ident(a.attname)
                   when a.atttypid = 'uuid'::regtype then 'gen_random_uuid()'
                   when a.atttypid = 'bytea'::regtype then 'sha256(gen_random_uuid()::text::bytea)'
                   else 't.' || quote_ident(a.attname) end || ' as ' || quote_ident(a.attname), ', ' order by a.attnum)
        from reference r
        join pg_attribute a on a.attrelid = r.conrelid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        group by r.conrelid, r.confrelid, r.attname, r.parent_key order by 1, 2";
    let found: Vec<Found> =
        sqlx::query_as(found).bind(OFFICERS_ADD).fetch_all(owner).await.unwrap();
    let reference = |(table, column, parent, parent_key, columns, values)| Reference {
        table,
        columns,
        values,
        column,
        parent,
        parent_key,
    };
    found.into_iter().map(reference).collect()
}

#[tokio::test]
async fn r38_nothing_of_a_mission_can_be_hung_on_something_of_anothers() {
    let (app, _ceremony) = start().await;
    let planted = Planted::in_service(&app, &mut chance()).await;
    let mut owner = app.as_owner().await;
    let mut attack = Attack { connection: app.as_owner().await, ids: &planted.theirs };
    let references = references(&mut owner).await;
    assert!(references.len() >= 3, "the catalogue tells of them");
    for Reference { table, columns, values, column, parent, parent_key } in references {
        let keys = format!("select {parent_key}::text from {parent} where participant = $1");
        let keys = async |owner: &mut PgConnection, code: &str| -> Vec<String> {
            let keys = sqlx::query_scalar(AssertSqlSafe(keys.clone())).bind(code.to_owned());
            keys.fetch_all(owner).await.unwrap()
        };
        let rows = format!("select count(*) from {table} where participant = 'DEU'");
        let rows: i64 =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut owner).await.unwrap();
        let mut hang = async |key: &str| {
            let mut hung = Vec::new();
            for row in 0..rows {
                let ready = format!(
                    "create temporary table ready on commit drop as select {values}
                         from (select * from {table} where participant = 'DEU' order by 1 offset {row} limit 1) t,
                              (select * from {parent} where {parent_key} = '{key}') p;
                     grant select on ready to ceremony_app"
                );
                let insert = format!(
                    "insert into {table} ({columns}) select {columns} from ready where $1::text[] is not null and $2 <> ''"
                );
                hung.push(attack.prepared(Some("DEU"), &ready, &insert).await);
            }
            hung
        };
        // Not in its scope, another's, taken already, or a row that is none with any reference.
        let refusals = ["42501", "23503", "23505", "23514"];
        for key in keys(&mut owner, "FRA").await {
            let tried = hang(&key).await;
            let is_refused = |done: &_| matches!(done, Err::<_, String>(state) if refusals.contains(&state.as_str()));
            assert!(
                tried.iter().all(is_refused),
                "a row of {table} hangs by {column} on another mission's {parent}: {tried:?}"
            );
        }
        // The negative control: such a row can be hung on one's own, so that it was the reference that was refused.
        let mut own = Vec::new();
        for key in keys(&mut owner, "DEU").await {
            own.extend(hang(&key).await);
        }
        assert!(own.contains(&Ok(1)), "blind: {table}.{column} {own:?}");
    }
}
