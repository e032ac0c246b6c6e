//! What missions and the secretariat do with delegations.

use serde_json::json;

use super::api::Shown;
use super::changes::Field;
use super::checklist::{self, Checklists, DelegationStep, Line};
use super::imports::Refused;
use super::model::{Delegation, Remarks, Step, WrongState};
use super::quotas::Full;
use super::sight::Sight;
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Shut, Written};
use crate::documents;
use crate::ids::ChangeRequestId;
use crate::input::{Faults, Patch};
use crate::page::{IfMatch, Stale};
use crate::text::{Email, ParticipantCode};

/// Why a command on delegations and members was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Somebody has what only one can have.
    #[error("{0} is taken")]
    Taken(Taken),
    /// The register does not know the participant.
    #[error("the register does not know this participant")]
    ParticipantUnknown,
    /// A change of the member is asked for already: by this request.
    #[error("a change of this member is asked for already")]
    Asked(ChangeRequestId),
    /// What a request wants to change was changed since.
    #[error("the member was changed since the request was made")]
    Overtaken(Vec<Field>),
    /// The rules know no such step from here.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// The step cannot be taken yet.
    #[error("papers or persons are missing")]
    Gaps(Vec<Line>),
    /// The delegation has as many of a category as it may have (R33).
    #[error(transparent)]
    Full(#[from] Full),
    /// What was said of a paper was refused.
    #[error(transparent)]
    Paper(#[from] documents::Error),
    /// Values that are not accepted, or not there.
    #[error("some values are not accepted")]
    Faults(Faults),
    /// A file is no list of members, or cannot be taken in or back.
    #[error(transparent)]
    Import(#[from] Refused),
    /// A file could not be written.
    #[error("a file could not be written")]
    Unwritten(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

crate::text::choices! {
    /// What there is one of.
    Taken {
        /// A participant has one delegation.
        Delegation = "delegation",
        /// A delegation has one head.
        Head = "head",
        /// And one alternate head.
        AlternateHead = "alternate_head",
        /// An address is one person's.
        Email = "email",
        /// Something refers to the member.
        Reference = "reference",
    }
}

/// What a mission changes of its delegation.
#[derive(Debug, Clone)]
pub struct Change {
    /// Other remarks.
    pub remarks: Patch<Remarks>,
    /// Another address.
    pub contact_email: Patch<Email>,
}

/// Begins the delegation of a participant.
pub async fn begin(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        let delegation = Delegation::begun(code.clone(), tx.now);
        let is_new =
            store::insert(tx, &delegation).await.map_err(|e| {
                match crate::db::sqlstate(&e).as_deref() {
                    Some("23503") => Error::ParticipantUnknown,
                    _ => Error::Database(e),
                }
            })?;
        if !is_new {
            return Err(Error::Taken(Taken::Delegation));
        }
        let event = Event::of("delegation.created", delegation.id.uuid()).participant(code);
        Ok((Created(Shown { sight: Sight::of(actor, code), delegation }), event))
    })
    .await
}

/// Changes what the mission says beside its list of members.
pub async fn change(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    if_match: &IfMatch,
    change: &Change,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, code).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let Change { remarks, contact_email } = change.clone();
        let remarks = remarks.apply(before.remarks.clone());
        let contact_email = contact_email.apply(before.contact_email.clone());
        let delegation = before.clone().changed(remarks, contact_email, tx.now)?;
        store::save(tx, &delegation).await?;
        let event = Event::of("delegation.changed", delegation.id.uuid())
            .participant(code)
            .changed(&told(&before, &delegation), &told(&delegation, &before));
        Ok((Shown { sight: Sight::of(actor, code), delegation }, event))
    })
    .await
}

/// Takes a delegation a step further: submit, return, accept, reject, withdraw, reopen.
pub async fn go(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    if_match: &IfMatch,
    step: &Step,
    checklists: &Checklists,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(match step {
        Step::Submit(_) | Step::Withdraw(_) => Action::PrepareDelegation(code),
        Step::Return(_) | Step::Accept(_) | Step::Reject(_) | Step::Reopen(_) => {
            Action::ReviewDelegation(code)
        }
    })?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, code).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let delegation = before.clone().go(step.clone(), tx.now)?;
        let checked = match step {
            Step::Submit(_) => Some(DelegationStep::Submit),
            Step::Accept(_) => Some(DelegationStep::Accept),
            Step::Return(_) | Step::Reject(_) | Step::Withdraw(_) | Step::Reopen(_) => None,
        };
        if let Some(checked) = checked {
            let today = tx.now.date_naive();
            checklist::delegation_may(tx, checklists, code, checked, today).await?;
        }
        store::save(tx, &delegation).await?;
        let event = Event::of(step.event(), delegation.id.uuid())
            .participant(code)
            .changed(
                &json!({ "stage": before.stage.name() }),
                &json!({ "stage": delegation.stage.name() }),
            )
            .because(step.reason());
        Ok((Shown { sight: Sight::of(actor, code), delegation }, event))
    })
    .await
}

/// What of a delegation the audit trail says where it differs from another state of it.
fn told(delegation: &Delegation, other: &Delegation) -> serde_json::Value {
    let mut told = serde_json::Map::new();
    if delegation.remarks != other.remarks {
        told.insert("remarks".to_owned(), json!(delegation.remarks));
    }
    if delegation.contact_email != other.contact_email {
        told.insert("contact_email".to_owned(), json!("changed"));
    }
    told.into()
}
