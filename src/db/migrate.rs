//! Bringing the schema up to date, as its owner.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Unmigrated {
    /// The roles could not be made, or the server could not be reached.
    #[error("the database's roles could not be set up: {0}")]
    Roles(#[from] sqlx::Error),
    /// A migration failed, or the schema is newer than the program.
    #[error("the database's schema could not be brought up to date: {0}")]
    Schema(#[from] MigrateError),
}

/// Makes the roles, then applies what migrations are missing. Two processes at once wait for each other.
pub async fn migrate(options: &PgConnectOptions) -> Result<(), Unmigrated> {
    let mut connection =
        options.clone().application_name("hanoi-ceremony migrate").connect().await?;
    connection.execute(include_str!("roles.sql")).await?;
    connection.execute("set role ceremony_owner").await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
