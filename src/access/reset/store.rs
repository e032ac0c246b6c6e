//! The questions that resets ask of the database.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;

use crate::access::code::Code;
use crate::ids::{AccountId, ResetRequestId};
use crate::text::Email;

/// For how long an account that was sent a code is sent no other: nobody's mailbox is filled by somebody else.
const PAUSE_MINUTES: i64 = 1;

/// A wish that waits: an address, sealed.
pub struct Request {
    pub id: ResetRequestId,
    pub sealed: Vec<u8>,
}

/// Notes a wish. One that waits for the same address is enough.
pub async fn insert_request(
    conn: &mut PgConnection,
    id: ResetRequestId,
    mark: &[u8; 32],
    sealed: &[u8],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into password_reset_request (password_reset_request_id, mark, sealed, asked_at)
         values ($1, $2, $3, $4) on conflict on constraint password_reset_request_waits_once do nothing",
        id as _,
        mark,
        sealed,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Some of the wishes that wait, the oldest first.
pub async fn list_requests(conn: &mut PgConnection) -> Result<Vec<Request>, sqlx::Error> {
    sqlx::query_as!(
        Request,
        r#"select password_reset_request_id as "id: ResetRequestId", sealed
           from password_reset_request order by asked_at limit 50"#,
    )
    .fetch_all(conn)
    .await
}

/// Takes a wish off the list. Answers `false` where another worker has.
pub async fn delete_request(
    conn: &mut PgConnection,
    id: ResetRequestId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from password_reset_request where password_reset_request_id = $1",
        id as _
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// The open account that has an address, and a password to choose: not one that was made for somebody of an identity
/// provider, which nothing else opens.
pub async fn find_open(
    conn: &mut PgConnection,
    email: &Email,
) -> Result<Option<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select account_id as "id: AccountId" from account a where email = $1 and disabled_at is null
             and not exists (select from account_identity i where i.account_id = a.account_id and i.is_granted)"#,
        email as _
    )
    .fetch_optional(conn)
    .await
}

/// Gives an account a code, in place of the one before. Answers `false` where it has just been given one.
pub async fn save(
    conn: &mut PgConnection,
    account: AccountId,
    code: &Code,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let hash = code.hash();
    let done = sqlx::query!(
        "insert into password_reset (account_id, hash, made_at, expires_at) values ($1, $2, $3, $4)
         on conflict (account_id) do update
         set hash = excluded.hash, made_at = excluded.made_at, expires_at = excluded.expires_at
         where password_reset.made_at <= $5",
        account as _,
        &hash,
        now,
        expires_at,
        now - Duration::minutes(PAUSE_MINUTES),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a code: gives the open account that it is for, once.
pub async fn take(
    conn: &mut PgConnection,
    code: &Code,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, sqlx::Error> {
    let hash = code.hash();
    sqlx::query_scalar!(
        r#"delete from password_reset r using account a
           where r.hash = $1 and r.expires_at > $2 and a.account_id = r.account_id and a.disabled_at is null
           returning r.account_id as "id: AccountId""#,
        &hash,
        now,
    )
    .fetch_optional(conn)
    .await
}
