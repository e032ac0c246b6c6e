//! Proposing which side event gets which place, and doing so.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use super::api::Shown;
use super::input::{self, Draft, Offer};
use super::model::allocate;
use super::proposal::{Allocation, AllocationState, Placement, Proposal};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Events, Tx, Written};
use crate::ids::{AllocationId, SessionId, SideEventId};
use crate::input::Faults;
use crate::page::{IfMatch, Version};
use crate::programme::conflicts::{self, Level};
use crate::programme::error::Error;
use crate::programme::frame::Frame;
use crate::programme::side_events::refused::Refused;
use crate::programme::side_events::{reviews, scheduling};
use crate::programme::store::hold;
use crate::programme::{rooms, sessions, side_events};
use crate::secret;

/// Proposes places for the side events that are accepted and have none. It is reckoned outside of any transaction, off the
/// reactor and a few at a time; what has changed meanwhile is found out when the proposal is applied.
pub async fn propose(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    desks: &Arc<Semaphore>,
    offer: Offer,
    seed: Option<u32>,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::ReviewSideEvents)?;
    let mut tx = db.read(permit.scope()).await?;
    let draft = draft(&mut tx).await?;
    drop(tx);
    check(frame, &draft, &offer).map_err(Error::Faults)?;
    let seed = seed.unwrap_or_else(|| u32::from_be_bytes(secret::random::<4>()));
    let (slots, rules) = (frame.slots.clone(), frame.side_events.allocation);
    let desk = Arc::clone(desks).acquire_owned().await.map_err(|_| Refused::BrokenOff)?;
    let reckoned = tokio::task::spawn_blocking(move || {
        let (problem, events) = input::problem(draft, &slots, &offer, rules, seed);
        let outcome = allocate(&problem);
        // The desk goes with the work: whoever hangs up makes no room for another.
        drop(desk);
        Proposal::of(&problem, &outcome, &events, &slots)
    });
    let proposal = reckoned.await.map_err(|_| Refused::BrokenOff)?;

    db.write(permit, async |tx| {
        let allocation = Allocation {
            id: AllocationId::fresh(),
            state: AllocationState::Proposed,
            seed,
            proposal: proposal.clone(),
            proposed_by: actor.account(),
            proposed_at: tx.now,
            applied: None,
            version: Version(1),
        };
        store::insert(tx, &allocation).await?;
        let event = Event::of("allocation.proposed", allocation.id.uuid()).with(&json!({
            "seed": seed,
            "score": proposal.score,
            "placements": proposal.placements.len(),
            "unplaced": proposal.unplaced.len(),
        }));
        Ok((Created(Shown(allocation)), event))
    })
    .await
}

/// Makes sessions of the draft of what is proposed: all of it or nothing. What has changed since, and what does not fit any
/// more, is told, and a proposal is to be made anew.
pub async fn apply(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: AllocationId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::ReviewSideEvents)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let allocation = before.apply(actor.account(), tx.now).map_err(|_| Refused::Applied)?;
        let (made, told) = place_all(tx, frame, &allocation.proposal.placements).await?;
        let is_new = |session: &sessions::Session| made.contains(&session.id);
        let mut found = conflicts::must_fit(tx, &frame.conflicts, is_new).await?;
        found.retain(|conflict| conflict.level >= Level::RefuseAtRelease);
        if !found.is_empty() {
            return Err(Error::Conflicts(found));
        }
        store::save(tx, &allocation).await?;
        let event = Event::of("allocation.applied", id.uuid()).with(&json!({ "sessions": made }));
        let events = told.into_iter().fold(Events::from(event), Events::and);
        Ok((Shown(allocation), events))
    })
    .await
}

/// A session for each placement, where nothing of it has changed since it was proposed.
async fn place_all(
    tx: &mut Tx<'_>,
    frame: &Frame,
    placements: &[Placement],
) -> Result<(Vec<SessionId>, Vec<Event>), Error> {
    let ids: Vec<_> = placements.iter().map(|placement| placement.side_event).collect();
    let events = side_events::store::lock_all(tx, &ids).await?;
    let mut events: BTreeMap<_, _> = events.into_iter().map(|event| (event.id, event)).collect();
    let mut overtaken: Vec<SideEventId> = Vec::new();
    let (mut made, mut told) = (Vec::new(), Vec::new());
    for Placement { side_event, version, slot, room, .. } in placements {
        let slot = frame.slots.iter().find(|known| known.key == *slot);
        let event = events.remove(side_event).filter(|event| event.version == Version(*version));
        let (Some(slot), Some(event)) = (slot, event) else {
            overtaken.push(*side_event);
            continue;
        };
        // One whose session was called off had no place when this was proposed.
        let (_, session, more) = scheduling::place(tx, event.released(), slot, *room).await?;
        made.push(session.id);
        told.extend(more);
    }
    if overtaken.is_empty() { Ok((made, told)) } else { Err(Refused::Overtaken(overtaken).into()) }
}

/// All that a proposal hangs on, as it is.
async fn draft(conn: &mut PgConnection) -> Result<Draft, sqlx::Error> {
    Ok(Draft {
        rooms: rooms::store::all(conn).await?,
        sessions: sessions::store::all(conn).await?,
        events: side_events::store::accepted(conn).await?,
        merits: reviews::merits(conn).await?,
        groups: store::groups(conn).await?,
    })
}

/// Refuses rooms and slots that there are not.
fn check(frame: &Frame, draft: &Draft, offer: &Offer) -> Result<(), Faults> {
    let mut faults = Faults::default();
    for (place, room) in offer.rooms.iter().flatten().enumerate() {
        if !draft.rooms.iter().any(|known| known.id == *room) {
            let at = format!("/rooms/{place}");
            faults.add(at, "unknown_room", "the id of a room is expected");
        }
    }
    for (place, slot) in offer.slots.iter().flatten().enumerate() {
        if !frame.slots.iter().any(|known| known.key == *slot) {
            let at = format!("/slots/{place}");
            faults.add(at, "unknown_slot", "the key of a slot of the ceremony is expected");
        }
    }
    faults.none_or()
}
