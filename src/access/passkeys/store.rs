//! The questions that passkeys ask of the database.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::model::{CHALLENGE_MINUTES, Passkey};
use crate::ids::{AccountId, ChallengeId, PasskeyId};
use crate::text::Label;

/// Keeps a challenge until it is answered, and a few minutes at most.
pub async fn insert_challenge(
    conn: &mut PgConnection,
    id: ChallengeId,
    account: Option<AccountId>,
    state: &Value,
    held: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into passkey_challenge (passkey_challenge_id, account_id, state, expires_at)
         values ($1, $2, $3, coalesce($4::timestamptz, now()) + make_interval(mins => $5))",
        id as _,
        account as _,
        state,
        held,
        CHALLENGE_MINUTES,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes a challenge away, so that it is answered once, whatever becomes of the answer.
pub async fn take_challenge(
    conn: &mut PgConnection,
    id: ChallengeId,
    account: Option<AccountId>,
    held: Option<DateTime<Utc>>,
) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "delete from passkey_challenge
         where passkey_challenge_id = $1 and account_id is not distinct from $2
           and expires_at > coalesce($3::timestamptz, now()) returning state",
        id as _,
        account as _,
        held,
    )
    .fetch_optional(conn)
    .await
}

/// The passkey that a device calls so, of an account that is open.
pub async fn find_by_credential(
    conn: &mut PgConnection,
    credential_id: &[u8],
) -> Result<Option<Passkey>, sqlx::Error> {
    sqlx::query_as!(
        Passkey,
        r#"select passkey_id as "id: PasskeyId", p.account_id as "account: AccountId", p.name as "name: Label",
                  p.created_at, p.last_used_at, credential_id, public_key, algorithm, sign_count
           from passkey p join account a using (account_id) where credential_id = $1 and a.disabled_at is null"#,
        credential_id,
    )
    .fetch_optional(conn)
    .await
}

/// Somebody's passkeys, the oldest first; there are never many.
pub async fn list(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Passkey>, sqlx::Error> {
    sqlx::query_as!(
        Passkey,
        r#"select passkey_id as "id: PasskeyId", account_id as "account: AccountId", name as "name: Label",
                  created_at, last_used_at, credential_id, public_key, algorithm, sign_count
           from passkey where account_id = $1 order by passkey_id"#,
        account as _,
    )
    .fetch_all(conn)
    .await
}

/// Adds a passkey. Answers `false` where some account has it already.
pub async fn insert(conn: &mut PgConnection, passkey: &Passkey) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into passkey (passkey_id, account_id, credential_id, public_key, algorithm, sign_count, name, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint passkey_is_of_one_account do nothing",
        passkey.id as _,
        passkey.account as _,
        passkey.credential_id,
        passkey.public_key,
        passkey.algorithm,
        passkey.sign_count,
        &passkey.name as _,
        passkey.created_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that it was used, and how often by the device's count. Answers `false` where the count has not risen, which is
/// how a copy shows, or where the passkey is gone.
pub async fn spend(
    conn: &mut PgConnection,
    account: AccountId,
    id: PasskeyId,
    sign_count: i64,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update passkey set sign_count = $3, last_used_at = $4
         where passkey_id = $1 and account_id = $2 and (sign_count < $3 or (sign_count = 0 and $3 = 0))",
        id as _,
        account as _,
        sign_count,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes one of somebody's passkeys away. Answers `false` where they have none such.
pub async fn delete(
    conn: &mut PgConnection,
    account: AccountId,
    id: PasskeyId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from passkey where passkey_id = $1 and account_id = $2",
        id as _,
        account as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes all of them away.
pub async fn delete_all(conn: &mut PgConnection, account: AccountId) -> Result<(), sqlx::Error> {
    let done = sqlx::query!("delete from passkey where account_id = $1", account as _);
    done.execute(conn).await.map(drop)
}
