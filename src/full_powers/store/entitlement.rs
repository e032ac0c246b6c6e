//! Full powers with all that they rest on, held until a signature is recorded or refused, or only looked at.

use sqlx::PgConnection;

use super::lock_rank;
use super::{WantedAppointment, find, hold_copy, is_copy, is_of_delegation, list_appointments};
use crate::delegations::{self, StageName};
use crate::documents;
use crate::full_powers::model::{Appointment, Entitlement, FullPowers};
use crate::full_powers::overrides;
use crate::ids::FullPowersId;
use crate::page::Limit;

/// Full powers with all that they rest on, kept from changing until the transaction ends.
pub async fn lock_entitlement(
    conn: &mut PgConnection,
    id: FullPowersId,
) -> Result<Option<Entitlement>, sqlx::Error> {
    let Some(full_powers) = find(conn, id).await? else { return Ok(None) };
    let application = &full_powers.application;
    let paper_stands = match application.paper.document {
        Some(document) => hold_copy(conn, &application.participant, document).await?,
        None => true,
    };
    let delegation = delegations::hold(conn, &application.participant).await?;
    let rank = lock_rank(conn, &full_powers).await?;
    sqlx::query!(
        "select full_powers_id from full_powers where full_powers_id = $1 for share",
        id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    sqlx::query!(
        "select appointment_id from appointment where full_powers_id = $1 and cancelled_at is null for share",
        id as _,
    )
    .fetch_optional(&mut *conn)
    .await?;
    // Read again: they may have changed while their locks were waited for.
    let Some(full_powers) = find(conn, id).await? else { return Ok(None) };
    Ok(Some(Entitlement {
        full_powers,
        rank,
        paper_stands,
        delegation_stands: delegation.is_some_and(|delegation| stands(delegation.stage.name())),
        appointment: standing_appointment(conn, id).await?,
        overrides: overrides::list(conn, id).await?,
    }))
}

/// The same, looked at and not held.
pub async fn find_entitlement(
    conn: &mut PgConnection,
    full_powers: FullPowers,
) -> Result<Entitlement, sqlx::Error> {
    let application = &full_powers.application;
    let (id, participant) = (full_powers.id, &application.participant);
    let paper_stands = match application.paper.document {
        Some(document) => documents::find(conn, document)
            .await?
            .is_some_and(|document| is_copy(&document, participant)),
        None => true,
    };
    let delegation = delegations::find(conn, participant).await?;
    let member = delegations::find_member(conn, participant, application.signer.member).await?;
    Ok(Entitlement {
        rank: member.filter(is_of_delegation).map(|member| member.person.rank),
        paper_stands,
        delegation_stands: delegation.is_some_and(|delegation| stands(delegation.stage.name())),
        appointment: standing_appointment(conn, id).await?,
        overrides: overrides::list(conn, id).await?,
        full_powers,
    })
}

/// Who was rejected or has withdrawn takes no part.
fn stands(stage: StageName) -> bool {
    !matches!(stage, StageName::Rejected | StageName::Withdrawn)
}

async fn standing_appointment(
    conn: &mut PgConnection,
    id: FullPowersId,
) -> Result<Option<Appointment>, sqlx::Error> {
    let standing = WantedAppointment {
        full_powers: Some(id),
        is_cancelled: Some(false),
        ..WantedAppointment::default()
    };
    Ok(list_appointments(conn, &standing, Limit::default()).await?.pop())
}

/// The appointment that stands, its row locked.
pub async fn lock_standing(
    conn: &mut PgConnection,
    id: FullPowersId,
) -> Result<Option<Appointment>, sqlx::Error> {
    sqlx::query!(
        "select appointment_id from appointment where full_powers_id = $1 and cancelled_at is null for update",
        id as _,
    )
    .fetch_optional(&mut *conn)
    .await?;
    standing_appointment(conn, id).await
}
