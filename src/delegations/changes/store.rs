//! The questions that change requests ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{ChangeRequest, Difference, Field, RequestState};
use super::sealed;
use crate::delegations::members::store::own_key;
use crate::delegations::queues::Holder;
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::page::{AnyOf, Limit, Truth, Version};
use crate::text::{ParticipantCode, Reason};
use crate::vault::Vault;

/// Which requests are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of one of these participants.
    pub participant: Option<AnyOf<ParticipantCode>>,
    /// About this member.
    pub member: Option<MemberId>,
    /// In one of these states.
    pub state: Option<AnyOf<RequestState>>,
    /// Such as send a person back to vetting, or such as do not.
    pub material: Option<Truth>,
    /// Who works on them.
    pub assigned_to: Option<Holder>,
}

struct Row {
    id: ChangeRequestId,
    participant: ParticipantCode,
    member: MemberId,
    state: RequestState,
    difference: Json<Difference>,
    sealed: Vec<Field>,
    is_material: bool,
    note: Option<Reason>,
    reason: Option<Reason>,
    requested_by: AccountId,
    requested_at: DateTime<Utc>,
    decided_by: Option<AccountId>,
    decided_at: Option<DateTime<Utc>>,
    assigned_to: Option<AccountId>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl From<Row> for ChangeRequest {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            participant: row.participant,
            member: row.member,
            state: row.state,
            plain: row.difference.0,
            sealed: row.sealed,
            is_material: row.is_material,
            note: row.note,
            reason: row.reason,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            assigned_to: row.assigned_to,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

/// Requests without what is sealed; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select change_request_id as "id: ChangeRequestId", participant as "participant: ParticipantCode",
                      member_id as "member: MemberId", state as "state: RequestState",
                      difference as "difference: Json<Difference>", sealed_fields as "sealed: Vec<Field>", is_material,
                      note as "note: Reason", reason as "reason: Reason", requested_by as "requested_by: AccountId",
                      requested_at, decided_by as "decided_by: AccountId", decided_at,
                      assigned_to as "assigned_to: AccountId", updated_at, version as "version: Version"
               from change_request "# + $tail,
            $($value),*
        )
    };
}

pub mod bulk;

/// Adds a request with what of it is sealed. Answers `false` where another one about the member is open.
pub async fn insert(
    conn: &mut PgConnection,
    vault: &Vault,
    new: &ChangeRequest,
    secret: &Difference,
) -> Result<bool, sqlx::Error> {
    let key = own_key(&mut *conn, vault, new.member).await?;
    let done = sqlx::query!(
        "insert into change_request (change_request_id, participant, member_id, state, difference, sealed_fields,
             sealed_difference, is_material, note, requested_by, requested_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (member_id) where state = 'open' do nothing",
        new.id as _,
        &new.participant as _,
        new.member as _,
        new.state as _,
        Json(&new.plain) as _,
        new.sealed.as_slice() as _,
        sealed::seal(&key, new.id, secret)?,
        new.is_material,
        new.note.as_ref() as _,
        new.requested_by as _,
        new.requested_at,
        new.updated_at,
        new.version as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The open request about a member.
pub async fn find_open(
    conn: &mut PgConnection,
    member: MemberId,
) -> Result<Option<ChangeRequestId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select change_request_id as "id: ChangeRequestId" from change_request
           where member_id = $1 and state = 'open'"#,
        member as _,
    )
    .fetch_optional(conn)
    .await
}

/// A request.
pub async fn find(
    conn: &mut PgConnection,
    id: ChangeRequestId,
) -> Result<Option<ChangeRequest>, sqlx::Error> {
    let row = select!("where change_request_id = $1"; id as _);
    Ok(row.fetch_optional(conn).await?.map(ChangeRequest::from))
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: ChangeRequestId,
) -> Result<Option<ChangeRequest>, sqlx::Error> {
    let row = select!("where change_request_id = $1 for update"; id as _);
    Ok(row.fetch_optional(conn).await?.map(ChangeRequest::from))
}

/// Several, their rows locked in one order.
pub async fn lock_all(
    conn: &mut PgConnection,
    ids: &[ChangeRequestId],
) -> Result<Vec<ChangeRequest>, sqlx::Error> {
    let rows = select!(
        "where change_request_id = any($1) order by change_request_id for update"; ids as _
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(ChangeRequest::from).collect())
}

/// What is sealed of a request, opened; nothing where it was decided, or had nothing to hide.
pub async fn open(
    conn: &mut PgConnection,
    vault: &Vault,
    request: &ChangeRequest,
) -> Result<Difference, sqlx::Error> {
    let sealed = sqlx::query_scalar!(
        "select sealed_difference from change_request where change_request_id = $1",
        request.id as _,
    )
    .fetch_one(&mut *conn)
    .await?;
    let Some(sealed) = sealed else { return Ok(Difference::default()) };
    let key = own_key(conn, vault, request.member).await?;
    sealed::open(&key, request.id, &sealed)
}

/// The request that has been open longest and that nobody has taken, its row locked. What is being taken by another at
/// this moment is passed over.
pub async fn next(conn: &mut PgConnection) -> Result<Option<ChangeRequest>, sqlx::Error> {
    let row = select!(
        "where state = 'open' and assigned_to is null
         order by requested_at, change_request_id limit 1 for update skip locked";
    );
    Ok(row.fetch_optional(conn).await?.map(ChangeRequest::from))
}

/// Stores who works on a request.
pub async fn save_assigned(
    conn: &mut PgConnection,
    request: &ChangeRequest,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update change_request set assigned_to = $2, version = $3 where change_request_id = $1",
        request.id as _,
        request.assigned_to as _,
        request.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores a decision, and forgets what was sealed.
pub async fn save(conn: &mut PgConnection, decided: &ChangeRequest) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update change_request
         set state = $2, sealed_difference = null, reason = $3, decided_by = $4, decided_at = $5, updated_at = $6,
             version = $7, assigned_to = null
         where change_request_id = $1",
        decided.id as _,
        decided.state as _,
        decided.reason.as_ref() as _,
        decided.decided_by as _,
        decided.decided_at,
        decided.updated_at,
        decided.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Lets the open requests about these members lapse, whose entries came to their end.
pub async fn lapse(
    conn: &mut PgConnection,
    members: &[MemberId],
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update change_request
         set state = 'lapsed', sealed_difference = null, decided_by = $2, decided_at = $3, updated_at = $3,
             version = version + 1, assigned_to = null
         where member_id = any($1) and state = 'open'",
        members as _,
        by as _,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Requests, the oldest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<ChangeRequest>, sqlx::Error> {
    let (at, id) = after.unzip();
    // Said once more as a single value: only then the index on state and time gives the order.
    let only = match wanted.state.as_ref().map(|any| any.0.as_slice()) {
        Some([only]) => Some(*only),
        _ => None,
    };
    let rows = select!(
        "where ($1::text[] is null or participant = any($1))
           and ($2::uuid is null or member_id = $2)
           and ($3::text[] is null or state = any($3))
           and ($4::bool is null or is_material = $4)
           and ($5::boolean is not true or assigned_to is null)
           and ($6::uuid is null or assigned_to = $6)
           and ($7::timestamptz is null or (requested_at, change_request_id) > ($7, $8::uuid))
           and ($10::text is null or state = $10)
         order by requested_at, change_request_id limit $9";
        wanted.participant.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.member as _,
        wanted.state.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.material.map(|material| material.admits(true)),
        wanted.assigned_to == Some(Holder::Nobody),
        wanted.assigned_to.and_then(Holder::account) as _,
        at,
        id,
        limit.fetch(),
        only as _
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(ChangeRequest::from).collect())
}

/// How many requests are wanted.
pub async fn count(conn: &mut PgConnection, wanted: &Wanted) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from change_request
           where ($1::text[] is null or participant = any($1))
             and ($2::uuid is null or member_id = $2)
             and ($3::text[] is null or state = any($3))
             and ($4::bool is null or is_material = $4)
             and ($5::boolean is not true or assigned_to is null)
             and ($6::uuid is null or assigned_to = $6)"#,
        wanted.participant.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.member as _,
        wanted.state.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.material.map(|material| material.admits(true)),
        wanted.assigned_to == Some(Holder::Nobody),
        wanted.assigned_to.and_then(Holder::account) as _,
    )
    .fetch_one(conn)
    .await
}
