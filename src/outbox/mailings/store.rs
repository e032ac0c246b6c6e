//! The questions that letters to many ask of the database.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{Audience, Mailing, MailingState, Subject, Words};
use crate::ids::{AccountId, MailingId};
use crate::page::{Limit, Version};
use crate::text::Translated;

struct Row {
    id: MailingId,
    audience: Audience,
    filter: Json<Map<String, Value>>,
    subject: Json<Translated<Subject>>,
    words: Json<Translated<Words>>,
    state: MailingState,
    readers: Option<i32>,
    made_by: AccountId,
    made_at: DateTime<Utc>,
    approved_by: Option<AccountId>,
    approved_at: Option<DateTime<Utc>>,
    withdrawn_by: Option<AccountId>,
    withdrawn_at: Option<DateTime<Utc>>,
    version: Version,
}

impl From<Row> for Mailing {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            audience: row.audience,
            filter: row.filter.0,
            subject: row.subject.0,
            words: row.words.0,
            state: row.state,
            readers: row.readers,
            made_by: row.made_by,
            made_at: row.made_at,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            withdrawn_by: row.withdrawn_by,
            withdrawn_at: row.withdrawn_at,
            version: row.version,
        }
    }
}

/// Adds a letter to many.
pub async fn insert(conn: &mut PgConnection, new: &Mailing) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into mailing (mailing_id, audience, filter, subject, words, made_by, made_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        new.id as _,
        new.audience as _,
        Json(&new.filter) as _,
        Json(&new.subject) as _,
        Json(&new.words) as _,
        new.made_by as _,
        new.made_at,
        new.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// One of them, its row locked.
pub async fn lock(conn: &mut PgConnection, id: MailingId) -> Result<Option<Mailing>, sqlx::Error> {
    sqlx::query!("select mailing_id from mailing where mailing_id = $1 for update", id as _)
        .fetch_optional(&mut *conn)
        .await?;
    find(conn, id).await
}

/// One of them.
pub async fn find(conn: &mut PgConnection, id: MailingId) -> Result<Option<Mailing>, sqlx::Error> {
    Ok(list(conn, Some(id), None, Limit::default()).await?.pop())
}

/// All of them, the latest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    id: Option<MailingId>,
    before: Option<MailingId>,
    limit: Limit,
) -> Result<Vec<Mailing>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select mailing_id as "id: MailingId", audience as "audience: Audience",
                  filter as "filter: Json<Map<String, Value>>", subject as "subject: Json<Translated<Subject>>",
                  words as "words: Json<Translated<Words>>", state as "state: MailingState", readers,
                  made_by as "made_by: AccountId", made_at, approved_by as "approved_by: AccountId", approved_at,
                  withdrawn_by as "withdrawn_by: AccountId", withdrawn_at, version as "version: Version"
           from mailing
           where ($1::uuid is null or mailing_id = $1) and ($2::uuid is null or mailing_id < $2)
           order by mailing_id desc limit $3"#,
        id as _,
        before as _,
        limit.fetch(),
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(Mailing::from).collect())
}

/// Stores how far it is.
pub async fn save(
    conn: &mut PgConnection,
    mailing: &Mailing,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update mailing set state = $2, readers = $3, approved_by = $4, approved_at = $5, withdrawn_by = $6,
             withdrawn_at = $7, updated_at = $8, version = $9
         where mailing_id = $1",
        mailing.id as _,
        mailing.state as _,
        mailing.readers,
        mailing.approved_by as _,
        mailing.approved_at,
        mailing.withdrawn_by as _,
        mailing.withdrawn_at,
        at,
        mailing.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stops those of its letters that have not left.
pub async fn cancel_letters(conn: &mut PgConnection, id: MailingId) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "update message set state = 'cancelled', sealed = null, ended_at = now()
         where mailing_id = $1 and state = 'waiting'",
        id as _,
    );
    Ok(done.execute(conn).await?.rows_affected())
}
