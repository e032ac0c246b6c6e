//! The questions that access asks of the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::{Account, FOCAL_POINT_ROLE, PasswordOrigin, Role};
use super::reach::KeyScope;
use crate::ids::{AccountId, ApiKeyId, FocalPointId, TokenId};
use crate::mail::LetterLanguage;
use crate::page::{Cursor, Limit, Version};
use crate::text::{Email, ParticipantCode, PersonName};

/// Adds an account. Answers `false` where the address is taken.
pub async fn insert(
    conn: &mut PgConnection,
    account: &Account,
    password_hash: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict on constraint account_email_once do nothing",
        account.id as _,
        &account.email as _,
        &account.name as _,
        account.role as _,
        password_hash,
        account.must_change_password,
        account.created_at,
        account.updated_at,
        account.version as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Holds a participant, so that one appointment for it follows the other. Answers `false` where there is none.
pub async fn hold_participant(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query!(
        "select participant from participant where participant = $1 for no key update",
        participant as _,
    );
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// Appoints an account as a focal point of a participant that is held: the primary one where there is none.
pub async fn insert_focal_point(
    conn: &mut PgConnection,
    account: AccountId,
    participant: &ParticipantCode,
    by: Option<AccountId>,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into focal_point (focal_point_id, account_id, participant, is_primary, appointed_by, appointed_at, updated_at)
         select $1, $2, $3, not exists (select from focal_point where participant = $3 and is_primary and ended_at is null),
                $4, $5, $5",
        FocalPointId::fresh() as _,
        account as _,
        participant as _,
        by as _,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The hash of the password of an account that is open.
pub async fn find_password(
    conn: &mut PgConnection,
    id: AccountId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select password_hash from account where account_id = $1 and disabled_at is null",
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// The administrators who can log in, their rows locked: one of them is closed out after the other.
pub async fn lock_administrators(conn: &mut PgConnection) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select account_id as "id: AccountId" from account
           where role = $1 and disabled_at is null order by account_id for update"#,
        Role::Administrator as _,
    )
    .fetch_all(conn)
    .await
}

/// The hash of an account's password, its row locked.
pub async fn lock_password(
    conn: &mut PgConnection,
    id: AccountId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select password_hash from account where account_id = $1 for update",
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// An account as it is on a day, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: AccountId,
    today: NaiveDate,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query!("select account_id from account where account_id = $1 for update", id as _)
        .fetch_optional(&mut *conn)
        .await?;
    find(conn, id, today).await
}

/// An account by its identity, as it is on a day.
pub async fn find(
    conn: &mut PgConnection,
    id: AccountId,
    today: NaiveDate,
) -> Result<Option<Account>, sqlx::Error> {
    Ok(list(conn, today, Some(id), None, None, Limit::default()).await?.pop())
}

/// What an account is for, where it is open.
pub async fn find_open_role(
    conn: &mut PgConnection,
    id: AccountId,
) -> Result<Option<Role>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select role as "role: Role" from account where account_id = $1 and disabled_at is null"#,
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// The account that has an address.
pub async fn find_by_email(
    conn: &mut PgConnection,
    email: &Email,
) -> Result<Option<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select account_id as "id: AccountId" from account where email = $1"#,
        email as _
    )
    .fetch_optional(conn)
    .await
}

/// Counts a change of what an account may see, which no column of its own says.
pub async fn touch(
    conn: &mut PgConnection,
    id: AccountId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update account set updated_at = $2, version = version + 1 where account_id = $1",
        id as _,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Accounts by address as they are on a day, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    today: NaiveDate,
    id: Option<AccountId>,
    role: Option<Role>,
    after: Option<&Cursor>,
    limit: Limit,
) -> Result<Vec<Account>, sqlx::Error> {
    sqlx::query_as!(
        Account,
        r#"select account_id as "id: AccountId", email as "email: Email", name as "name: PersonName", role as "role: Role",
                  speaks_for(account_id, $5) as "participants!: Vec<ParticipantCode>",
                  must_change_password, disabled_at, created_at, updated_at, version as "version: Version"
           from account
           where ($1::uuid is null or account_id = $1) and ($2::text is null or role = $2)
             and ($3::text is null or email > $3)
           order by email limit $4"#,
        id as _,
        role as _,
        after.and_then(|cursor| cursor.key(0)),
        limit.fetch(),
        today,
    )
    .fetch_all(conn)
    .await
}

/// Sets a password. A code for another one is good no more.
pub async fn save_password(
    conn: &mut PgConnection,
    id: AccountId,
    hash: &str,
    origin: PasswordOrigin,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from password_reset where account_id = $1", id as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "update account set password_hash = $2, must_change_password = $3, password_needs_factor = $4, updated_at = $5,
             version = version + 1
         where account_id = $1",
        id as _,
        hash,
        origin == PasswordOrigin::Given,
        origin == PasswordOrigin::Chosen { needs_factor: true },
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Sets the language that somebody is written to in.
pub async fn save_language(
    conn: &mut PgConnection,
    id: AccountId,
    language: LetterLanguage,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update account set language = $2 where account_id = $1", id as _, language as _)
        .execute(conn)
        .await
        .map(drop)
}

/// Opens or closes an account.
pub async fn save_disabled(conn: &mut PgConnection, account: &Account) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update account set disabled_at = $2, updated_at = $3, version = $4 where account_id = $1",
        account.id as _,
        account.disabled_at,
        account.updated_at,
        account.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Gives an account another name or another office.
pub async fn save_profile(conn: &mut PgConnection, account: &Account) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update account set name = $2, role = $3, updated_at = $4, version = $5 where account_id = $1",
        account.id as _,
        &account.name as _,
        account.role as _,
        account.updated_at,
        account.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Holds an account as it is, until the end of the transaction.
pub async fn hold(conn: &mut PgConnection, id: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!("select account_id from account where account_id = $1 for share", id as _)
        .fetch_optional(conn)
        .await
        .map(drop)
}

/// Whether an account is still as it was known, and the login or the key by which it came has not ended. `now` is the
/// service's moment, by which keys and focal points end, and the one at which a test holds the database's clock.
pub async fn stands(
    conn: &mut PgConnection,
    (account, role, only): (AccountId, Role, Option<&[ParticipantCode]>),
    token: Option<TokenId>,
    key: Option<ApiKeyId>,
    (now, held): (DateTime<Utc>, Option<DateTime<Utc>>),
) -> Result<bool, sqlx::Error> {
    let stands = sqlx::query_scalar!(
        r#"select role = $2 and disabled_at is null
                  and ($2 <> $3 or speaks_for(account_id, $4) @> coalesce($5::text[], '{}'))
                  and ($6::uuid is null or exists (
                      select from token where token_id = $6 and expires_at > coalesce($7::timestamptz, now())))
                  and ($8::uuid is null or exists (select from api_key where api_key_id = $8 and expires_at > $9))
                  as "stands!"
           from account where account_id = $1"#,
        account as _,
        role as _,
        FOCAL_POINT_ROLE.as_str(),
        now.date_naive(),
        only as _,
        token as _,
        held,
        key as _,
        now,
    );
    Ok(stands.fetch_optional(conn).await?.unwrap_or(false))
}

/// An account that is open, and of a key what is left of it.
pub struct Away {
    pub role: Role,
    pub participants: Vec<ParticipantCode>,
    pub scopes: Option<Vec<KeyScope>>,
    pub bound_to: Option<ParticipantCode>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// An account as it is today, where it is open and the key stands.
pub async fn find_away(
    conn: &mut PgConnection,
    account: AccountId,
    key: Option<ApiKeyId>,
    now: DateTime<Utc>,
) -> Result<Option<Away>, sqlx::Error> {
    sqlx::query_as!(
        Away,
        r#"select role as "role: Role", speaks_for(a.account_id, $4) as "participants!: Vec<ParticipantCode>",
                  scopes as "scopes?: Vec<KeyScope>", bound_to as "bound_to?: ParticipantCode", expires_at as "expires_at?"
           from account a left join api_key k on k.account_id = a.account_id and k.api_key_id = $2 and k.expires_at > $3
           where a.account_id = $1 and disabled_at is null and ($2::uuid is null or k.api_key_id is not null)"#,
        account as _,
        key as _,
        now,
        now.date_naive(),
    )
    .fetch_optional(conn)
    .await
}
