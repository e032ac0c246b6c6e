//! The rows of the trail, and which of them wait for the sealer.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::EventRow;
use super::view::EntryView;
use crate::ids::{AccountId, ApiKeyId, EventId, SubjectId};
use crate::page::Limit;
use crate::text::{ParticipantCode, Reason};

/// Which events are asked for.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// Whose business.
    pub participant: Option<&'a ParticipantCode>,
    /// What it happened to.
    pub subject: Option<SubjectId>,
    /// Who did it.
    pub account: Option<AccountId>,
    /// Of this kind.
    pub kind: Option<&'a str>,
    /// Not before this moment.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
    /// The last one of the page before.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// Events, the latest first.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted<'_>,
    limit: Limit,
) -> Result<Vec<EntryView>, sqlx::Error> {
    let (at, id) = wanted.after.unzip();
    sqlx::query_as!(
        EntryView,
        r#"select event_id as "id: EventId", happened_at, kind, participant as "participant: ParticipantCode", e.subject as "subject: SubjectId",
                  account_id as "account: AccountId", api_key_id as "api_key: ApiKeyId", reason as "reason: Reason",
                  array(select name from jsonb_object_keys(coalesce(before, '{}') || coalesce(after, '{}')) name order by name)
                      as "fields!",
                  request_id, leaf_index as "entry?"
           from event e left join ledger_leaf l on l.log = 'audit' and l.subject = e.event_id
           where ($1::text is null or participant = $1) and ($2::uuid is null or e.subject = $2)
             and ($3::uuid is null or account_id = $3) and ($4::text is null or kind = $4)
             and ($5::timestamptz is null or happened_at >= $5) and ($6::timestamptz is null or happened_at < $6)
             and ($7::timestamptz is null or (happened_at, event_id) < ($7, $8))
           order by happened_at desc, event_id desc limit $9"#,
        wanted.participant as _,
        wanted.subject as _,
        wanted.account as _,
        wanted.kind,
        wanted.from,
        wanted.until,
        at,
        id,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// An entry of the log beside the event that it is about; none where that is not there.
pub struct Sealed {
    pub index: i64,
    pub content: Vec<u8>,
    pub salt: Vec<u8>,
    pub event: Option<EventRow>,
}

/// For how many seconds the last backup is old that the trail knows of; where there is none, the installation.
pub async fn seconds_without_backup(conn: &mut PgConnection) -> Result<f64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select extract(epoch from now() - coalesce(
               (select max(happened_at) from event where kind = 'backup.taken'),
               (select made_at from installation), now()))::float8 as "seconds!""#
    )
    .fetch_one(conn)
    .await
}

/// Whether anything waits.
pub async fn is_any_unsealed(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from event_unsealed) as "is_any!""#)
        .fetch_one(conn)
        .await
}

/// Events that wait, the oldest first.
pub async fn unsealed(conn: &mut PgConnection, most: i64) -> Result<Vec<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        r#"select event_id, (happened_at at time zone 'UTC')::text as happened_at, account_id, api_key_id, participant,
                  kind as "kind?", subject, before::text, after::text, reason, request_id as "request_id?", detail_hash
           from (select event_id from event_unsealed order by event_id limit $1) waiting join event using (event_id)
           order by event_id"#,
        most,
    )
    .fetch_all(conn)
    .await
}

/// Notes that these wait no more.
pub async fn note_sealed(conn: &mut PgConnection, events: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from event_unsealed where event_id = any ($1)", events)
        .execute(conn)
        .await
        .map(drop)
}

/// Entries from an index on, each beside its event.
pub async fn sealed(
    conn: &mut PgConnection,
    from: i64,
    most: i64,
) -> Result<Vec<Sealed>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select leaf_index, coalesce(content, '') as "content!", coalesce(salt, '\x00') as "salt!", event_id as "event_id?",
                  (happened_at at time zone 'UTC')::text as happened_at, account_id, api_key_id, participant,
                  kind as "kind?", e.subject as of_what, before::text, after::text, reason, request_id as "request_id?", detail_hash
           from ledger_leaf l left join event e on e.event_id = l.subject
           where log = 'audit' and leaf_index >= $1 order by leaf_index limit $2"#,
        from,
        most,
    )
    .fetch_all(conn)
    .await?;
    let sealed = rows.into_iter().map(|row| Sealed {
        index: row.leaf_index,
        content: row.content,
        salt: row.salt,
        event: row.event_id.map(|event_id| EventRow {
            event_id,
            happened_at: row.happened_at,
            account_id: row.account_id,
            api_key_id: row.api_key_id,
            participant: row.participant,
            kind: row.kind,
            subject: row.of_what,
            before: row.before,
            after: row.after,
            reason: row.reason,
            request_id: row.request_id,
            detail_hash: row.detail_hash,
        }),
    });
    Ok(sealed.collect())
}

/// Events that are neither in the log nor on their way to it, and marks of events that are not there.
pub async fn astray(conn: &mut PgConnection) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select event_id as "event_id!" from event e
           where not exists (select from ledger_leaf where log = 'audit' and subject = e.event_id)
             and not exists (select from event_unsealed u where u.event_id = e.event_id)
           union all
           select event_id from event_unsealed u where not exists (select from event e where e.event_id = u.event_id)"#
    )
    .fetch_all(conn)
    .await
}
