//! The questions that overrides ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Override, check};
use crate::full_powers::model::{Bar, Mark};
use crate::ids::{AccountId, FullPowersId, OverrideId};
use crate::text::{ParticipantCode, Reason};

struct OverrideRow {
    id: OverrideId,
    full_powers: FullPowersId,
    participant: ParticipantCode,
    lifts: Vec<Bar>,
    reason: Reason,
    proposed_by: AccountId,
    proposed_at: DateTime<Utc>,
    approved_by: Option<AccountId>,
    approved_at: Option<DateTime<Utc>>,
    withdrawn_by: Option<AccountId>,
    withdrawn_at: Option<DateTime<Utc>>,
    withdrawn_reason: Option<Reason>,
}

impl TryFrom<OverrideRow> for Override {
    type Error = sqlx::Error;

    fn try_from(row: OverrideRow) -> Result<Self, sqlx::Error> {
        check(&row.lifts).map_err(|fault| sqlx::Error::Decode(fault.into()))?;
        let approved = row.approved_by.zip(row.approved_at);
        let withdrawn = row.withdrawn_by.zip(row.withdrawn_at).zip(row.withdrawn_reason);
        Ok(Self {
            id: row.id,
            full_powers: row.full_powers,
            participant: row.participant,
            lifts: row.lifts,
            reason: row.reason,
            proposed: Mark { by: row.proposed_by, at: row.proposed_at },
            approved: approved.map(|(by, at)| Mark { by, at }),
            withdrawn: withdrawn.map(|((by, at), reason)| (Mark { by, at }, reason)),
        })
    }
}

/// The overrides of full powers, in the order of proposal.
pub async fn list(
    conn: &mut PgConnection,
    full_powers: FullPowersId,
) -> Result<Vec<Override>, sqlx::Error> {
    select(conn, Some(full_powers), None).await
}

/// An override by its identity, where it is in scope.
pub async fn find(
    conn: &mut PgConnection,
    id: OverrideId,
) -> Result<Option<Override>, sqlx::Error> {
    Ok(select(conn, None, Some(id)).await?.pop())
}

/// An override, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: OverrideId,
) -> Result<Option<Override>, sqlx::Error> {
    sqlx::query!(
        "select full_powers_override_id from full_powers_override where full_powers_override_id = $1 for update",
        id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    find(conn, id).await
}

async fn select(
    conn: &mut PgConnection,
    full_powers: Option<FullPowersId>,
    id: Option<OverrideId>,
) -> Result<Vec<Override>, sqlx::Error> {
    let rows = sqlx::query_as!(
        OverrideRow,
        r#"select full_powers_override_id as "id: OverrideId", full_powers_id as "full_powers: FullPowersId",
                  participant as "participant: ParticipantCode", lifts as "lifts: Vec<Bar>", reason as "reason: Reason",
                  proposed_by as "proposed_by: AccountId", proposed_at, approved_by as "approved_by: AccountId", approved_at,
                  withdrawn_by as "withdrawn_by: AccountId", withdrawn_at, withdrawn_reason as "withdrawn_reason: Reason"
           from full_powers_override
           where ($1::uuid is null or full_powers_id = $1) and ($2::uuid is null or full_powers_override_id = $2)
           order by full_powers_override_id"#,
        full_powers as _,
        id as _,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Override::try_from).collect()
}

/// Adds an override as proposed.
pub async fn insert(conn: &mut PgConnection, made: &Override) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into full_powers_override (full_powers_override_id, full_powers_id, participant, lifts, reason, proposed_by, proposed_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        made.id as _,
        made.full_powers as _,
        &made.participant as _,
        &made.lifts as _,
        &made.reason as _,
        made.proposed.by as _,
        made.proposed.at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Saves that an override is approved or withdrawn.
pub async fn save(conn: &mut PgConnection, made: &Override) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update full_powers_override set approved_by = $2, approved_at = $3, withdrawn_by = $4, withdrawn_at = $5,
             withdrawn_reason = $6
         where full_powers_override_id = $1",
        made.id as _,
        made.approved.map(|mark| mark.by) as _,
        made.approved.map(|mark| mark.at),
        made.withdrawn.as_ref().map(|(mark, _)| mark.by) as _,
        made.withdrawn.as_ref().map(|(mark, _)| mark.at),
        made.withdrawn.as_ref().map(|(_, reason)| reason) as _,
    )
    .execute(conn)
    .await
    .map(drop)
}
