//! What the administrator does to the register (R3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::model::{Change, Entry, Participant, ParticipantKind};
use super::store::{self, Filter};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Shut, Tx, Written, broke};
use crate::page::{IfMatch, Stale};
use crate::text::{Fault, ParticipantCode, Reason};

/// Why a change of the register was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The code is another's.
    #[error("a participant with this code exists")]
    CodeTaken,
    /// The name for the Depositary is another's, or differs from it by accents or case alone.
    #[error("a participant with this name exists")]
    NameTaken,
    /// It came with the ceremony's data, and is changed there: here the next start would undo it.
    #[error("the participant came with the ceremony's data and is changed there")]
    OfTheCeremony,
    /// The regional group does not go with the kind.
    #[error("the regional group does not go with the kind: {0}")]
    Inconsistent(Fault),
    /// Only regional organizations have member States.
    #[error("only a regional organization has members")]
    MembersUnexpected,
    /// Some of the members are no States of the register: their places in the list.
    #[error("some members are no States of the register")]
    MembersUnknown(Vec<usize>),
    /// Somebody changed the participant in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Adds a participant that the ceremony's own register does not have.
pub async fn add(
    db: &Db,
    actor: &Actor,
    participant: Participant,
    members: &[ParticipantCode],
) -> Result<Written<Created<Entry>>, Error> {
    let permit = actor.permit(Action::ChangeRegister)?;
    let participant = participant.consistent().map_err(Error::Inconsistent)?;

    db.write(permit, async |tx| {
        store::lock_register(tx).await?;
        let now = tx.now;
        if !store::insert(tx, &participant, now).await.map_err(name_taken)? {
            return Err(Error::CodeTaken);
        }
        tie(tx, &participant, &[], members).await?;
        let entry = store::find_entry(tx, &participant.code).await?.ok_or(Denied::Invisible)?;
        let event = Event::at_large("participant.added")
            .participant(&participant.code)
            .with(&facts(&entry))
            .because(participant.added_reason.as_ref());
        Ok((Created(entry), event))
    })
    .await
}

/// Changes a participant that the administrator added.
pub async fn change(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    if_match: &IfMatch,
    change: &Change,
    reason: &Reason,
) -> Result<Written<Entry>, Error> {
    let permit = actor.permit(Action::ChangeRegister)?;

    db.write(permit, async |tx| {
        store::lock_register(tx).await?;
        let before = store::find_entry(tx, code).await?.ok_or(Denied::Invisible)?;
        if before.participant.added_reason.is_none() {
            return Err(Error::OfTheCeremony);
        }
        if_match.check(before.version)?;
        let participant = before.participant.clone().changed(change);
        let now = tx.now;
        store::save(tx, [&participant], now).await.map_err(name_taken)?;
        if let Some(members) = &change.members {
            tie(tx, &participant, &before.members, members).await?;
        }
        let after = store::find_entry(tx, code).await?.ok_or(Denied::Invisible)?;
        let event = Event::at_large("participant.changed")
            .participant(code)
            .changed(&facts(&before), &facts(&after))
            .because(Some(reason));
        Ok((after, event))
    })
    .await
}

/// Gives an organization its member States, which are then known as members of it, too.
async fn tie(
    tx: &mut Tx<'_>,
    organization: &Participant,
    before: &[ParticipantCode],
    members: &[ParticipantCode],
) -> Result<(), Error> {
    let before: BTreeSet<_> = before.iter().cloned().collect();
    let after: BTreeSet<_> = members.iter().cloned().collect();
    if before == after {
        return Ok(());
    }
    if organization.kind != ParticipantKind::RegionalOrganization {
        return Err(Error::MembersUnexpected);
    }
    let kinds = ParticipantKind::ALL.iter().copied().filter(|kind| kind.is_state()).collect();
    let filter = Filter { kinds: Some(kinds), ..Filter::default() };
    let states = store::list(tx, &filter, None, None).await?;
    let states: BTreeSet<_> = states.iter().map(|state| &state.participant.code).collect();
    let strangers = members.iter().enumerate().filter(|(_, member)| !states.contains(member));
    let strangers: Vec<_> = strangers.map(|(place, _)| place).collect();
    if !strangers.is_empty() {
        return Err(Error::MembersUnknown(strangers));
    }
    let now = tx.now;
    store::save_members(tx, &organization.code, &after).await?;
    let touched = before.symmetric_difference(&after).cloned().collect();
    Ok(store::touch(tx, &touched, now).await?)
}

fn facts(entry: &Entry) -> Value {
    json!({ "participant": entry.participant, "members": entry.members })
}

fn name_taken(error: sqlx::Error) -> Error {
    if broke(&error, "participant_place_once") { Error::NameTaken } else { Error::Database(error) }
}
