//! The questions that logins by a provider ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::Link;
use crate::secret;

/// Uses what a login began with. Answers `false` where it was used before, on whichever replica.
pub async fn spend(
    conn: &mut PgConnection,
    state: &str,
    at: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let hash = secret::sha256(state);
    let done = sqlx::query!(
        "insert into oidc_answer (state_hash, answered_at, expires_at) values ($1, $2, $3)
         on conflict on constraint oidc_answer_once do nothing",
        &hash,
        at,
        until,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the login by which somebody began to link a provider has not ended since. Their account is held.
pub async fn still_stands(conn: &mut PgConnection, link: Link) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from token where token_id = $1 and account_id = $2) as "stands!""#,
        link.login as _,
        link.account as _,
    )
    .fetch_one(conn)
    .await
}

/// Says of a login when a factor was last shown with it, never later than it says itself, and whether a second one was.
pub async fn prove(
    conn: &mut PgConnection,
    token: &str,
    at: DateTime<Utc>,
    is_half: bool,
) -> Result<(), sqlx::Error> {
    let hash = secret::sha256(token);
    sqlx::query!(
        "update token set proved_at = least(proved_at, $2), is_half = $3 where hash = $1",
        hash.as_slice(),
        at,
        is_half,
    )
    .execute(conn)
    .await
    .map(drop)
}
