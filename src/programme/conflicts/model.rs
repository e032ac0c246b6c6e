//! What does not fit in a programme, and how serious that is (R47). Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{RoomId, SessionId};
use crate::programme::rooms::Room;
use crate::programme::sessions::Session;
use crate::text::choices;

choices! {
    /// What does not fit.
    ConflictKind {
        /// Two sessions are in one room at a time, turn-round time included.
        Room = "room",
        /// The room cannot be had then.
        Availability = "availability",
        /// The room cannot be furnished so.
        Layout = "layout",
        /// More are let in than the room holds.
        Capacity = "capacity",
        /// The room does not have what is needed.
        Equipment = "equipment",
        /// There is no interpretation into a language there, or there are too few booths.
        Interpretation = "interpretation",
        /// Somebody is announced in two sessions at a time.
        Person = "person",
    }

    /// What is done about it, the least first.
    Level {
        /// Nothing: nobody is told.
        Ignore = "ignore",
        /// Whoever plans is told.
        Warn = "warn",
        /// It can be drafted, and is not released.
        RefuseAtRelease = "refuse_at_release",
        /// It is not even drafted.
        Refuse = "refuse",
    }
}

/// How serious each conflict is in this ceremony. Of a room that is taken there is no choice: the database refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    availability: Level,
    layout: Level,
    capacity: Level,
    equipment: Level,
    interpretation: Level,
    person: Level,
}

impl Levels {
    /// How serious conflicts of a kind are.
    #[must_use]
    pub fn of(&self, kind: ConflictKind) -> Level {
        match kind {
            ConflictKind::Room => Level::Refuse,
            ConflictKind::Availability => self.availability,
            ConflictKind::Layout => self.layout,
            ConflictKind::Capacity => self.capacity,
            ConflictKind::Equipment => self.equipment,
            ConflictKind::Interpretation => self.interpretation,
            ConflictKind::Person => self.person,
        }
    }
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConflictInProgramme)]
pub struct Conflict {
    /// What.
    pub kind: ConflictKind,
    /// How serious it is.
    pub level: Level,
    /// The session, or both.
    pub sessions: Vec<SessionId>,
    /// The room, where it is about one.
    pub room: Option<RoomId>,
    /// Of each session the place in its `people`, counted from 0, where it is about a person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<usize>,
    /// For people, in English.
    pub explanation: String,
}

/// All that does not fit among the sessions that are to take place, the most serious first, then in the order of time.
#[must_use]
pub fn conflicts(
    sessions: &[Session],
    rooms: &BTreeMap<RoomId, Room>,
    levels: &Levels,
) -> Vec<Conflict> {
    let mut standing: Vec<_> = sessions.iter().filter(|session| session.stands()).collect();
    standing.sort_by_key(|session| (session.facts.starts_at, session.id));
    let mut found = Vec::new();
    for (place, session) in standing.iter().enumerate() {
        let room = session.facts.room.and_then(|room| rooms.get(&room));
        if let Some(room) = room {
            in_its_room(session, room, &mut found);
        }
        let turn_round = room.map_or(0, |room| room.facts.turn_round_minutes);
        let over = session.facts.ends_at + TimeDelta::minutes(turn_round.into());
        // In the order of time: whoever begins when it is over, and all behind them, are out of the way.
        let later = standing.iter().skip(place + 1);
        for other in later.take_while(|other| other.facts.starts_at < over) {
            between(session, other, over, &mut found);
        }
    }
    for conflict in &mut found {
        conflict.level = levels.of(conflict.kind);
    }
    found.retain(|conflict| conflict.level > Level::Ignore);
    found.sort_by_key(|conflict| std::cmp::Reverse(conflict.level));
    found
}

/// What does not fit between a session and its room.
fn in_its_room(session: &Session, room: &Room, found: &mut Vec<Conflict>) {
    let (facts, offered) = (&session.facts, &room.facts);
    let mut add = |kind, explanation: String| {
        found.push(conflict(kind, vec![session.id], Some(room.id), explanation));
    };
    if !offered.is_available(facts.starts_at, facts.ends_at) {
        add(ConflictKind::Availability, "The room cannot be had all that time.".to_owned());
    }
    match offered.holds(facts.layout) {
        None => {
            add(ConflictKind::Layout, "The room cannot be furnished in this layout.".to_owned());
        }
        Some(holds) if facts.places.is_some_and(|places| places > holds) => {
            let explanation =
                format!("The room holds {holds} in this layout, and more are let in.");
            add(ConflictKind::Capacity, explanation);
        }
        Some(_) => {}
    }
    let lacking = facts.equipment.iter().filter(|needed| !offered.equipment.contains(needed));
    let lacking = lacking.count();
    if lacking > 0 {
        add(ConflictKind::Equipment, format!("The room lacks {lacking} of what is needed."));
    }
    let missing = facts.languages.iter().filter(|needed| !offered.languages.contains(needed));
    let missing = missing.count();
    if missing > 0 {
        let explanation =
            format!("The room has no interpretation into {missing} of the languages.");
        add(ConflictKind::Interpretation, explanation);
    } else if facts.languages.len() > usize::from(offered.booths) {
        let explanation =
            format!("The room has {} booths, and each language needs one.", offered.booths);
        add(ConflictKind::Interpretation, explanation);
    }
}

/// What does not fit between a session and one that begins later; the room of the first is free again at `over`.
fn between(session: &Session, later: &Session, over: DateTime<Utc>, found: &mut Vec<Conflict>) {
    let both = vec![session.id, later.id];
    if let Some(room) = session.facts.room.filter(|room| later.facts.room == Some(*room)) {
        let explanation = format!("The room is taken until {}.", over.format("%Y-%m-%d %H:%M UTC"));
        found.push(conflict(ConflictKind::Room, both.clone(), Some(room), explanation));
    }
    if !session.facts.meets(&later.facts) {
        return;
    }
    for (place, person) in session.facts.people.iter().enumerate() {
        let name = person.recognized_by();
        let again = later.facts.people.iter().position(|other| other.recognized_by() == name);
        if let Some(again) = again {
            let explanation = "Somebody is announced in both sessions at a time.".to_owned();
            let found_twice = conflict(ConflictKind::Person, both.clone(), None, explanation);
            found.push(Conflict { people: vec![place, again], ..found_twice });
        }
    }
}

fn conflict(
    kind: ConflictKind,
    sessions: Vec<SessionId>,
    room: Option<RoomId>,
    explanation: String,
) -> Conflict {
    Conflict { kind, level: Level::Ignore, sessions, room, people: Vec::new(), explanation }
}

#[cfg(test)]
mod tests;
