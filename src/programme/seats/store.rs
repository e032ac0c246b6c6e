//! The questions that seats ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Group, Moved, Seat, Seating, WaitingState};
use crate::ids::{AccountId, MemberId, SeatId, SessionId, WaitingGroupId};
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// When a session ends that seats can be had of: it was released, is shown, and takes place. None of any other.
pub async fn open_until(
    conn: &mut PgConnection,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select r.ends_at from released_session r join session s using (session_id)
         where r.session_id = $1 and r.version = (select max(version) from programme_release)
           and s.cancelled_at is null and r.access = 'by_seat'
           and coalesce(greatest(r.embargo_ends_at, s.embargo_ends_at) <= $2, true)",
        session as _,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// How many seats a session has and how many are gone.
pub async fn find_seating(
    conn: &mut PgConnection,
    session: SessionId,
) -> Result<Option<Seating>, sqlx::Error> {
    sqlx::query_as!(
        Seating,
        "select places, taken, waiting, offer_ends_at from seating where session_id = $1",
        session as _,
    )
    .fetch_optional(conn)
    .await
}

/// The same, held: whoever gives or takes a seat does so alone.
pub async fn hold(
    conn: &mut PgConnection,
    session: SessionId,
) -> Result<Option<Seating>, sqlx::Error> {
    sqlx::query!("select hold_seating($1)", session.uuid()).execute(&mut *conn).await?;
    find_seating(conn, session).await
}

/// The place behind all who wait. Nobody has to be seen for it: the seating counts who joins.
pub async fn next_position(
    conn: &mut PgConnection,
    session: SessionId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "update seating set joined = joined + 1 where session_id = $1 returning joined",
        session as _,
    )
    .fetch_one(conn)
    .await
}

/// How many seats a participant has, waits for and was offered.
pub async fn count_of(
    conn: &mut PgConnection,
    session: SessionId,
    participant: &ParticipantCode,
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select (select count(*) from seat
                   where session_id = $1 and participant = $2 and given_back_at is null)::int
                + (select coalesce(sum(seats), 0) from waiting_group
                   where session_id = $1 and participant = $2 and settled_at is null)::int as "count!""#,
        session as _,
        participant as _,
    )
    .fetch_one(conn)
    .await
}

/// Seats; the one place that says how a row is read.
macro_rules! seats {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Seat,
            r#"select seat_id as "id: SeatId", session_id as "session: SessionId",
                      participant as "participant: ParticipantCode", member_id as "member: MemberId", taken_at,
                      given_back_at, version as "version: Version"
               from seat "# + $tail,
            $($value),*
        )
    };
}

/// Adds seats.
pub async fn insert(
    conn: &mut PgConnection,
    seats: &[Seat],
    by: AccountId,
) -> Result<(), sqlx::Error> {
    for seat in seats {
        sqlx::query!(
            "insert into seat (seat_id, session_id, participant, member_id, taken_by, taken_at, version)
             values ($1, $2, $3, $4, $5, $6, $7)",
            seat.id as _,
            seat.session as _,
            &seat.participant as _,
            seat.member as _,
            by as _,
            seat.taken_at,
            seat.version as _,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Stores who sits on a seat, and that it was given back.
pub async fn save(conn: &mut PgConnection, seat: &Seat, by: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update seat set member_id = $2, given_back_at = $3, given_back_by = $4, version = $5 where seat_id = $1",
        seat.id as _,
        seat.member as _,
        seat.given_back_at,
        seat.given_back_at.map(|_| by) as _,
        seat.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A seat of a session.
pub async fn find(
    conn: &mut PgConnection,
    session: SessionId,
    id: SeatId,
) -> Result<Option<Seat>, sqlx::Error> {
    let seat = seats!("where seat_id = $2 and session_id = $1"; session as _, id as _);
    seat.fetch_optional(conn).await
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    session: SessionId,
    id: SeatId,
) -> Result<Option<Seat>, sqlx::Error> {
    let seat = seats!("where seat_id = $2 and session_id = $1 for update"; session as _, id as _);
    seat.fetch_optional(conn).await
}

/// The seats of a session that somebody has, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    session: SessionId,
    after: Option<SeatId>,
    limit: Limit,
) -> Result<Vec<Seat>, sqlx::Error> {
    let seats = seats!(
        "where session_id = $1 and given_back_at is null and ($2::uuid is null or seat_id > $2)
         order by seat_id limit $3";
        session as _,
        after as _,
        limit.fetch()
    );
    seats.fetch_all(conn).await
}

struct GroupRow {
    id: WaitingGroupId,
    session: SessionId,
    participant: ParticipantCode,
    seats: i32,
    state: WaitingState,
    position: i64,
    joined_at: DateTime<Utc>,
    offer_ends_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    moved_by: Option<AccountId>,
    moved_at: Option<DateTime<Utc>>,
    moved_because: Option<Reason>,
    version: Version,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let moved = row.moved_by.zip(row.moved_at).zip(row.moved_because);
        Self {
            id: row.id,
            session: row.session,
            participant: row.participant,
            seats: row.seats,
            state: row.state,
            position: row.position,
            joined_at: row.joined_at,
            offer_ends_at: row.offer_ends_at,
            settled_at: row.settled_at,
            moved: moved.map(|((by, at), because)| Moved { by, at, because }),
            version: row.version,
        }
    }
}

/// Groups that wait or waited; the one place that says how a row is read.
macro_rules! groups {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            GroupRow,
            r#"select waiting_group_id as "id: WaitingGroupId", session_id as "session: SessionId",
                      participant as "participant: ParticipantCode", seats, state as "state: WaitingState", position,
                      joined_at, offer_ends_at, settled_at, moved_by as "moved_by: AccountId", moved_at,
                      moved_because as "moved_because: Reason", version as "version: Version"
               from waiting_group "# + $tail,
            $($value),*
        )
    };
}

/// Adds a group behind all who wait. Answers `false` where the participant waits already.
pub async fn insert_group(
    conn: &mut PgConnection,
    group: &Group,
    by: AccountId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into waiting_group (waiting_group_id, session_id, participant, seats, position, joined_by, joined_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (session_id, participant) where settled_at is null do nothing",
        group.id as _,
        group.session as _,
        &group.participant as _,
        group.seats,
        group.position,
        by as _,
        group.joined_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a step or a move.
pub async fn save_group(conn: &mut PgConnection, group: &Group) -> Result<(), sqlx::Error> {
    let moved = group.moved.as_ref();
    sqlx::query!(
        "update waiting_group set state = $2, position = $3, offer_ends_at = $4, settled_at = $5, moved_by = $6,
             moved_at = $7, moved_because = $8, version = $9
         where waiting_group_id = $1",
        group.id as _,
        group.state as _,
        group.position,
        group.offer_ends_at,
        group.settled_at,
        moved.map(|moved| moved.by) as _,
        moved.map(|moved| moved.at),
        moved.map(|moved| &moved.because) as _,
        group.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A group of a session.
pub async fn find_group(
    conn: &mut PgConnection,
    session: SessionId,
    id: WaitingGroupId,
) -> Result<Option<Group>, sqlx::Error> {
    let row = groups!("where waiting_group_id = $2 and session_id = $1"; session as _, id as _);
    Ok(row.fetch_optional(conn).await?.map(Group::from))
}

/// The groups of a session that wait or have an offer, in the order in which they are offered.
pub async fn open_groups(
    conn: &mut PgConnection,
    session: SessionId,
) -> Result<Vec<Group>, sqlx::Error> {
    let rows = groups!(
        "where session_id = $1 and settled_at is null order by position, waiting_group_id";
        session as _
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(Group::from).collect())
}

/// The sessions in which an offer has lapsed, or seats are free while others wait.
pub async fn to_move(
    conn: &mut PgConnection,
    held: Option<DateTime<Utc>>,
) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select session_id as "session: SessionId" from seating
           where offer_ends_at <= coalesce($1::timestamptz, now()) or (waiting > 0 and taken < places)"#,
        held,
    )
    .fetch_all(conn)
    .await
}
