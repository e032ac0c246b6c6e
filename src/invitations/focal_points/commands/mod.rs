//! How focal points are appointed, changed, handed over from, and ended.

mod appoint;
mod steps;

use chrono::NaiveDate;
use serde_json::json;

use super::model::{FocalPoint, PaperState, fault_of};
use super::store;
use crate::access::{self, Action, Actor, Denied};
use crate::db::{Event, Tx};
use crate::documents;
use crate::ids::{DocumentId, FocalPointId};
use crate::input::Faults;
use crate::invitations::commands::Error;
use crate::page::IfMatch;
use crate::text::{Fault, ParticipantCode};

pub use appoint::{Appointed, Limits, Wanted, appoint, enter, renew};
pub use steps::{Change, change, end, hand_over};

/// Refuses whoever is neither an officer nor, for backups, the primary focal point in force.
async fn may_invite(
    tx: &mut Tx<'_>,
    actor: &Actor,
    code: &ParticipantCode,
    is_for_primary: bool,
) -> Result<(), Error> {
    if actor.may(Action::AppointFocalPoint(code)) {
        return Ok(());
    }
    let today = tx.now.date_naive();
    let may = !is_for_primary && store::is_primary(tx, code, actor.account(), today).await?;
    if may { Ok(()) } else { Err(Denied::Forbidden.into()) }
}

/// Looks at a paper that is to appoint somebody; its last day, where it has one.
async fn examine(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    document: Option<DocumentId>,
    faults: &mut Faults,
) -> Result<Option<NaiveDate>, Error> {
    let Some(id) = document else { return Ok(None) };
    let paper = documents::find(tx, id).await?;
    if let Some(Fault { code, detail }) = fault_of(paper.as_ref(), code, tx.now.date_naive()) {
        faults.add("/document", code, detail);
    }
    Ok(paper.and_then(|paper| paper.expires_on))
}

/// A focal point of a participant, which is held: nobody appoints, changes or ends another one meanwhile.
async fn held(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    id: FocalPointId,
    if_match: &IfMatch,
) -> Result<FocalPoint, Error> {
    access::hold_participant(tx, code).await?;
    let today = tx.now.date_naive();
    let focal_point = store::find(tx, code, id, today).await?.ok_or(Denied::Invisible)?;
    if_match.check(focal_point.version)?;
    Ok(focal_point)
}

/// Stores a focal point, and reads it as it then is.
async fn saved(tx: &mut Tx<'_>, changed: FocalPoint) -> Result<FocalPoint, Error> {
    store::save(tx, &changed).await?;
    let today = tx.now.date_naive();
    let stored = store::find(tx, &changed.participant, changed.id, today).await?;
    Ok(stored.ok_or(Denied::Invisible)?)
}

fn wrong(focal_point: &FocalPoint) -> Error {
    Error::WrongState { current: focal_point.state.as_str(), allowed: focal_point.allowed() }
}

fn about(kind: &'static str, focal_point: &FocalPoint) -> Event {
    Event::of(kind, focal_point.id.uuid()).participant(&focal_point.participant)
}

/// What the audit trail says: the appointment, and neither name nor address.
fn told_of(focal_point: &FocalPoint) -> serde_json::Value {
    json!({
        "is_primary": focal_point.is_primary,
        "document": focal_point.document,
        "is_document_missing": focal_point.document_state == PaperState::Missing,
        "expires_on": focal_point.expires_on,
    })
}
