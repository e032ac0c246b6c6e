//! The questions that identities ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::Identity;
use crate::ids::{AccountId, IdentityId};

/// Whom a provider knows by this subject.
pub async fn find(
    conn: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, sqlx::Error> {
    Ok(select(conn, Some((issuer, subject)), None).await?.pop())
}

/// The identities that open an account, the oldest first.
pub async fn list(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Identity>, sqlx::Error> {
    select(conn, None, Some(account)).await
}

async fn select(
    conn: &mut PgConnection,
    person: Option<(&str, &str)>,
    account: Option<AccountId>,
) -> Result<Vec<Identity>, sqlx::Error> {
    let (issuer, subject) = person.unzip();
    sqlx::query_as!(
        Identity,
        r#"select account_identity_id as "id: IdentityId", issuer, account_id as "account: AccountId", is_granted, linked_at,
                  last_used_at
           from account_identity
           where ($1::text is null or issuer = $1 and subject = $2) and ($3::uuid is null or account_id = $3)
           order by account_identity_id"#,
        issuer,
        subject,
        account as _,
    )
    .fetch_all(conn)
    .await
}

/// Lets somebody open an account. Answers `false` where they open one already.
pub async fn insert(
    conn: &mut PgConnection,
    identity: &Identity,
    subject: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into account_identity (account_identity_id, issuer, subject, account_id, is_granted, linked_at)
         values ($1, $2, $3, $4, $5, $6) on conflict on constraint account_identity_opens_one do nothing",
        identity.id as _,
        identity.issuer,
        subject,
        identity.account as _,
        identity.is_granted,
        identity.linked_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that somebody came in. Answers `false` where the identity has been taken away meanwhile.
pub async fn note_use(
    conn: &mut PgConnection,
    id: IdentityId,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update account_identity set last_used_at = $2 where account_identity_id = $1",
        id as _,
        at
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Takes an identity away from its account. Answers `false` where another has.
pub async fn delete(conn: &mut PgConnection, id: IdentityId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from account_identity where account_identity_id = $1", id as _);
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Takes every identity away from an account.
pub async fn delete_all(conn: &mut PgConnection, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from account_identity where account_id = $1", account as _)
        .execute(conn)
        .await
        .map(drop)
}

/// Whether an account was made for somebody of a provider: then nothing else opens it.
pub async fn opens_alone(conn: &mut PgConnection, account: AccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from account_identity where account_id = $1 and is_granted) as "opens_alone!""#,
        account as _,
    )
    .fetch_one(conn)
    .await
}
