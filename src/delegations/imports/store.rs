//! The questions that imports ask of the database.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use zeroize::Zeroizing;

use super::model::{Counts, Import, ImportFormat, ImportState};
use crate::ids::{AccountId, ImportId};
use crate::page::{AnyOf, Limit, Version};
use crate::text::{Email, ParticipantCode};
use crate::vault::{Vault, Wrapped};

/// Which imports are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of this participant.
    pub participant: Option<ParticipantCode>,
    /// In one of these states.
    pub state: Option<AnyOf<ImportState>>,
    /// Those that came before this one.
    pub before: Option<ImportId>,
}

struct Row {
    id: ImportId,
    participant: ParticipantCode,
    state: ImportState,
    format: ImportFormat,
    new_count: i32,
    changed_count: i32,
    unchanged_count: i32,
    faulty_count: i32,
    created_by: AccountId,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    committed_at: Option<DateTime<Utc>>,
    rolled_back_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl From<Row> for Import {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            participant: row.participant,
            state: row.state,
            format: row.format,
            counts: Counts {
                new: row.new_count,
                changed: row.changed_count,
                unchanged: row.unchanged_count,
                faulty: row.faulty_count,
            },
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            committed_at: row.committed_at,
            rolled_back_at: row.rolled_back_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// Imports without what their rows say; the one place that says how a row is read.
macro_rules! select {
    ($($tail:literal)+; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select import_id as "id: ImportId", participant as "participant: ParticipantCode",
                      state as "state: ImportState", format as "format: ImportFormat", new_count, changed_count,
                      unchanged_count, faulty_count, created_by as "created_by: AccountId", created_at, expires_at,
                      committed_at, rolled_back_at, updated_at, version as "version: Version"
               from import "#
                $(+ $tail)+,
            $($value),*
        )
    };
}

/// Adds a preview with what its rows say, sealed.
pub async fn insert(
    conn: &mut PgConnection,
    vault: &Vault,
    new: &Import,
    content: &impl Serialize,
) -> Result<(), sqlx::Error> {
    let (sealed_key, content) = seal(vault, new.id, content)?;
    sqlx::query!(
        "insert into import (import_id, participant, state, format, new_count, changed_count, unchanged_count,
             faulty_count, sealed_key, content, created_by, created_at, expires_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.id as _,
        &new.participant as _,
        new.state as _,
        new.format as _,
        new.counts.new,
        new.counts.changed,
        new.counts.unchanged,
        new.counts.faulty,
        sealed_key,
        content,
        new.created_by as _,
        new.created_at,
        new.expires_at,
        new.updated_at,
        new.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores where an import stands, and in place of what was kept of it, what is to be kept from now on.
pub async fn save(
    conn: &mut PgConnection,
    vault: &Vault,
    changed: &Import,
    content: Option<&impl Serialize>,
) -> Result<(), sqlx::Error> {
    let (sealed_key, content) =
        content.map(|content| seal(vault, changed.id, content)).transpose()?.unzip();
    sqlx::query!(
        "update import
         set state = $2, sealed_key = $3, content = $4, committed_at = $5, rolled_back_at = $6, updated_at = $7,
             version = $8
         where import_id = $1",
        changed.id as _,
        changed.state as _,
        sealed_key,
        content,
        changed.committed_at,
        changed.rolled_back_at,
        changed.updated_at,
        changed.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An import.
pub async fn find(conn: &mut PgConnection, id: ImportId) -> Result<Option<Import>, sqlx::Error> {
    Ok(select!("where import_id = $1"; id as _).fetch_optional(conn).await?.map(Import::from))
}

/// The same, its row locked.
pub async fn lock(conn: &mut PgConnection, id: ImportId) -> Result<Option<Import>, sqlx::Error> {
    let row = select!("where import_id = $1 for update"; id as _);
    Ok(row.fetch_optional(conn).await?.map(Import::from))
}

/// What is kept of an import, opened; nothing where it is gone.
pub async fn open<T: DeserializeOwned>(
    conn: &mut PgConnection,
    vault: &Vault,
    id: ImportId,
) -> Result<Option<T>, sqlx::Error> {
    let row = sqlx::query!("select sealed_key, content from import where import_id = $1", id as _)
        .fetch_one(conn)
        .await?;
    let Some((wrapped, content)) = row.sealed_key.zip(row.content) else { return Ok(None) };
    let key = vault.unwrap_key(Wrapped::Import, id, &wrapped).map_err(unreadable)?;
    let plain = key.open(&place(id), &content).map_err(unreadable)?;
    serde_json::from_slice(&plain).map(Some).map_err(unreadable)
}

/// Imports, the latest first, one more than a page holds. A preview past its time has expired, whether or not somebody
/// has tidied up after it.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    now: DateTime<Utc>,
    limit: Limit,
) -> Result<Vec<Import>, sqlx::Error> {
    let rows = select!(
        "where ($1::text is null or participant = $1)
           and ($2::text[] is null
                or case when state = 'previewed' and expires_at <= $3 then 'expired' else state end = any($2))
           and ($4::uuid is null or import_id < $4)
         order by import_id desc limit $5";
        wanted.participant.as_ref() as _,
        wanted.state.as_ref().map(|state| state.0.as_slice()) as _,
        now,
        wanted.before as _,
        limit.fetch()
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(Import::from).collect())
}

/// How many imports there are, wherever a page of them begins.
pub async fn count(
    conn: &mut PgConnection,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from import
           where ($1::text is null or participant = $1)
             and ($2::text[] is null
                  or case when state = 'previewed' and expires_at <= $3 then 'expired' else state end = any($2))"#,
        wanted.participant.as_ref() as _,
        wanted.state.as_ref().map(|state| state.0.as_slice()) as _,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Those of these addresses that people of other delegations have.
pub async fn taken_outside(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    addresses: &[Email],
) -> Result<Vec<Email>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select taken_outside as "email!: Email" from taken_outside($1, $2)"#,
        participant as _,
        addresses as _,
    )
    .fetch_all(conn)
    .await
}

/// Whether a preview has outlived its time.
pub async fn has_old(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from import where state = 'previewed' and expires_at <= $1) as "has!""#,
        now
    )
    .fetch_one(conn)
    .await
}

/// Forgets what previews past their time say. Answers how many there were.
pub async fn forget_old(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let old = sqlx::query!(
        "update import set state = 'expired', sealed_key = null, content = null, updated_at = $1, version = version + 1
         where state = 'previewed' and expires_at <= $1",
        now
    );
    Ok(old.execute(conn).await?.rows_affected())
}

/// Seals with a fresh key: what was kept before cannot be opened with it.
fn seal(
    vault: &Vault,
    id: ImportId,
    content: &impl Serialize,
) -> Result<(Vec<u8>, Vec<u8>), sqlx::Error> {
    let plain = serde_json::to_vec(content).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let (key, wrapped) = vault.fresh_key(Wrapped::Import, id);
    Ok((wrapped, key.seal(&place(id), &Zeroizing::new(plain))))
}

fn place(id: ImportId) -> String {
    format!("import.content/{id}")
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
