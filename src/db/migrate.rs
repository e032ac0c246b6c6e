//! Bringing the schema up to date, as its owner.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::admission;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Unmigrated {
    /// The server does not answer, or not to us.
    #[error(
        "the database cannot be reached: {0}.\n  \
         1. Check DATABASE_URL (or database.url in config/local.toml), and that the server runs.\n  \
         2. Or take DATABASE_URL away: the service then starts a database of its own.\n  \
         3. docs/operations.md says which rights the account needs."
    )]
    Unreachable(sqlx::Error),
    /// Whoever migrates may not do what has to be done once.
    #[error(
        "{0} may not set up the database's roles. It must own the database, and either make roles or hold them.\n  \
         As an administrator of the database, run one of\n  \
         alter role \"{0}\" createrole;\n  \
         grant ceremony_owner, ceremony_app to \"{0}\";  (where the roles are there already)"
    )]
    NotGranted(String),
    /// The roles could not be made.
    #[error("the database's roles could not be set up: {0}")]
    Roles(#[from] sqlx::Error),
    /// A migration failed, or the schema is newer than the program.
    #[error("the database's schema could not be brought up to date: {0}")]
    Schema(#[from] MigrateError),
}

/// How the schema of a database stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The last migration that was applied; 0 where none was.
    pub found: i64,
    /// The last one that this program has.
    pub own: i64,
}

/// Looks at it, and changes nothing. The database is asked as the schema's owner.
pub async fn schema(conn: &mut PgConnection) -> Result<Schema, sqlx::Error> {
    let is_begun = "select to_regclass('public._sqlx_migrations') is not null";
    let last = "select coalesce(max(version), 0) from _sqlx_migrations where success";
    let found = if sqlx::query_scalar(is_begun).fetch_one(&mut *conn).await? {
        sqlx::query_scalar(last).fetch_one(conn).await?
    } else {
        0
    };
    Ok(Schema { found, own: newest_migration() })
}

/// The last migration that this program has.
#[must_use]
pub fn newest_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Makes the roles in which everything is owned and used, as a copy of a database that is put back needs them. Two processes
/// at once wait for each other.
pub async fn make_roles(options: &PgConnectOptions, service: &str) -> Result<(), Unmigrated> {
    with_roles(options, service).await?.close().await.map_err(Unmigrated::Roles)
}

/// Makes the roles, then applies what migrations are missing. Two processes at once wait for each other.
pub async fn migrate(options: &PgConnectOptions) -> Result<(), Unmigrated> {
    migrate_for(options, options.get_username()).await
}

/// The same where somebody else serves than migrates, who is then allowed to.
pub async fn migrate_for(options: &PgConnectOptions, service: &str) -> Result<(), Unmigrated> {
    let mut connection = with_roles(options, service).await?;
    connection.execute("set role ceremony_owner").await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

async fn with_roles(options: &PgConnectOptions, service: &str) -> Result<PgConnection, Unmigrated> {
    // That there already is what is made only where it is missing, is no news.
    let options = options
        .clone()
        .application_name("hanoi-ceremony migrate")
        .options([("client_min_messages", "warning")]);
    let mut connection = options.connect().await.map_err(Unmigrated::Unreachable)?;
    // The roles' grants are rows, too: without the lock one of two processes fails on "tuple concurrently updated".
    // It goes with the connection.
    connection.execute("select pg_advisory_lock(2025102500)").await?;
    let made = connection.execute(include_str!("roles.sql")).await;
    made.map_err(|error| match super::sqlstate(&error).as_deref() {
        Some("42501") => Unmigrated::NotGranted(options.get_username().to_owned()),
        _ => Unmigrated::Roles(error),
    })?;
    admission::grant(&mut connection, service).await?;
    Ok(connection)
}
