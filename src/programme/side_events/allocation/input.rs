//! What a proposal hangs on, gathered from the draft: who wants a place, what can be had, who is elsewhere. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{AllocationRules, Applicant, Busy, Place, Problem};
use crate::ids::{RoomId, SessionId, SideEventId};
use crate::programme::frame::Slot;
use crate::programme::rooms::{FrameKey, Room};
use crate::programme::sessions::{Announced, Session};
use crate::programme::side_events::model::{SideEvent, Speaker};
use crate::text::ParticipantCode;

/// What reviewers think of a side event of which they have said nothing: the middle.
const UNREVIEWED: u16 = 300;

/// The draft as it is.
#[derive(Debug)]
pub struct Draft {
    /// All rooms.
    pub rooms: Vec<Room>,
    /// All sessions.
    pub sessions: Vec<Session>,
    /// The side events that are accepted, in the order in which they were handed in.
    pub events: Vec<SideEvent>,
    /// What reviewers think of them, in hundredths.
    pub merits: BTreeMap<SideEventId, u16>,
    /// To which group their sponsors belong.
    pub groups: BTreeMap<ParticipantCode, String>,
}

/// What of it may be used; all where nothing is named.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// These rooms.
    pub rooms: Option<Vec<RoomId>>,
    /// These slots.
    pub slots: Option<Vec<FrameKey>>,
}

/// The problem, and the side events that want a place, in the order of its applicants.
pub fn problem(
    draft: Draft,
    slots: &[Slot],
    offer: &Offer,
    rules: AllocationRules,
    seed: u32,
) -> (Problem, Vec<SideEvent>) {
    let standing: BTreeMap<_, _> = draft
        .sessions
        .iter()
        .filter(|session| session.stands())
        .map(|session| (session.id, session))
        .collect();
    let has_place = |event: &SideEvent| event.session.is_some_and(|id| standing.contains_key(&id));
    let (placed, waiting): (Vec<_>, Vec<_>) = draft.events.into_iter().partition(has_place);
    let applicants = waiting.iter().map(|event| Applicant {
        sponsor: event.sponsor.clone(),
        group: draft.groups.get(&event.sponsor).cloned().unwrap_or_default(),
        hosts: event.hosts(),
        people: event.application.speakers.iter().map(Speaker::recognized_by).collect(),
        needs: event.application.needs.clone(),
        wanted: numbers(&event.application.preferred_slots, slots),
        merit: draft.merits.get(&event.id).copied().unwrap_or(UNREVIEWED),
    });
    let problem = Problem {
        applicants: applicants.collect(),
        places: places(&draft.rooms, &standing, slots, offer),
        busy: slots.iter().map(|slot| busy(slot, &standing, &placed)).collect(),
        served: placed.iter().map(|event| event.sponsor.clone()).collect(),
        rules,
        seed,
    };
    (problem, waiting)
}

type Standing<'a> = BTreeMap<SessionId, &'a Session>;

/// The slots that somebody wants, by their numbers.
fn numbers(wanted: &[FrameKey], slots: &[Slot]) -> Vec<usize> {
    let number = |key: &FrameKey| slots.iter().position(|slot| slot.key == *key);
    wanted.iter().filter_map(number).collect()
}

/// Every room in every slot in which it can be had and is not used, the time to turn it round included.
fn places(rooms: &[Room], standing: &Standing<'_>, slots: &[Slot], offer: &Offer) -> Vec<Place> {
    let mut places = Vec::new();
    for (number, slot) in slots.iter().enumerate() {
        if offer.slots.as_ref().is_some_and(|named| !named.contains(&slot.key)) {
            continue;
        }
        let (starts_at, ends_at) = span(slot);
        let can_be_had = |room: &&Room| {
            let is_offered = offer.rooms.as_ref().is_none_or(|named| named.contains(&room.id));
            let turn_round = TimeDelta::minutes(room.facts.turn_round_minutes.into());
            let mut others =
                standing.values().filter(|session| session.facts.room == Some(room.id));
            is_offered
                && room.facts.is_available(starts_at, ends_at)
                && !others.any(|other| {
                    other.facts.starts_at < ends_at + turn_round
                        && starts_at < other.facts.ends_at + turn_round
                })
        };
        let free = rooms.iter().filter(can_be_had);
        places.extend(free.map(|room| Place {
            slot: number,
            room: room.clone(),
            starts_at,
            ends_at,
        }));
    }
    places
}

/// Who is elsewhere in a slot.
fn busy(slot: &Slot, standing: &Standing<'_>, placed: &[SideEvent]) -> Busy {
    let (starts_at, ends_at) = span(slot);
    let meets =
        |session: &&Session| session.facts.starts_at < ends_at && starts_at < session.facts.ends_at;
    let sessions = standing.values().copied().filter(meets);
    let people = sessions.flat_map(|session| &session.facts.people);
    let people = people.map(Announced::recognized_by).collect();
    let there = placed.iter().filter(|event| {
        let session = event.session.and_then(|id| standing.get(&id));
        session.is_some_and(meets)
    });
    Busy { people, hosts: there.flat_map(SideEvent::hosts).collect() }
}

fn span(slot: &Slot) -> (DateTime<Utc>, DateTime<Utc>) {
    (slot.starts_at.kept().to_utc(), slot.ends_at.kept().to_utc())
}
