//! The rows of the trail, and which of them wait for the sealer.

use sqlx::PgConnection;
use uuid::Uuid;

use super::model::EventRow;

/// An entry of the log beside the event that it is about; none where that is not there.
pub struct Sealed {
    pub index: i64,
    pub content: Vec<u8>,
    pub salt: Vec<u8>,
    pub event: Option<EventRow>,
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
