//! What a checklist lets pass.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::model::{Line, gaps};
use super::needs::{Checklists, DelegationStep, MemberStep};
use super::store;
use crate::access::Denied;
use crate::delegations::commands::Error;
use crate::ids::MemberId;
use crate::text::ParticipantCode;

/// Refuses a step of a delegation for everything required that is not there (R33, R35).
pub async fn delegation_may(
    conn: &mut PgConnection,
    checklists: &Checklists,
    code: &ParticipantCode,
    step: DelegationStep,
    today: NaiveDate,
) -> Result<(), Error> {
    let facts = store::facts_of(conn, code, today).await?.ok_or(Denied::Invisible)?;
    none_or(gaps(facts.of_delegation(checklists), &step))
}

/// Refuses a step of a member for everything required that is not there (R36).
pub async fn member_may(
    conn: &mut PgConnection,
    checklists: &Checklists,
    code: &ParticipantCode,
    id: MemberId,
    step: MemberStep,
    today: NaiveDate,
) -> Result<(), Error> {
    // Most ceremonies hold nobody up for a paper: then nothing is asked of the database.
    if !checklists.hold_up(step) {
        return Ok(());
    }
    let facts = store::facts_of(conn, code, today).await?.ok_or(Denied::Invisible)?;
    none_or(facts.keeps_from(checklists, id, step))
}

fn none_or(gaps: Vec<Line>) -> Result<(), Error> {
    if gaps.is_empty() { Ok(()) } else { Err(Error::Gaps(gaps)) }
}
