//! The schema that the migrations make, one after the other, on a real PostgreSQL.

use std::collections::BTreeMap;

use hanoi_ceremony::db::embedded::{Options, Server};
use hanoi_ceremony::{db, secret};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

use crate::schema::RULES;

/// The migration after which the sample is planted: those that follow are applied over rows.
const SAMPLED: i64 = 7;

/// The migration that came after later ones, and the first that builds on it.
const KEPT: i64 = 8;
const BUILT_ON_IT: i64 = 32;

/// A database of one's own, which goes with it.
struct Empty {
    admin: PgConnectOptions,
    options: PgConnectOptions,
    name: String,
}

impl Empty {
    /// A database with nothing in it.
    async fn create() -> Self {
        static CLUSTER: OnceCell<Server> = OnceCell::const_new();
        let admin: PgConnectOptions = if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            url.parse().unwrap()
        } else {
            let options = Options { data_dir: None, throwaway: true };
            let server = CLUSTER.get_or_init(|| async { Server::start(&options).await.unwrap() });
            server.await.connect_options("postgres", "postgres")
        };
        let name = format!("house_{}", secret::hex(&secret::random::<8>()));
        let mut connection = admin.connect().await.unwrap();
        let create = format!("create database {name} template template0");
        connection.execute(AssertSqlSafe(create)).await.unwrap();
        Self { options: admin.clone().database(&name), admin, name }
    }

    async fn connect(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }

    async fn drop(self) {
        let mut connection = self.admin.connect().await.unwrap();
        let drop = format!("drop database {} with (force)", self.name);
        connection.execute(AssertSqlSafe(drop)).await.unwrap();
    }
}

async fn migrator() -> Migrator {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    Migrator::new(folder).await.unwrap()
}

/// What breaks the rules of the schema, a line for each.
async fn breaches(connection: &mut PgConnection) -> Vec<String> {
    let mut breaches = Vec::new();
    for rule in RULES {
        let names: Vec<String> =
            sqlx::query_scalar(rule.breaches).fetch_all(&mut *connection).await.unwrap();
        breaches.extend(names.into_iter().map(|name| format!("{name}: {}", rule.says)));
    }
    breaches
}

/// How many rows each table has, but for those that have none.
async fn rows(connection: &mut PgConnection) -> BTreeMap<String, i64> {
    let tables = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *connection).await.unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        let count = sqlx::query_scalar(count).fetch_one(&mut *connection).await.unwrap();
        rows.extend(Some((table, count)).filter(|(_, count)| *count > 0));
    }
    rows
}

#[tokio::test]
async fn each_migration_applies_after_the_one_before_over_rows_and_keeps_the_rules() {
    let database = Empty::create().await;
    let mut connection = database.connect().await;
    connection.execute(include_str!("../../src/db/roles.sql")).await.unwrap();
    connection.execute("set role ceremony_owner").await.unwrap();
    let mut before = BTreeMap::new();
    let mut last = 0;
    for migration in migrator().await.iter() {
        let number = migration.version;
        // A number may be kept for a slice that is still to come.
        assert!(number > last, "two migrations are numbered {number}");
        last = number;
        let applied = connection.execute(migration.sql.clone()).await;
        assert!(applied.is_ok(), "{number} {}: {applied:?}", migration.description);
        let breaches = breaches(&mut connection).await;
        assert!(
            breaches.is_empty(),
            "after {number} {}\n{}",
            migration.description,
            breaches.join("\n")
        );
        if number == SAMPLED {
            connection.execute(include_str!("sample.sql")).await.unwrap();
            before = rows(&mut connection).await;
            assert!(before.len() > 15, "a little of everything: {before:?}");
        }
    }
    let mut after = rows(&mut connection).await;
    after.retain(|table, _| before.contains_key(table));
    assert_eq!(after, before, "no row is lost or doubled on the way");
    // What entries of the audit trail said of persons was put aside, where it can be forgotten, and not lost (R52).
    let told: (String, String) = sqlx::query_as(
        "select concat(e.before, e.after, e.reason), concat(d.before, d.after, d.reason)
         from event e join event_detail d using (event_id)
         where detail_hash = event_detail_hash(d.salt, d.before, d.after, d.reason)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    for personal in ["OLDSAMPLE", "NEWSAMPLE", "slip of the pen"] {
        assert!(!told.0.contains(personal) && told.1.contains(personal), "{told:?}");
    }
    assert!(told.0.contains("minister"), "{told:?}");
    connection.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn a_migration_whose_number_was_kept_for_it_applies_behind_later_ones() {
    let database = Empty::create().await;
    let mut connection = database.connect().await;
    connection.execute(include_str!("../../src/db/roles.sql")).await.unwrap();
    connection.execute("set role ceremony_owner").await.unwrap();
    let is_released = |version| version != KEPT && version < BUILT_ON_IT;
    let released = migrator().await.iter().filter(|m| is_released(m.version)).cloned().collect();
    let released = Migrator::with_migrations(released);
    released.run_to(SAMPLED, &mut connection).await.unwrap();
    connection.execute(include_str!("sample.sql")).await.unwrap();
    let before = rows(&mut connection).await;
    released.run(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    db::migrate(&database.options).await.unwrap();
    let mut connection = database.connect().await;
    assert_eq!(breaches(&mut connection).await, Vec::<String>::new());
    let mut after = rows(&mut connection).await;
    after.retain(|table, _| before.contains_key(table));
    assert_eq!(after, before, "no row is lost or doubled on the way");
    connection.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn every_rule_of_the_schema_finds_its_own_breach() {
    let database = Empty::create().await;
    db::migrate(&database.options).await.unwrap();
    for rule in RULES {
        let mut connection = database.connect().await;
        let mut broken = connection.begin().await.unwrap();
        broken.execute("set role ceremony_owner").await.unwrap();
        broken.execute(rule.breach).await.unwrap();
        let names: Vec<String> =
            sqlx::query_scalar(rule.breaches).fetch_all(&mut *broken).await.unwrap();
        assert!(!names.is_empty(), "blind: {}", rule.says);
    }
    database.drop().await;
}

#[tokio::test]
async fn migrating_again_or_twice_at_once_changes_nothing() {
    let database = Empty::create().await;
    let (one, other) = tokio::join!(db::migrate(&database.options), db::migrate(&database.options));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    db::migrate(&database.options).await.unwrap();
    let mut connection = database.connect().await;
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(usize::try_from(applied).unwrap(), migrator().await.iter().count());
    assert_eq!(breaches(&mut connection).await, Vec::<String>::new());
    connection.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn a_schema_that_this_program_does_not_know_is_refused() {
    for strange in [
        "update _sqlx_migrations set checksum = '\\x00' where version = 1",
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '\\x00', 0)",
    ] {
        let database = Empty::create().await;
        db::migrate(&database.options).await.unwrap();
        database.connect().await.execute(strange).await.unwrap();
        assert!(db::migrate(&database.options).await.is_err(), "{strange}");
        database.drop().await;
    }
}

#[tokio::test]
async fn r25_what_happened_cannot_be_changed_by_the_superuser_who_pretends_to_be_a_replica() {
    let database = Empty::create().await;
    db::migrate(&database.options).await.unwrap();
    let mut connection = database.connect().await;
    let happened = "insert into event (event_id, happened_at, kind, request_id) values (gen_random_uuid(), now(), 'test', 'r')";
    connection.execute(happened).await.unwrap();
    for role in ["select", "set session_replication_role = replica"] {
        connection.execute(role).await.unwrap();
        for change in ["update event set kind = 'other'", "delete from event", "truncate event"] {
            let refused = connection.execute(change).await.unwrap_err();
            assert_eq!(db::sqlstate(&refused).as_deref(), Some("23001"), "{change}");
        }
    }
    connection
        .execute("set session_replication_role = origin; set role ceremony_app")
        .await
        .unwrap();
    for change in ["update event set kind = 'other'", "delete from event", "truncate event"] {
        let refused = connection.execute(change).await.unwrap_err();
        assert_eq!(db::sqlstate(&refused).as_deref(), Some("42501"), "{change}");
    }
    // The negative control: without the trigger the superuser would have had their way.
    connection.execute("reset role; drop trigger event_is_for_ever on event").await.unwrap();
    assert_eq!(connection.execute("delete from event").await.unwrap().rows_affected(), 1);
    connection.close().await.unwrap();
    database.drop().await;
}
