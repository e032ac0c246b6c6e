//! The questions that feeds ask of the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Feed, FeedOf};
use crate::ids::{AccountId, CalendarFeedId, MemberId, RoomId, SessionId};
use crate::page::{Limit, Version};
use crate::secret;
use crate::text::ParticipantCode;

struct Row {
    id: CalendarFeedId,
    room: Option<RoomId>,
    participant: Option<ParticipantCode>,
    member: Option<MemberId>,
    made_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    version: Version,
}

impl TryFrom<Row> for Feed {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let of = FeedOf::of(row.room, row.participant, row.member);
        let of = of.ok_or_else(|| sqlx::Error::Decode("a feed of nothing".into()))?;
        let (made_at, revoked_at) = (row.made_at, row.revoked_at);
        Ok(Self { id: row.id, of, made_at, revoked_at, version: row.version })
    }
}

/// Feeds; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select calendar_feed_id as "id: CalendarFeedId", room_id as "room: RoomId",
                      participant as "participant: ParticipantCode", member_id as "member: MemberId", made_at,
                      revoked_at, version as "version: Version"
               from calendar_feed "# + $tail,
            $($value),*
        )
    };
}

/// Adds a feed. Of its address only the hash is stored.
pub async fn insert(
    conn: &mut PgConnection,
    feed: &Feed,
    token: &str,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_feed (calendar_feed_id, room_id, participant, member_id, hash, made_by, made_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        feed.id as _,
        feed.of.room() as _,
        feed.of.participant() as _,
        feed.of.member() as _,
        &secret::sha256(token),
        by as _,
        feed.made_at,
        feed.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A feed.
pub async fn find(
    conn: &mut PgConnection,
    id: CalendarFeedId,
) -> Result<Option<Feed>, sqlx::Error> {
    let row = select!("where calendar_feed_id = $1"; id as _).fetch_optional(conn).await?;
    row.map(Feed::try_from).transpose()
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: CalendarFeedId,
) -> Result<Option<Feed>, sqlx::Error> {
    let row =
        select!("where calendar_feed_id = $1 for update"; id as _).fetch_optional(conn).await?;
    row.map(Feed::try_from).transpose()
}

/// Feeds, the oldest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<CalendarFeedId>,
    limit: Limit,
) -> Result<Vec<Feed>, sqlx::Error> {
    let rows = select!(
        "where $1::uuid is null or calendar_feed_id > $1 order by calendar_feed_id limit $2";
        after as _,
        limit.fetch()
    );
    rows.fetch_all(conn).await?.into_iter().map(Feed::try_from).collect()
}

/// Ends an address.
pub async fn revoke(
    conn: &mut PgConnection,
    feed: &Feed,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_feed set revoked_at = $2, revoked_by = $3, version = $4 where calendar_feed_id = $1",
        feed.id as _,
        feed.revoked_at,
        by as _,
        feed.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// What an address that stands is the feed of.
pub async fn recognize(
    conn: &mut PgConnection,
    token: &str,
) -> Result<Option<FeedOf>, sqlx::Error> {
    let hash = secret::sha256(token);
    let row = sqlx::query!(
        r#"select room_id as "room: RoomId", participant as "participant: ParticipantCode", member_id as "member: MemberId"
           from calendar_feed_of($1)"#,
        hash.as_slice(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| FeedOf::of(row.room, row.participant, row.member)))
}

/// The sessions of which a participant, or one member of it, has a seat.
pub async fn seated(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    member: Option<MemberId>,
) -> Result<BTreeSet<SessionId>, sqlx::Error> {
    let sessions = sqlx::query_scalar!(
        r#"select distinct session_id as "session: SessionId" from seat
           where participant = $1 and given_back_at is null and ($2::uuid is null or member_id = $2)"#,
        participant as _,
        member as _,
    );
    Ok(sessions.fetch_all(conn).await?.into_iter().collect())
}
