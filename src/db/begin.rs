//! Beginning and ending a transaction, whatever becomes of who asked for it, and of the connection.
//!
//! A request can be given up at any moment: its client hangs up, or another part of it is found wanting. What it waits
//! for is then dropped where it stands. In the midst of `begin` the transaction would not be known yet and stay open in
//! the pool, on a connection that the next request gets; in the midst of `commit` it would be rolled back once more. So
//! both are finished by a task of their own.

use std::time::Duration;

use sqlx::{PgPool, Postgres, SqlSafeStr as _, Transaction};
use tokio::time::timeout;

/// How long a connection may take to begin: nobody is in its way, so that one which takes longer leads nowhere.
const BEGUN_WITHIN: Duration = Duration::from_secs(2);

/// When a commit of which nobody hears any more is left to the server, and its connection given up.
const GIVEN_UP_AFTER: Duration = Duration::from_mins(10);

/// Begins a transaction with these statements, which hold nothing that came from outside. Where the connection was lost,
/// nothing has happened yet, and another one is asked.
pub(super) async fn begin(
    pool: &PgPool,
    statements: &str,
) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    // After a crash of the server every connection of the pool is lost; one that is new is not.
    let mut lost = pool.options().get_max_connections();
    loop {
        let connection = pool.acquire().await?;
        let statements = sqlx::AssertSqlSafe(statements.to_owned()).into_sql_str();
        let begun = timeout(BEGUN_WITHIN, Transaction::begin(connection, Some(statements)));
        let begun = tokio::spawn(begun).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        match begun.unwrap_or_else(|_| Err(timed_out())) {
            Err(error) if lost > 0 && is_lost(&error) => {
                tracing::debug!(%error, "a connection was lost; asking another");
                lost -= 1;
            }
            outcome => return outcome,
        }
    }
}

/// Commits, to the end. Past `patience` the outcome is called unknown: a server that waits for its standby can neither be
/// hurried nor asked, and one whose wait is cancelled says that it has committed. The commit goes on without us; until it
/// has ended, its connection is nobody else's.
pub(super) async fn commit(
    transaction: Transaction<'static, Postgres>,
    patience: Duration,
) -> Result<(), sqlx::Error> {
    let committed = tokio::spawn(timeout(GIVEN_UP_AFTER, transaction.commit()));
    match timeout(patience, committed).await {
        Ok(committed) => {
            committed.map_err(|_| sqlx::Error::WorkerCrashed)?.unwrap_or_else(|_| Err(timed_out()))
        }
        Err(_) => Err(timed_out()),
    }
}

fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// Whether the server went away: it crashed, was stopped, or closed the session.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        error => super::sqlstate(error)
            .is_some_and(|state| state.starts_with("57P") || state.starts_with("08")),
    }
}
