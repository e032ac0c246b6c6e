//! One cluster for all tests, and one template from which each test clones its database.

use std::ffi::OsString;

use hanoi_ceremony::access::Role;
use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::embedded::{Options, Server};
use hanoi_ceremony::db::{self, Clock};
use hanoi_ceremony::{secret, server};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

use super::SETTINGS;

static CLUSTER: OnceCell<Server> = OnceCell::const_new();

/// Where programs are looked for: those that come with the cluster first.
pub fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = CLUSTER.get().map(|server| server.bin_dir().to_owned());
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).unwrap()
}

/// One cluster for all tests of all processes, with a superuser's way in.
pub async fn cluster() -> PgConnectOptions {
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return url.parse().unwrap();
    }
    let options = Options { data_dir: None, throwaway: true };
    let server = CLUSTER.get_or_init(|| async { Server::start(&options).await.unwrap() }).await;
    server.connect_options("postgres", "postgres")
}

/// A database with schema, register and accounts, made once for each state of the schema and the register.
pub async fn template(admin: &PgConnectOptions) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", fingerprint());
            let mut connection = admin.connect().await.unwrap();
            // Several test processes may start at once: the first makes it, the others wait.
            connection.execute("select pg_advisory_lock(2025102526)").await.unwrap();
            let exists = "select count(*) from pg_database where datname = $1";
            let exists: i64 =
                sqlx::query_scalar(exists).bind(&name).fetch_one(&mut connection).await.unwrap();
            if exists == 0 {
                let draft = format!("{name}_draft");
                let forget = format!("drop database if exists {draft} with (force)");
                connection.execute(AssertSqlSafe(forget)).await.unwrap();
                create(&mut connection, &draft, None).await;
                fill(&admin.clone().database(&draft)).await;
                let rename = format!("alter database {draft} rename to {name}");
                connection.execute(AssertSqlSafe(rename)).await.unwrap();
            }
            connection.execute("select pg_advisory_unlock(2025102526)").await.unwrap();
            connection.close().await.unwrap();
            name
        })
        .await
}

pub async fn create(connection: &mut PgConnection, name: &str, template: Option<&str>) {
    let create = format!("create database {name} template {}", template.unwrap_or("template0"));
    connection.execute(AssertSqlSafe(create)).await.unwrap();
}

/// What a template depends on: the migrations, and the register and accounts that are filled in here.
fn fingerprint() -> String {
    let mut all = String::new();
    for folder in ["migrations", "config/ceremony", "tests/api/app", "src/db/roles.sql"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut files: Vec<_> = if path.is_dir() {
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
        } else {
            vec![path]
        };
        files.sort();
        for file in files {
            all += &std::fs::read_to_string(file).unwrap();
        }
    }
    secret::hex(&secret::sha256(all))[..16].to_owned()
}

async fn fill(owner: &PgConnectOptions) {
    db::migrate(owner).await.unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    let config = Config::from_toml(SETTINGS).unwrap();
    let app = server::assemble(config, owner, data_dir.path(), Clock::System).await.unwrap();
    app.db.close().await;
    let mut connection = owner.connect().await.unwrap();
    // Each test begins an installation of its own, with a key and papers of its own.
    connection.execute("delete from installation").await.unwrap();
    let staff =
        Role::ALL.iter().filter(|r| **r != Role::FocalPoint).map(|r| (r.as_str(), r.as_str()));
    for (whose, role) in staff.chain([("treaty_2", "treaty")]) {
        person(&mut connection, whose, role).await;
    }
    let codes = sqlx::query_scalar::<_, String>("select participant from participant");
    for code in codes.fetch_all(&mut connection).await.unwrap() {
        person(&mut connection, &code, "focal_point").await;
        sqlx::query(
            "insert into focal_point (focal_point_id, account_id, participant, is_primary, appointed_at, updated_at)
             select gen_random_uuid(), account_id, $1, true, '2025-01-01', '2025-01-01' from account where name = 'Test ' || $1",
        )
        .bind(&code)
        .execute(&mut connection)
        .await
        .unwrap();
    }
    connection.close().await.unwrap();
}

/// Somebody with an account and a token that does not end, and with which a factor was always shown just now.
async fn person(connection: &mut PgConnection, whose: &str, role: &str) {
    sqlx::query(
        "with person as (
             insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
             values (gen_random_uuid(), lower($1) || '@test.example', 'Test ' || $1, $2, 'none', false, now(), now())
             returning account_id)
         insert into token (token_id, account_id, hash, created_at, last_used_at, proved_at, expires_at)
         select gen_random_uuid(), account_id, $3, '2025-01-01', '2999-01-01', '2999-01-01', '2999-01-01' from person",
    )
    .bind(whose)
    .bind(role)
    .bind(secret::sha256(token(whose)).as_slice())
    .execute(connection)
    .await
    .unwrap();
}

/// The token of a test's person. Stored hashed in the template, like any other.
pub fn token(whose: &str) -> String {
    format!("hcs_test_{whose}")
}
