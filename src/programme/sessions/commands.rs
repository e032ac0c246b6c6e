//! Planning sessions: they are added, moved and called off, and keep their identity.

use sqlx::PgConnection;

use super::body::SessionPatch;
use super::model::{Cancelled, Facts, Session};
use super::store;
use super::view::Shown;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Written};
use crate::ids::{RoomId, SessionId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::programme::conflicts;
use crate::programme::error::{Error, taken};
use crate::programme::frame::Frame;
use crate::programme::rooms;
use crate::programme::store::hold;
use crate::text::{Fault, Reason};

/// Plans a session. What the ceremony does not refuse at once may not fit yet: the answer says what (R47).
pub async fn plan(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    facts: &Facts,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        must_be_there(tx, facts.room).await?;
        let session = Session::planned(facts.clone(), tx.now);
        let id = session.id;
        store::insert(tx, &session, None).await.map_err(taken)?;
        let found = conflicts::must_fit(tx, &frame.conflicts, |other| other.id == id).await?;
        let event = Event::of("session.planned", id.uuid()).with(&session.facts);
        Ok((Created(Shown::at(frame.time_zone, session).with(found)), event))
    })
    .await
}

/// Changes or moves a session.
pub async fn change(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SessionId,
    if_match: &IfMatch,
    patch: &SessionPatch,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let mut faults = Faults::default();
        let facts = patch.clone().apply(before.facts.clone(), &mut faults);
        faults.none_or()?;
        must_be_there(tx, facts.room).await?;
        let session = before.clone().changed(facts, tx.now).map_err(|_| Error::Cancelled)?;
        store::save(tx, &session).await.map_err(taken)?;
        let found = conflicts::must_fit(tx, &frame.conflicts, |other| other.id == id).await?;
        let event = Event::of("session.changed", id.uuid()).changed(&before.facts, &session.facts);
        Ok((Shown::at(frame.time_zone, session).with(found), event))
    })
    .await
}

/// Calls a session off. It stays in the programme as cancelled, and its room is free.
pub async fn cancel(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SessionId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let cancelled = Cancelled { at: tx.now, by: actor.account(), because: reason.clone() };
        let session = before.cancel(cancelled).map_err(|_| Error::Cancelled)?;
        store::save(tx, &session).await?;
        let event = Event::of("session.cancelled", id.uuid()).because(Some(reason));
        Ok((Shown::at(frame.time_zone, session), event))
    })
    .await
}

/// A session comes into a room that there is.
async fn must_be_there(conn: &mut PgConnection, room: Option<RoomId>) -> Result<(), Error> {
    let Some(id) = room else { return Ok(()) };
    if rooms::store::find(conn, id).await?.is_none() {
        let fault = Fault::new("unknown_room", "the id of a room is expected");
        return Err(Faults::at("/room", fault).into());
    }
    Ok(())
}
