//! The questions that delegations ask of the database.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::commands::Error;
use super::model::{Delegation, Remarks, Stage, StageName};
use super::queues::Holder;
use crate::ids::{AccountId, DelegationId, EventId, MemberId};
use crate::page::{AnyOf, Cursor, Limit, Search, Version};
use crate::text::{Email, ParticipantCode, Reason, choices};

choices! {
    /// The orders of the list of delegations.
    DelegationSort {
        /// The Depositary's (R27).
        Participant = "participant",
        /// The latest change first.
        Updated = "-updated_at",
        /// What has stood longest where it stands first: the order of a queue.
        Since = "stage_since",
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
    /// Who works on them.
    pub assigned_to: Option<Holder>,
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
    assigned_to: Option<AccountId>,
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
            assigned_to: row.assigned_to,
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
                      d.assigned_to as "assigned_to: AccountId", d.remarks as "remarks: Remarks", d.contact_email as "contact_email: Email",
                      d.created_at, d.updated_at, d.version as "version: Version"
               from delegation d join participant p using (participant) "#
                $(+ $tail)+,
            $($value),*
        )
    };
}

/// The same, of those that a list wants, in an order; `$6` and what follows is the order's own.
macro_rules! wanted {
    ($wanted:expr; $($order:literal)+; $($value:expr),*) => {
        select!(
            "where ($1::text[] is null or d.stage = any($1))
               and ($2::text is null or p.search_text like $2)
               and ($3::timestamptz is null or d.updated_at > $3)
               and ($4::boolean is not true or d.assigned_to is null)
               and ($5::uuid is null or d.assigned_to = $5) "
            $($order)+;
            $wanted.stage.as_ref().map(|stage| stage.0.as_slice()) as _,
            $wanted.q.as_ref().map(|q| q.pattern.as_str()),
            $wanted.updated_after,
            $wanted.assigned_to == Some(Holder::Nobody),
            $wanted.assigned_to.and_then(Holder::account) as _,
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

/// Those of these delegations that there are, held as they are; where `alone` is set, against every other
/// transaction that would hold one of them. In the order of their codes, so that no two wait for each other.
pub async fn hold_many(
    conn: &mut PgConnection,
    codes: &[ParticipantCode],
    alone: bool,
) -> Result<Vec<Delegation>, sqlx::Error> {
    let rows = if alone {
        select!("where d.participant = any($1) order by d.participant for update of d"; codes as _)
            .fetch_all(conn)
            .await?
    } else {
        select!("where d.participant = any($1) order by d.participant for share of d"; codes as _)
            .fetch_all(conn)
            .await?
    };
    rows.into_iter().map(Delegation::try_from).collect()
}

/// The delegation that has stood submitted longest and that nobody has taken, its row locked. What is being taken
/// by another at this moment is passed over.
pub async fn next(conn: &mut PgConnection) -> Result<Option<Delegation>, sqlx::Error> {
    let row = select!(
        "where d.stage = 'submitted' and d.assigned_to is null
         order by d.stage_changed_at, d.delegation_id limit 1 for update of d skip locked";
    );
    row.fetch_optional(conn).await?.map(Delegation::try_from).transpose()
}

/// Stores a changed delegation.
pub async fn save(conn: &mut PgConnection, changed: &Delegation) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update delegation
         set stage = $2, stage_changed_at = $3, stage_reason = $4, remarks = $5, contact_email = $6, updated_at = $7,
             version = $8, assigned_to = $9
         where delegation_id = $1",
        changed.id as _,
        changed.stage.name() as _,
        changed.since,
        changed.stage.reason() as _,
        changed.remarks.as_ref() as _,
        changed.contact_email.as_ref() as _,
        changed.updated_at,
        changed.version as _,
        changed.assigned_to as _,
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
                "and ($6::text is null
                      or (p.sort_key, p.participant) > (select sort_key, participant from participant where participant = $6))
                 order by p.sort_key, p.participant limit $7";
                code,
                limit.fetch()
            )
            .fetch_all(conn)
            .await
        }
        DelegationSort::Updated => {
            let (at, id) = after.map(Cursor::moment_and_id).transpose()?.unzip();
            wanted!(
                wanted;
                "and ($6::timestamptz is null or (d.updated_at, d.delegation_id) < ($6, $7::uuid))
                 order by d.updated_at desc, d.delegation_id desc limit $8";
                at,
                id,
                limit.fetch()
            )
            .fetch_all(conn)
            .await
        }
        DelegationSort::Since => {
            let (at, id) = after.map(Cursor::moment_and_id).transpose()?.unzip();
            wanted!(
                wanted;
                "and ($6::timestamptz is null or (d.stage_changed_at, d.delegation_id) > ($6, $7::uuid))
                 order by d.stage_changed_at, d.delegation_id limit $8";
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
             and ($3::timestamptz is null or d.updated_at > $3)
             and ($4::boolean is not true or d.assigned_to is null)
             and ($5::uuid is null or d.assigned_to = $5)"#,
        wanted.stage.as_ref().map(|stage| stage.0.as_slice()) as _,
        wanted.q.as_ref().map(|q| q.pattern.as_str()),
        wanted.updated_after,
        wanted.assigned_to == Some(Holder::Nobody),
        wanted.assigned_to.and_then(Holder::account) as _,
    )
    .fetch_one(conn)
    .await
}

/// What happened to a delegation and its members, the latest first, one more than a page holds. Readings of
/// passports, and which officer worked on what, are left out where `with_readings` is not set; what is about focal points
/// where `with_focal_points` is not.
pub async fn history(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    with_readings: bool,
    with_focal_points: bool,
    member: Option<MemberId>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<Entry>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as!(
        Entry,
        r#"select event_id as "id: EventId", happened_at, account_id as "account: AccountId", kind, subject,
                  coalesce(e.before || d.before, e.before, d.before) as before,
                  coalesce(e.after || d.after, e.after, d.after) as after,
                  coalesce(e.reason, d.reason) as "reason: Reason", request_id
           from event e left join event_detail d using (event_id)
           where e.participant = $1
             and (kind like 'delegation.%' or kind like 'member.%'
                  or ($6 and (kind like 'focal_point.%' or kind = 'account.created')))
             and ($2 or kind not in ('member.passport_read', 'member.assigned', 'delegation.assigned',
                 'member.change_assigned'))
             and ($3::timestamptz is null or (happened_at, event_id) < ($3, $4))
             and ($7::uuid is null or subject = $7)
           order by happened_at desc, event_id desc limit $5"#,
        code as _,
        with_readings,
        at,
        id,
        limit.fetch(),
        with_focal_points,
        member as _,
    )
    .fetch_all(conn)
    .await
}
