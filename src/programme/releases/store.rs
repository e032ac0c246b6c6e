//! The questions that releases ask of the database.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::Item;
use crate::ids::{AccountId, SessionId};
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// A version of the whole programme.
#[derive(Debug, Clone)]
pub struct Release {
    /// Counted from 1.
    pub version: i32,
    /// The version of the draft that was released.
    pub draft: Version,
    /// What its officer says to it.
    pub note: Option<Reason>,
    /// Who released it.
    pub released_by: AccountId,
    /// When.
    pub released_at: DateTime<Utc>,
}

/// Releases; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Release,
            r#"select version, draft as "draft: Version", note as "note: Reason",
                      released_by as "released_by: AccountId", released_at
               from programme_release "# + $tail,
            $($value),*
        )
    };
}

/// A version; the last one where none is named.
pub async fn find(
    conn: &mut PgConnection,
    version: Option<i32>,
) -> Result<Option<Release>, sqlx::Error> {
    let release =
        select!("where $1::int is null or version = $1 order by version desc limit 1"; version);
    release.fetch_optional(conn).await
}

/// Versions, the last one first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    before: Option<i32>,
    limit: Limit,
) -> Result<Vec<Release>, sqlx::Error> {
    let releases = select!(
        "where $1::int is null or version < $1 order by version desc limit $2"; before, limit.fetch()
    );
    releases.fetch_all(conn).await
}

/// Adds a version.
pub async fn insert(conn: &mut PgConnection, release: &Release) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into programme_release (version, draft, note, released_by, released_at) values ($1, $2, $3, $4, $5)",
        release.version,
        release.draft as _,
        release.note.as_ref() as _,
        release.released_by as _,
        release.released_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds a session to a version, with how long its room is then turned round.
pub async fn insert_item(
    conn: &mut PgConnection,
    version: i32,
    item: &Item,
    turn_round: TimeDelta,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into released_session (version, session_id, sequence, content, room_id, starts_at, ends_at, room_free_at,
             access, embargo_ends_at, is_cancelled)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        version,
        item.id as _,
        item.sequence,
        Json(item) as _,
        item.room.as_ref().map(|room| room.id) as _,
        item.starts_at,
        item.ends_at,
        item.ends_at + turn_round,
        item.access as _,
        item.embargo_until,
        item.is_cancelled,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The participants that organize these sessions as side events.
pub async fn hosts(
    conn: &mut PgConnection,
    sessions: &[SessionId],
) -> Result<Vec<ParticipantCode>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select participant as "participant!: ParticipantCode" from (
               select participant from side_event where session_id = any($1)
               union select c.co_sponsor from side_event e join side_event_co_sponsor c using (side_event_id)
               where e.session_id = any($1) and c.answer = 'confirmed'
           ) as hosts order by participant"#,
        sessions as _,
    )
    .fetch_all(conn)
    .await
}

/// The participants that have seats of these sessions, wait for one, or are to speak there.
pub async fn guests(
    conn: &mut PgConnection,
    sessions: &[SessionId],
) -> Result<Vec<ParticipantCode>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select participant as "participant!: ParticipantCode" from (
               select participant from seat where session_id = any($1) and given_back_at is null
               union select participant from waiting_group where session_id = any($1) and settled_at is null
               union select participant from statement where session_id = any($1) and state in ('listed', 'called')
           ) as guests order by participant"#,
        sessions as _,
    )
    .fetch_all(conn)
    .await
}

/// A released session, with the embargo that the draft has for it now.
#[derive(Debug)]
pub struct Kept {
    /// As it was released.
    pub item: Json<Item>,
    /// As it is planned now: an embargo that was made longer holds at once.
    pub embargo: Option<DateTime<Utc>>,
}

/// The sessions of a version in the order of time.
pub async fn items(conn: &mut PgConnection, version: i32) -> Result<Vec<Kept>, sqlx::Error> {
    sqlx::query_as!(
        Kept,
        r#"select r.content as "item: Json<Item>", s.embargo_ends_at as embargo
           from released_session r join session s using (session_id)
           where r.version = $1 order by r.starts_at, r.session_id"#,
        version,
    )
    .fetch_all(conn)
    .await
}
