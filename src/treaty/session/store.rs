//! The questions that a session asks of the database.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::{PlacedBy, StrategyName, Turn, TurnState};
use super::row::TurnRow;
use crate::ceremony::{Ceremony, PlaceCode};
use crate::collation::SortKey;
use crate::delegations::Rank;
use crate::ids::{AccountId, ActId, AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// A table and a day there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// The day, local to the place.
    pub day: NaiveDate,
    /// The place.
    pub place: PlaceCode,
}

/// How many turns a session has, by where they are.
pub type Counts = BTreeMap<TurnState, usize>;

/// The order of a session, where one has been made.
#[derive(Debug, Clone)]
pub struct Order {
    /// By which strategy.
    pub strategy: Option<StrategyName>,
    /// The seed of its lot.
    pub seed: Option<Label>,
    /// Who made it.
    pub ordered_by: Option<AccountId>,
    /// When.
    pub ordered_at: Option<DateTime<Utc>>,
    /// Counts what happened in the session.
    pub version: Version,
}

/// The turns of a session in the running order; those without a place behind all others, by their hour. Of a participant
/// that has signed, the turn that it signed in is left.
pub async fn turns(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
    session: &Session,
) -> Result<Vec<Turn>, sqlx::Error> {
    let Some(window) = ceremony.window(&session.place) else { return Ok(Vec::new()) };
    let (from, until) = window.bounds(session.day);
    let rows = sqlx::query_as!(
        TurnRow,
        r#"select a.appointment_id as "appointment: AppointmentId", a.participant as "participant: ParticipantCode",
                  p.depositary_name as "name: Label", p.sort_key as "sort_key: SortKey",
                  a.full_powers_id as "full_powers: FullPowersId", f.signer_name as "signer: PersonName",
                  f.signer_office as "office: Label", m.rank as "rank: Rank", f.lodged_at as requested_at,
                  a.signs_at, a.signs_offset_minutes, t.state as "state?: TurnState", t.state_at as "since?",
                  t.reason as "reason?: Reason", t.act_id as "act?: ActId", t.position as "position?",
                  t.placed_by as "placed_by?: PlacedBy", t.placed_value as "placed_value?", t.moved_from as "moved_from?",
                  t.moved_by as "moved_by?: AccountId", t.moved_at as "moved_at?",
                  t.moved_because as "moved_because?: Reason", t.version as "version?: Version"
           from appointment a
           join participant p on p.participant = a.participant
           join full_powers f on f.full_powers_id = a.full_powers_id
           join member m on m.member_id = f.member_id
           left join signing_turn t on t.appointment_id = a.appointment_id
           where a.place = $1 and a.signs_at >= $2 and a.signs_at < $3
             and (t.state = 'signed' or (a.cancelled_at is null and not exists (
                 select from act_slot s where s.participant = a.participant and s.slot = 'signature')))
           order by t.position nulls last, a.signs_at, p.sort_key, a.appointment_id"#,
        &session.place as _,
        from,
        until,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Turn::try_from).collect()
}

/// Every session that has a turn, with how many it has of each state, in the order of their days.
pub async fn sessions(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
) -> Result<BTreeMap<Session, Counts>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.place as "place: PlaceCode", a.signs_at, t.state as "state?: TurnState"
           from appointment a left join signing_turn t on t.appointment_id = a.appointment_id
           where t.state = 'signed' or (a.cancelled_at is null and not exists (
               select from act_slot s where s.participant = a.participant and s.slot = 'signature'))"#
    )
    .fetch_all(conn)
    .await?;
    let mut sessions: BTreeMap<Session, Counts> = BTreeMap::new();
    for row in rows {
        let Some(window) = ceremony.window(&row.place) else { continue };
        let session = Session { day: window.local_day(row.signs_at), place: row.place };
        let state = row.state.unwrap_or(TurnState::Expected);
        *sessions.entry(session).or_default().entry(state).or_default() += 1;
    }
    Ok(sessions)
}

/// The session in which something happened last.
pub async fn last_moved(conn: &mut PgConnection) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as!(
        Session,
        r#"select held_on as day, place as "place: PlaceCode" from signing_session
           where moved_at is not null order by moved_at desc, held_on desc limit 1"#
    )
    .fetch_optional(conn)
    .await
}

/// The session that is under way: the one in which something happened last, while somebody is to come there; else the first
/// in which somebody is. Both without a clock, so that a rehearsal is like the day itself.
pub async fn under_way(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
) -> Result<Option<Session>, sqlx::Error> {
    let sessions = sessions(conn, ceremony).await?;
    let last = last_moved(conn).await?;
    let is_open = |counts: &Counts| counts.keys().any(|state| *state != TurnState::Signed);
    let goes_on = |last: &&Session| sessions.get(*last).is_some_and(is_open);
    let open = || sessions.iter().find(|(_, counts)| is_open(counts)).map(|(session, _)| session);
    let found = last.as_ref().filter(goes_on).or_else(open).or(last.as_ref());
    Ok(found.or_else(|| sessions.keys().next()).cloned())
}

/// The order of a session, where somebody has done something in it.
pub async fn find_order(
    conn: &mut PgConnection,
    session: &Session,
) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query_as!(
        Order,
        r#"select strategy as "strategy: StrategyName", seed as "seed: Label", ordered_by as "ordered_by: AccountId",
                  ordered_at, version as "version: Version"
           from signing_session where place = $1 and held_on = $2"#,
        &session.place as _,
        session.day,
    )
    .fetch_optional(conn)
    .await
}

/// Has the session to oneself until the transaction ends.
pub async fn lock(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query!("select lock_signing_session($1, $2)", &session.place as _, session.day)
        .fetch_one(conn)
        .await
        .map(drop)
}

/// Lets go of a table that somebody has by an appointment that was cancelled meanwhile.
pub async fn clear_cancelled(
    conn: &mut PgConnection,
    place: &PlaceCode,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signing_turn t set state = 'deferred', state_at = $2, version = t.version + 1
         from appointment a
         where a.appointment_id = t.appointment_id and a.cancelled_at is not null
           and t.place = $1 and t.state in ('called', 'at_the_table')",
        place as _,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Notes that something happened in a session.
pub async fn touch(
    conn: &mut PgConnection,
    session: &Session,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signing_session set moved_at = $3, version = version + 1 where place = $1 and held_on = $2",
        &session.place as _,
        session.day,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Notes by which strategy the running order was made.
pub async fn save_order(
    conn: &mut PgConnection,
    session: &Session,
    strategy: &StrategyName,
    seed: Option<&Label>,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signing_session set strategy = $3, seed = $4, ordered_by = $5, ordered_at = $6
         where place = $1 and held_on = $2",
        &session.place as _,
        session.day,
        strategy as _,
        seed as _,
        by as _,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Saves where a turn is, and where it stands. One that has no row yet gets one.
pub async fn save(
    conn: &mut PgConnection,
    session: &Session,
    turn: &Turn,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    let (place, moved) = (turn.place.as_ref(), turn.moved.as_ref());
    sqlx::query!(
        "insert into signing_turn (appointment_id, participant, place, held_on, state, state_by, state_at, reason, act_id,
                                   position, placed_by, placed_value, moved_from, moved_by, moved_at, moved_because, version)
         values ($1, $2, $3, $4, $5, case when $6::timestamptz is not null then $7::uuid end, $6, $8, $9, $10, $11, $12, $13,
                 $14, $15, $16, $17)
         on conflict (appointment_id) do update
         set state = excluded.state, state_by = excluded.state_by, state_at = excluded.state_at, reason = excluded.reason,
             act_id = excluded.act_id, position = excluded.position, placed_by = excluded.placed_by,
             placed_value = excluded.placed_value, moved_from = excluded.moved_from, moved_by = excluded.moved_by,
             moved_at = excluded.moved_at, moved_because = excluded.moved_because, version = excluded.version",
        turn.appointment as _,
        &turn.participant as _,
        &session.place as _,
        session.day,
        turn.state as _,
        turn.since,
        by as _,
        &turn.reason as _,
        turn.act as _,
        place.map(|place| place.position),
        place.map(|place| place.by) as _,
        place.map(|place| &place.value) as _,
        moved.map(|moved| moved.from),
        moved.map(|moved| moved.by) as _,
        moved.map(|moved| moved.at),
        moved.map(|moved| &moved.because) as _,
        turn.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Who has the table, called to it or standing there, whatever the session's day, by an appointment that stands.
pub async fn occupant(
    conn: &mut PgConnection,
    place: &PlaceCode,
    state: TurnState,
) -> Result<Option<ParticipantCode>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select t.participant as "code: ParticipantCode"
           from signing_turn t join appointment a on a.appointment_id = t.appointment_id
           where t.place = $1 and t.state = $2 and a.cancelled_at is null"#,
        place as _,
        state as _,
    )
    .fetch_optional(conn)
    .await
}

/// The appointment that stands for these full powers, where and when.
pub async fn hour_of(
    conn: &mut PgConnection,
    full_powers: FullPowersId,
) -> Result<Option<(AppointmentId, PlaceCode, DateTime<Utc>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select appointment_id as "id: AppointmentId", place as "place: PlaceCode", signs_at
           from appointment where full_powers_id = $1 and cancelled_at is null"#,
        full_powers as _,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.place, row.signs_at)))
}

/// Moves a turn to signed, from wherever it is.
pub async fn sign(
    conn: &mut PgConnection,
    session: &Session,
    appointment: AppointmentId,
    act: ActId,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into signing_turn (appointment_id, participant, place, held_on, state, state_by, state_at, act_id)
         select appointment_id, participant, $2, $3, 'signed', $4, $5, $6 from appointment where appointment_id = $1
         on conflict (appointment_id) do update
         set state = 'signed', state_by = excluded.state_by, state_at = excluded.state_at, act_id = excluded.act_id,
             reason = null, version = signing_turn.version + 1",
        appointment as _,
        &session.place as _,
        session.day,
        by as _,
        now,
        act as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Lets go of the tables that other signers of a participant were called to: it has signed.
pub async fn clear(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update signing_turn set state = 'deferred', state_at = $2, version = version + 1
         where participant = $1 and state in ('called', 'at_the_table')",
        participant as _,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Puts off whoever signed by an act that is withdrawn; names the session.
pub async fn release(
    conn: &mut PgConnection,
    act: ActId,
    reason: &Reason,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as!(
        Session,
        r#"update signing_turn
           set state = 'deferred', act_id = null, reason = $2, state_by = $3, state_at = $4, version = version + 1
           where act_id = $1 returning held_on as day, place as "place: PlaceCode""#,
        act as _,
        reason as _,
        by as _,
        now,
    )
    .fetch_optional(conn)
    .await
}
