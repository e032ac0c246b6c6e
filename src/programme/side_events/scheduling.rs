//! Giving a side event its place: it becomes a session of the draft, which is moved and called off like any other.

use super::model::SideEvent;
use super::view::Shown;
use super::{commands, store};
use crate::access::{Action, Actor, Denied};
use crate::db::{Db, Event, Events, Tx, Written};
use crate::ids::{RoomId, SideEventId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::programme::conflicts;
use crate::programme::error::{Error, taken};
use crate::programme::frame::{Frame, Slot};
use crate::programme::rooms::{self, FrameKey};
use crate::programme::sessions::{self, Access, Announced, Facts, Part, Session, SessionKind};
use crate::programme::store::hold;

/// Gives an accepted side event a room in a slot. What the ceremony does not refuse at once may not fit yet: the answer
/// says what (R47).
pub async fn schedule(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SideEventId,
    if_match: &IfMatch,
    (slot, room): (&FrameKey, RoomId),
) -> Result<Written<Shown>, Error> {
    commands::sponsor_of(db, actor, id).await?;
    let permit = actor.permit(Action::ReviewSideEvents)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let mut faults = Faults::default();
        let slot = frame.slots.iter().find(|known| known.key == *slot);
        if slot.is_none() {
            faults.add("/slot", "unknown_slot", "the key of a slot of the ceremony is expected");
        }
        if rooms::store::find(tx, room).await?.is_none() {
            faults.add("/room", "unknown_room", "the id of a room is expected");
        }
        let Some(slot) = slot.filter(|_| faults.0.is_empty()) else { return Err(faults.into()) };
        let free = without_lost_session(tx, before).await?;
        let (event, session, [scheduled, planned]) = place(tx, free, slot, room).await?;
        let is_new = |other: &Session| other.id == session.id;
        let found = conflicts::must_fit(tx, &frame.conflicts, is_new).await?;
        Ok((
            Shown::to(actor, &frame.side_events, event).with(found),
            Events::from(scheduled).and(planned),
        ))
    })
    .await
}

/// Plans the session of a side event that has none, with the programme held.
pub async fn place(
    tx: &mut Tx<'_>,
    event: SideEvent,
    slot: &Slot,
    room: RoomId,
) -> Result<(SideEvent, Session, [Event; 2]), Error> {
    let session = Session::planned(planned(&event, slot, room), tx.now);
    let event = event.scheduled(session.id, tx.now)?;
    sessions::store::insert(tx, &session, None).await.map_err(taken)?;
    store::save_state(tx, &event).await?;
    let planned = Event::of("session.planned", session.id.uuid())
        .with(&serde_json::json!({ "side_event": event.id, "slot": slot.key, "room": room }));
    let scheduled = commands::about("side_event.scheduled", &event)
        .with(&serde_json::json!({ "slot": slot.key }));
    Ok((event, session, [scheduled, planned]))
}

/// The same side event as one without a place, where its session was called off.
async fn without_lost_session(tx: &mut Tx<'_>, event: SideEvent) -> Result<SideEvent, Error> {
    let Some(id) = event.session else { return Ok(event) };
    let stands = sessions::store::find(tx, id).await?.is_some_and(|session| session.stands());
    Ok(if stands { event } else { event.released() })
}

/// What is planned for a side event: whoever is accredited may come, as many as are expected.
fn planned(event: &SideEvent, slot: &Slot, room: RoomId) -> Facts {
    let asked = &event.application;
    let announced = asked.speakers.iter().map(|speaker| Announced {
        part: Part::Speaker,
        name: speaker.name.clone(),
        title: speaker.title.clone(),
        organization: speaker.organization.clone(),
    });
    Facts {
        kind: SessionKind::SideEvent,
        title: asked.title.clone(),
        about: asked.about.clone(),
        room: Some(room),
        layout: asked.needs.layout,
        starts_at: slot.starts_at.kept().to_utc(),
        ends_at: slot.ends_at.kept().to_utc(),
        people: announced.collect(),
        access: Access::Accredited,
        places: Some(asked.needs.audience),
        equipment: asked.needs.equipment.clone(),
        languages: asked.needs.languages.clone(),
        embargo_until: None,
    }
}
