//! The questions that API keys ask of the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::{ApiKey, Grant};
use crate::access::actor::{Known, Means};
use crate::access::logins::Lasting;
use crate::access::model::Role;
use crate::access::reach::KeyScope;
use crate::db::{Db, Scope};
use crate::ids::{AccountId, ApiKeyId};
use crate::page::Limit;
use crate::secret;
use crate::text::{Label, ParticipantCode};

/// Who comes with this key, if it stands: what its account may do today, and what the key leaves of it.
pub async fn recognize(db: &Db, lasting: Lasting, key: &str) -> Result<Option<Known>, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let (now, hash) = (db.clock.now(), secret::sha256(key));
    let today = now.date_naive();
    let row = sqlx::query!(
        r#"select k.api_key_id as "id: ApiKeyId", k.account_id as "account: AccountId", a.role as "role: Role",
                  k.scopes as "scopes: Vec<KeyScope>", k.bound_to as "bound_to: ParticipantCode", k.expires_at,
                  k.last_used_on, a.must_change_password,
                  must_add_factor(a.account_id, a.role, a.password_needs_factor, $4) as "must_enrol!",
                  speaks_for(a.account_id, $3) as "participants!: Vec<ParticipantCode>"
           from api_key k join account a using (account_id)
           where k.hash = $1 and k.expires_at > $2 and a.disabled_at is null"#,
        &hash,
        now,
        today,
        lasting.offices_need_a_second_factor,
    )
    .fetch_optional(&mut *tx)
    .await?;
    drop(tx);
    let Some(row) = row else { return Ok(None) };
    if row.last_used_on != Some(today) {
        note_use(db, row.id, today).await;
    }
    let grant = Grant {
        id: row.id,
        scopes: row.scopes,
        participant: row.bound_to,
        expires_at: row.expires_at,
    };
    let means = Means::Key(grant);
    let known = Known {
        must_change_password: row.must_change_password,
        must_enrol: row.must_enrol,
        ..Known::by(means, row.account, row.role, row.participants)
    };
    Ok(Some(known))
}

/// Notes the day of a use. That it could not be noted is no reason to turn anybody away.
async fn note_use(db: &Db, id: ApiKeyId, on: NaiveDate) {
    let noted = db.note(async |conn| {
        sqlx::query!("update api_key set last_used_on = $2 where api_key_id = $1", id as _, on)
            .execute(conn)
            .await
    });
    if let Err(error) = noted.await {
        tracing::debug!(code = crate::db::sqlstate(&error), "could not note a use");
    }
}

/// Adds a key. Only its hash is stored.
pub async fn insert(conn: &mut PgConnection, new: &ApiKey, key: &str) -> Result<(), sqlx::Error> {
    let hash = secret::sha256(key);
    sqlx::query!(
        "insert into api_key (api_key_id, account_id, name, hash, scopes, bound_to, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id as _,
        new.account as _,
        &new.name as _,
        &hash,
        &new.scopes as _,
        new.participant.as_ref() as _,
        new.created_at,
        new.expires_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// How many keys an account has that have not expired.
pub async fn count(
    conn: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from api_key where account_id = $1 and expires_at > $2"#,
        account as _,
        now,
    )
    .fetch_one(conn)
    .await
}

/// The keys of an account, the oldest first, one more than a page holds; or one of them.
pub async fn list(
    conn: &mut PgConnection,
    account: Option<AccountId>,
    id: Option<ApiKeyId>,
    after: Option<ApiKeyId>,
    limit: Limit,
) -> Result<Vec<ApiKey>, sqlx::Error> {
    sqlx::query_as!(
        ApiKey,
        r#"select api_key_id as "id: ApiKeyId", account_id as "account: AccountId", name as "name: Label",
                  scopes as "scopes: Vec<KeyScope>", bound_to as "participant: ParticipantCode", created_at, expires_at,
                  last_used_on
           from api_key
           where ($1::uuid is null or account_id = $1) and ($2::uuid is null or api_key_id = $2)
             and ($3::uuid is null or api_key_id > $3)
           order by api_key_id limit $4"#,
        account as _,
        id as _,
        after as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// A key by its identity.
pub async fn find(conn: &mut PgConnection, id: ApiKeyId) -> Result<Option<ApiKey>, sqlx::Error> {
    Ok(list(conn, None, Some(id), None, Limit::default()).await?.pop())
}

/// Ends a key. Answers `false` where it has ended already.
pub async fn delete(conn: &mut PgConnection, id: ApiKeyId) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("delete from api_key where api_key_id = $1", id as _).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every key of an account.
pub async fn delete_all(conn: &mut PgConnection, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from api_key where account_id = $1", account as _)
        .execute(conn)
        .await
        .map(drop)
}
