//! The questions that focal points ask of the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{FocalPoint, FocalPointState, PaperState};
use crate::ids::{AccountId, DocumentId, FocalPointId};
use crate::page::{AnyOf, Limit, Truth, Version};
use crate::text::{Email, ParticipantCode, PersonName, Reason};

/// Which focal points are meant.
#[derive(Debug, Default)]
pub struct Filter {
    /// Of one of these participants.
    pub participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these states.
    pub state: Option<AnyOf<FocalPointState>>,
    /// Primary ones, or backups.
    pub primary: Option<Truth>,
    /// Whose paper is in one of these states.
    pub document: Option<AnyOf<PaperState>>,
    /// Whose last day is before this one.
    pub expires_before: Option<NaiveDate>,
}

/// A new appointment: of somebody who is invited.
#[derive(Debug)]
pub struct New<'a> {
    /// Identity.
    pub id: FocalPointId,
    /// For whom they are to speak.
    pub participant: &'a ParticipantCode,
    /// Whether as the one to turn to.
    pub is_primary: bool,
    /// On which paper.
    pub document: Option<DocumentId>,
    /// Until when.
    pub expires_on: NaiveDate,
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Focal points as they are on a day, `$1`; the one place that says how a row is read.
macro_rules! select {
    ($today:expr; $($tail:literal)+; $($value:expr),*) => {
        sqlx::query_as!(
            FocalPoint,
            r#"select f.focal_point_id as "id: FocalPointId", f.participant as "participant: ParticipantCode",
                      f.account_id as "account?: AccountId", coalesce(a.email, i.email) as "email!: Email",
                      coalesce(a.name, i.name) as "name!: PersonName", s.state as "state!: FocalPointState", f.is_primary,
                      f.document_id as "document?: DocumentId", s.document_state as "document_state!: PaperState",
                      f.expires_on, f.appointed_at, f.appointed_by as "appointed_by?: AccountId",
                      case when s.state = 'invited' then i.expires_at end as invitation_expires_at, f.ended_at,
                      f.ended_by as "ended_by?: AccountId", f.end_reason as "end_reason?: Reason", f.updated_at,
                      f.version as "version: Version"
               from focal_point f left join account a using (account_id) left join invitation i using (focal_point_id)
               left join document d on d.document_id = f.document_id
               cross join lateral (select
                   case when f.ended_at is not null then 'ended'
                        when f.expires_on < $1 then 'expired'
                        when f.account_id is null then 'invited'
                        when a.disabled_at is not null then 'disabled'
                        else 'in_force' end as state,
                   case when f.document_id is null then 'missing'
                        when d.state = 'refused' then 'refused'
                        when d.expires_on < $1 then 'expired'
                        else d.state end as document_state) s "#
                $(+ $tail)+,
            $today,
            $($value),*
        )
    };
}

/// Adds an appointment. Answers `false` where it is to be the primary one and another is.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into focal_point (focal_point_id, participant, is_primary, document_id, expires_on, appointed_by,
             appointed_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (participant) where is_primary and ended_at is null do nothing",
        new.id as _,
        new.participant as _,
        new.is_primary,
        new.document as _,
        new.expires_on,
        new.by as _,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A focal point of a participant, as it is on a day.
pub async fn find(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    id: FocalPointId,
    today: NaiveDate,
) -> Result<Option<FocalPoint>, sqlx::Error> {
    select!(today; "where f.participant = $2 and f.focal_point_id = $3"; code as _, id as _)
        .fetch_optional(conn)
        .await
}

/// Whoever has the place of the primary one, whether or not they can fill it today.
pub async fn find_primary(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    today: NaiveDate,
) -> Result<Option<FocalPoint>, sqlx::Error> {
    select!(today; "where f.participant = $2 and f.is_primary and f.ended_at is null"; code as _)
        .fetch_optional(conn)
        .await
}

/// Whoever with this address is invited or in force for a participant.
pub async fn find_by_email(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    email: &Email,
    today: NaiveDate,
) -> Result<Option<FocalPoint>, sqlx::Error> {
    select!(
        today;
        "where f.participant = $2 and coalesce(a.email, i.email) = $3 and s.state in ('invited', 'in_force')
         order by f.focal_point_id limit 1";
        code as _,
        email as _
    )
    .fetch_optional(conn)
    .await
}

/// Whether this account is the primary focal point of a participant, and in force.
pub async fn is_primary(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    account: AccountId,
    today: NaiveDate,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from focal_point
               where participant = $1 and account_id = $2 and is_primary and ended_at is null
                 and (expires_on is null or expires_on >= $3)) as "is_primary!""#,
        code as _,
        account as _,
        today,
    )
    .fetch_one(conn)
    .await
}

/// Stores a changed focal point.
pub async fn save(conn: &mut PgConnection, changed: &FocalPoint) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update focal_point
         set is_primary = $2, document_id = $3, expires_on = $4, ended_at = $5, ended_by = $6, end_reason = $7,
             updated_at = $8, version = $9
         where focal_point_id = $1",
        changed.id as _,
        changed.is_primary,
        changed.document as _,
        changed.expires_on,
        changed.ended_at,
        changed.ended_by as _,
        changed.end_reason.as_ref() as _,
        changed.updated_at,
        changed.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Lets an account come in on an appointment. Answers `false` where that is over, or was come in on.
pub async fn enter(
    conn: &mut PgConnection,
    id: FocalPointId,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update focal_point set account_id = $2, updated_at = $3, version = version + 1
         where focal_point_id = $1 and account_id is null and ended_at is null
           and (expires_on is null or expires_on >= $4)",
        id as _,
        account as _,
        at,
        at.date_naive(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Closes what an account held of a participant and what has expired, for the appointment that follows it.
pub async fn end_expired(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update focal_point set ended_at = greatest($3, appointed_at), ended_by = $2, updated_at = $3, version = version + 1
         where participant = $1 and account_id = $2 and ended_at is null and expires_on < $4",
        code as _,
        account as _,
        at,
        at.date_naive(),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// How many of a participant's stand, and how many of these are in force.
pub async fn count_of(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    today: NaiveDate,
) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) as "standing!",
                  count(*) filter (where a.disabled_at is null and f.account_id is not null
                                   and (f.expires_on is null or f.expires_on >= $2)) as "in_force!"
           from focal_point f left join account a using (account_id)
           where f.participant = $1 and f.ended_at is null"#,
        code as _,
        today,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.standing, row.in_force))
}

/// Focal points by participant and in the order of their appointment, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    filter: &Filter,
    today: NaiveDate,
    after: Option<(ParticipantCode, Uuid)>,
    limit: Limit,
) -> Result<Vec<FocalPoint>, sqlx::Error> {
    let (code, id) = after.unzip();
    select!(
        today;
        "where ($2::text[] is null or f.participant = any($2)) and ($3::text[] is null or s.state = any($3))
           and ($4::boolean is null or f.is_primary = $4) and ($5::text[] is null or s.document_state = any($5))
           and ($6::date is null or f.expires_on < $6)
           and ($7::text is null or (f.participant, f.focal_point_id) > ($7, $8::uuid))
         order by f.participant, f.focal_point_id limit $9";
        filter.participant.as_ref().map(|all| all.0.as_slice()) as _,
        filter.state.as_ref().map(|all| all.0.as_slice()) as _,
        filter.primary.map(|wanted| wanted.admits(true)),
        filter.document.as_ref().map(|all| all.0.as_slice()) as _,
        filter.expires_before,
        code as _,
        id,
        limit.fetch()
    )
    .fetch_all(conn)
    .await
}
