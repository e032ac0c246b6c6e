//! The questions that invitations ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Invitation, InvitationState};
use crate::access::{Code, Role};
use crate::ids::{AccountId, FocalPointId, InvitationId};
use crate::mail::LetterLanguage;
use crate::page::{AnyOf, Limit, Version};
use crate::text::{Email, ParticipantCode, PersonName};

/// Invitations as they are at a moment, `$1`; the one place that says how a row is read.
macro_rules! select {
    ($now:expr; $($tail:literal)+; $($value:expr),*) => {
        sqlx::query_as!(
            Invitation,
            r#"select i.invitation_id as "id: InvitationId", i.focal_point_id as "focal_point: FocalPointId",
                      i.participant as "participant: ParticipantCode", i.email as "email: Email",
                      i.name as "name: PersonName", i.role as "role: Role",
                      i.language as "language: LetterLanguage", s.state as "state!: InvitationState",
                      i.invited_by as "invited_by: AccountId", i.invited_at, i.expires_at, i.accepted_at, i.withdrawn_at,
                      i.version as "version: Version"
               from invitation i cross join lateral (select case
                   when i.accepted_at is not null then 'accepted'
                   when i.withdrawn_at is not null then 'withdrawn'
                   when i.expires_at <= $1 then 'expired'
                   else 'open' end as state) s "#
                $(+ $tail)+,
            $now,
            $($value),*
        )
    };
}

/// Adds an invitation, with the hash of its code.
pub async fn insert(
    conn: &mut PgConnection,
    new: &Invitation,
    code: &Code,
) -> Result<(), sqlx::Error> {
    let hash = code.hash();
    sqlx::query!(
        "insert into invitation (invitation_id, focal_point_id, participant, email, name, role, hash, invited_by,
             invited_at, expires_at, updated_at, version, language)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $11, $12)",
        new.id as _,
        new.focal_point as _,
        new.participant.as_ref() as _,
        &new.email as _,
        &new.name as _,
        new.role as _,
        &hash,
        new.invited_by as _,
        new.invited_at,
        new.expires_at,
        new.version as _,
        new.language as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Gives an invitation that nobody has used a fresh code: the one before is good no more.
pub async fn renew(
    conn: &mut PgConnection,
    id: InvitationId,
    code: &Code,
    by: AccountId,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let hash = code.hash();
    sqlx::query!(
        "update invitation
         set hash = $2, invited_by = $3, invited_at = $4, expires_at = $5, updated_at = $4, version = version + 1
         where invitation_id = $1 and accepted_at is null and withdrawn_at is null",
        id as _,
        &hash,
        by as _,
        at,
        expires_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The invitation to an appointment.
pub async fn find_of(
    conn: &mut PgConnection,
    focal_point: FocalPointId,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>, sqlx::Error> {
    select!(now; "where i.focal_point_id = $2"; focal_point as _).fetch_optional(conn).await
}

/// The invitation that a code opens now. What somebody invited to who may not any more opens nothing: a focal point whose
/// own appointment is over, an account that is closed.
pub async fn find_open(
    conn: &mut PgConnection,
    code: &Code,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>, sqlx::Error> {
    let hash = code.hash();
    select!(
        now;
        "join account host on host.account_id = i.invited_by
         where i.hash = $2 and s.state = 'open' and host.disabled_at is null
           and (host.role <> 'focal_point' or i.participant = any(speaks_for(host.account_id, $3)))";
        &hash,
        now.date_naive()
    )
    .fetch_optional(conn)
    .await
}

/// Uses an invitation. Answers `false` where it is not open any more: used at the same moment, taken back, expired.
pub async fn take(
    conn: &mut PgConnection,
    id: InvitationId,
    code: &Code,
    by: AccountId,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let hash = code.hash();
    let done = sqlx::query!(
        "update invitation set accepted_by = $3, accepted_at = $4, updated_at = $4, version = version + 1
         where invitation_id = $1 and hash = $2 and accepted_at is null and withdrawn_at is null and expires_at > $4",
        id as _,
        &hash,
        by as _,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back the invitation to an appointment, where nobody has used it.
pub async fn withdraw_of(
    conn: &mut PgConnection,
    focal_point: FocalPointId,
    by: AccountId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update invitation set withdrawn_by = $2, withdrawn_at = $3, updated_at = $3, version = version + 1
         where focal_point_id = $1 and accepted_at is null and withdrawn_at is null",
        focal_point as _,
        by as _,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The same of an invitation to an office.
pub async fn withdraw(
    conn: &mut PgConnection,
    id: InvitationId,
    by: AccountId,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update invitation set withdrawn_by = $2, withdrawn_at = $3, updated_at = $3, version = version + 1
         where invitation_id = $1",
        id as _,
        by as _,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An invitation to an office of the organizer, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: InvitationId,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>, sqlx::Error> {
    select!(now; "where i.invitation_id = $2 and i.focal_point_id is null for update of i"; id as _)
        .fetch_optional(conn)
        .await
}

/// An invitation to an office of the organizer.
pub async fn find(
    conn: &mut PgConnection,
    id: InvitationId,
    now: DateTime<Utc>,
) -> Result<Option<Invitation>, sqlx::Error> {
    select!(now; "where i.invitation_id = $2 and i.focal_point_id is null"; id as _)
        .fetch_optional(conn)
        .await
}

/// Invitations to offices of the organizer, the oldest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    states: Option<&AnyOf<InvitationState>>,
    after: Option<InvitationId>,
    limit: Limit,
) -> Result<Vec<Invitation>, sqlx::Error> {
    select!(
        now;
        "where i.focal_point_id is null and ($2::text[] is null or s.state = any($2))
           and ($3::uuid is null or i.invitation_id > $3)
         order by i.invitation_id limit $4";
        states.map(|states| states.0.as_slice()) as _,
        after as _,
        limit.fetch()
    )
    .fetch_all(conn)
    .await
}
