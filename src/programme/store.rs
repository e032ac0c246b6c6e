//! What the programme as a whole asks of the database.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::EventId;
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// Holds the programme: whoever writes to it does so alone.
pub async fn hold(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select hold_programme()").execute(conn).await.map(drop)
}

/// The version of the draft, which rises with every change of a room or a session.
pub async fn version(conn: &mut PgConnection) -> Result<Version, sqlx::Error> {
    sqlx::query_scalar!(r#"select version as "version: Version" from programme"#)
        .fetch_one(conn)
        .await
}

/// Whether the ceremony's starting programme was brought in.
pub async fn has_begun(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from room where frame_key is not null)
               or exists (select from session where frame_key is not null) as "has_begun!""#
    )
    .fetch_one(conn)
    .await
}

/// A number of persons or minutes, as the database gives it.
pub fn small(number: i32) -> Result<u16, sqlx::Error> {
    u16::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The moment by which offers lapse and applications close: the database's own, on which all services agree; a test's
/// where it holds the clock.
pub async fn moment(
    conn: &mut PgConnection,
    held: Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select coalesce($1::timestamptz, now()) as "now!""#, held)
        .fetch_one(conn)
        .await
}

/// Something that happened to a thing of the programme.
#[derive(Debug)]
pub struct Occurrence {
    pub id: EventId,
    pub happened_at: DateTime<Utc>,
    pub participant: Option<ParticipantCode>,
    pub kind: String,
    pub after: Option<Value>,
    pub reason: Option<Reason>,
}

/// What happened to a thing, of events whose names begin so, as far as it is in scope, the latest first, one more than a
/// page holds.
pub async fn history(
    conn: &mut PgConnection,
    subject: Uuid,
    kinds: &str,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<Occurrence>, sqlx::Error> {
    let (at, id) = before.unzip();
    sqlx::query_as!(
        Occurrence,
        r#"select event_id as "id: EventId", happened_at, participant as "participant: ParticipantCode", kind, after,
                  reason as "reason: Reason"
           from event
           where subject = $1 and starts_with(kind, $2)
             and ($3::timestamptz is null or (happened_at, event_id) < ($3, $4::uuid))
           order by happened_at desc, event_id desc limit $5"#,
        subject,
        kinds,
        at,
        id,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}
