//! The questions that delegations ask of the database.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::commands::Error;
use super::model::{Delegation, Remarks, Stage, StageName};
use crate::ids::{AccountId, DelegationId, EventId};
use crate::input::Faults;
use crate::page::{AnyOf, Cursor, Limit, Search, Version};
use crate::text::{Email, Fault, ParticipantCode, Reason, choices};

choices! {
    /// The orders of the list of delegations.
    DelegationSort {
        /// The Depositary's (R27).
        Participant = "participant",
        /// The latest change first.
        Updated = "-updated_at",
    }
}

/// Which delegations are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// In one of these stages.
    pub stage: Option<AnyOf<StageName>>,
    /// Whose participant has such a name.
    pub q: Option<Search>,
    /// Changed after this.
    pub updated_after: Option<DateTime<Utc>>,
}

/// An entry of the history.
#[derive(Debug)]
pub struct Entry {
    pub id: EventId,
    pub happened_at: DateTime<Utc>,
    pub account: Option<AccountId>,
    pub kind: String,
    pub subject: Option<Uuid>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub reason: Option<Reason>,
    pub request_id: String,
}

struct Row {
    id: DelegationId,
    participant: ParticipantCode,
    stage: StageName,
    stage_changed_at: DateTime<Utc>,
    stage_reason: Option<Reason>,
    remarks: Option<Remarks>,
    contact_email: Option<Email>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl TryFrom<Row> for Delegation {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let stage = Stage::of(row.stage, row.stage_reason);
        Ok(Self {
            id: row.id,
            participant: row.participant,
            stage: stage
                .ok_or_else(|| sqlx::Error::Decode("a stage and its reason disagree".into()))?,
            since: row.stage_changed_at,
            remarks: row.remarks,
            contact_email: row.contact_email,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// Delegations with their participants; the one place that says how a row is read.
macro_rules! select {
    ($($tail:literal)+; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select d.delegation_id as "id: DelegationId", d.participant as "participant: ParticipantCode",
                      d.stage as "stage: StageName", d.stage_changed_at, d.stage_reason as "stage_reason: Reason",
                      d.remarks as "remarks: Remarks", d.contact_email as "contact_email: Email",
                      d.created_at, d.updated_at, d.version as "version: Version"
               from delegation d join participant p using (participant) "#
                $(+ $tail)+,
            $($value),*
        )
    };
}

/// The same, of those that a list wants, in an order; `$4` and what follows is the order's own.
macro_rules! wanted {
    ($wanted:expr; $($order:literal)+; $($value:expr),*) => {
        select!(
            "where ($1::text[] is null or d.stage = any($1))
               and ($2::text is null or p.search_text like $2)
               and ($3::timestamptz is null or d.updated_at > $3) "
            $($order)+;
            $wanted.stage.as_ref().map(|stage| stage.0.as_slice()) as _,
            $wanted.q.as_ref().map(|q| q.pattern.as_str()),
            $wanted.updated_after,
            $($value),*
        )
    };
}

/// Adds a delegation. Answers `false` where the participant has one.
pub async fn insert(conn: &mut PgConnection, new: &Delegation) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into delegation (delegation_id, participant, stage, stage_changed_at, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint delegation_participant_once do nothing",
        new.id as _,
        &new.participant as _,
        new.stage.name() as _,
        new.since,
        new.created_at,
        new.updated_at,
        new.version as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The delegation of a participant.
pub async fn find(
    conn: &mut PgConnection,
    code: &ParticipantCode,
) -> Result<Option<Delegation>, sqlx::Error> {
    let row = select!("where d.participant = $1"; code as _).fetch_optional(conn).await?;
    row.map(Delegation::try_from).transpose()
}

/// The same, its row locked against every change.
pub async fn lock(
    conn: &mut PgConnection,
    code: &ParticipantCode,
) -> Result<Option<Delegation>, sqlx::Error> {
    let row = select!("where d.participant = $1 for update of d"; code as _);
    row.fetch_optional(conn).await?.map(Delegation::try_from).transpose()
}

/// The same, its row held as it is while members of it change side by side.
pub async fn hold(
    conn: &mut PgConnection,
    code: &ParticipantCode,
) -> Result<Option<Delegation>, sqlx::Error> {
    let row = select!("where d.participant = $1 for share of d"; code as _);
    row.fetch_optional(conn).await?.map(Delegation::try_from).transpose()
}

/// Stores a changed delegation.
pub async fn save(conn: &mut PgConnection, changed: &Delegation) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update delegation
         set stage = $2, stage_changed_at = $3, stage_reason = $4, remarks = $5, contact_email = $6, updated_at = $7,
             version = $8
         where delegation_id = $1",
        changed.id as _,
        changed.stage.name() as _,
        changed.since,
        changed.stage.reason() as _,
        changed.remarks.as_ref() as _,
        changed.contact_email.as_ref() as _,
        changed.updated_at,
        changed.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Delegations in an order, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    sort: DelegationSort,
    after: Option<&Cursor>,
    limit: Limit,
) -> Result<Vec<Delegation>, Error> {
    let rows = match sort {
        DelegationSort::Participant => {
            let code = after.and_then(|cursor| cursor.key(0));
            wanted!(
                wanted;
                "and ($4::text is null
                      or (p.sort_key, p.participant) > (select sort_key, participant from participant where participant = $4))
                 order by p.sort_key, p.participant limit $5";
                code,
                limit.fetch()
            )
            .fetch_all(conn)
            .await
        }
        DelegationSort::Updated => {
            let (at, id) = after.map(moment_and_id).transpose()?.unzip();
            wanted!(
                wanted;
                "and ($4::timestamptz is null or (d.updated_at, d.delegation_id) < ($4, $5::uuid))
                 order by d.updated_at desc, d.delegation_id desc limit $6";
                at,
                id,
                limit.fetch()
            )
            .fetch_all(conn)
            .await
        }
    };
    Ok(rows?.into_iter().map(Delegation::try_from).collect::<Result<_, _>>()?)
}

/// How many delegations are wanted.
pub async fn count(conn: &mut PgConnection, wanted: &Wanted) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from delegation d join participant p using (participant)
           where ($1::text[] is null or d.stage = any($1))
             and ($2::text is null or p.search_text like $2)
             and ($3::timestamptz is null or d.updated_at > $3)"#,
        wanted.stage.as_ref().map(|stage| stage.0.as_slice()) as _,
        wanted.q.as_ref().map(|q| q.pattern.as_str()),
        wanted.updated_after,
    )
    .fetch_one(conn)
    .await
}

/// What happened to a delegation and its members, the latest first, one more than a page holds. Readings of
/// passports are left out where `with_readings` is not set.
pub async fn history(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    with_readings: bool,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<Entry>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as!(
        Entry,
        r#"select event_id as "id: EventId", happened_at, account_id as "account: AccountId", kind, subject,
                  before, after, reason as "reason: Reason", request_id
           from event
           where participant = $1 and (kind like 'delegation.%' or kind like 'member.%')
             and ($2 or kind <> 'member.passport_read')
             and ($3::timestamptz is null or (happened_at, event_id) < ($3, $4))
           order by happened_at desc, event_id desc limit $5"#,
        code as _,
        with_readings,
        at,
        id,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// A place in an order by time, as a cursor holds it.
pub fn moment_and_id(cursor: &Cursor) -> Result<(DateTime<Utc>, Uuid), Faults> {
    let at = cursor.key(0).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let id = cursor.key(1).and_then(|id| Uuid::try_parse(id).ok());
    at.map(|at| at.to_utc())
        .zip(id)
        .ok_or_else(|| Fault::new("invalid_cursor", "a cursor of this order is expected"))
        .map_err(|fault| Faults::at("/cursor", fault))
}
