//! Keeping the rooms.

use super::api::RoomPatch;
use super::model::{Room, RoomFacts};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Written};
use crate::ids::RoomId;
use crate::input::Faults;
use crate::page::{IfMatch, Version};
use crate::programme::conflicts::{self, Levels};
use crate::programme::error::{Error, taken};
use crate::programme::store::hold;

/// Adds a room.
pub async fn add(
    db: &Db,
    actor: &Actor,
    facts: &RoomFacts,
) -> Result<Written<Created<Room>>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let room = Room {
            id: RoomId::fresh(),
            facts: facts.clone(),
            updated_at: tx.now,
            version: Version(1),
        };
        store::insert(tx, &room, None).await?;
        let event = Event::of("room.added", room.id.uuid()).with(&room.facts);
        Ok((Created(room), event))
    })
    .await
}

/// Changes a room. What takes place there must still fit, as far as the ceremony refuses what does not (R47).
pub async fn change(
    db: &Db,
    levels: &Levels,
    actor: &Actor,
    id: RoomId,
    if_match: &IfMatch,
    patch: &RoomPatch,
) -> Result<Written<Room>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let mut faults = Faults::default();
        let facts = patch.clone().apply(before.facts.clone(), &mut faults);
        faults.none_or()?;
        let version = before.version.next();
        let room = Room { facts, updated_at: tx.now, version, ..before.clone() };
        store::save(tx, &room).await.map_err(taken)?;
        conflicts::must_fit(tx, levels, |session| session.facts.room == Some(id)).await?;
        let event = Event::of("room.changed", id.uuid()).changed(&before.facts, &room.facts);
        Ok((room, event))
    })
    .await
}
