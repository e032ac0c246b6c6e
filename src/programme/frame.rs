//! The ceremony's own part of the programme: how it is judged, and with what it starts.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::conflicts::{Level, Levels, conflicts};
use super::rooms::{Equipment, FrameKey, Furnished, Layout, Room, RoomFacts, Span};
use super::seats::SeatRules;
use super::sessions::{Access, Facts, Session, SessionKind};
use super::side_events::SideEventRules;
use super::speakers::Classes;
use super::words::{Abstract, Name};
use crate::ids::RoomId;
use crate::input::{Faults, Moment};
use crate::page::Version;
use crate::table::FileFault;
use crate::text::{Language, Translated};

const FILE: &str = "programme.toml";

/// How the programme is judged, and with what it starts.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The zone of the place.
    pub time_zone: Tz,
    /// How long a room is not to be had after a session, where it does not say itself.
    pub turn_round_minutes: u16,
    /// How serious conflicts are (R47).
    pub conflicts: Levels,
    /// How speakers' lists are ordered (R49).
    pub speakers: Classes,
    /// How seats are given (R48).
    pub seats: SeatRules,
    /// How side events are applied for, judged and placed (R45).
    pub side_events: SideEventRules,
    /// The times at which side events can be (R45).
    pub slots: Vec<Slot>,
    /// The rooms of the start.
    pub rooms: Vec<(FrameKey, RoomFacts)>,
    /// The sessions of the start.
    pub sessions: Vec<FrameSession>,
}

/// A time at which side events can be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// By which it is known.
    pub key: FrameKey,
    /// When they begin.
    pub starts_at: Moment,
    /// When they end, the change of rooms included.
    pub ends_at: Moment,
}

/// A session of the start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameSession {
    /// By which it is known.
    pub key: FrameKey,
    /// What takes place.
    pub kind: SessionKind,
    /// Its title.
    pub title: Name,
    /// What it is about.
    #[serde(default, rename = "abstract")]
    pub about: Option<Translated<Abstract>>,
    /// In which of the rooms.
    pub room: FrameKey,
    /// How it is furnished.
    #[serde(default)]
    pub layout: Option<Layout>,
    /// When it begins.
    pub starts_at: Moment,
    /// When it ends.
    pub ends_at: Moment,
    /// Who sees it and who may come.
    pub access: Access,
    /// Into which languages it is interpreted.
    #[serde(default)]
    pub languages: Vec<Language>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameFile {
    #[serde(deserialize_with = "crate::ceremony::time_zone")]
    time_zone: Tz,
    turn_round_minutes: u16,
    conflicts: Levels,
    seats: SeatRules,
    speakers: Classes,
    side_events: SideEventRules,
    #[serde(default)]
    slot: Vec<Slot>,
    #[serde(default)]
    room: Vec<FrameRoom>,
    #[serde(default)]
    session: Vec<FrameSession>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrameRoom {
    key: FrameKey,
    name: Name,
    capacity: u16,
    #[serde(default)]
    layouts: Vec<Furnished>,
    turn_round_minutes: Option<u16>,
    #[serde(default)]
    booths: u16,
    #[serde(default)]
    languages: Vec<Language>,
    #[serde(default)]
    equipment: Vec<Equipment>,
    #[serde(default)]
    availability: Vec<Span>,
}

impl Frame {
    /// Reads `programme.toml`.
    pub fn read(text: &str, faults: &mut Vec<FileFault>) -> Option<Self> {
        let file: FrameFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                faults.push(FileFault::of_toml(FILE, text, &error));
                return None;
            }
        };
        let usual = file.turn_round_minutes;
        let rooms: Vec<_> = file.room.into_iter().map(|room| room.facts(usual)).collect();
        let frame = Self {
            time_zone: file.time_zone,
            turn_round_minutes: usual,
            conflicts: file.conflicts,
            seats: file.seats,
            speakers: file.speakers,
            side_events: file.side_events,
            slots: file.slot,
            rooms,
            sessions: file.session,
        };
        frame.check(faults);
        Some(frame)
    }
}

impl FrameRoom {
    fn facts(self, usual_turn_round_minutes: u16) -> (FrameKey, RoomFacts) {
        let facts = RoomFacts {
            name: self.name,
            capacity: self.capacity,
            layouts: self.layouts,
            turn_round_minutes: self.turn_round_minutes.unwrap_or(usual_turn_round_minutes),
            booths: self.booths,
            languages: self.languages,
            equipment: self.equipment,
            availability: self.availability,
        };
        (self.key, facts)
    }
}

/// What the programme begins with: rooms and sessions with identities of their own.
#[derive(Debug)]
pub struct Beginning {
    /// The rooms.
    pub rooms: Vec<(FrameKey, Room)>,
    /// The sessions; one whose room is not there is left out.
    pub sessions: Vec<(FrameKey, Session)>,
}

impl Frame {
    /// What the programme begins with.
    #[must_use]
    pub fn beginning(&self, now: DateTime<Utc>) -> Beginning {
        let room = |(key, facts): &(FrameKey, RoomFacts)| {
            let (id, version) = (RoomId::fresh(), Version(1));
            (key.clone(), Room { id, facts: facts.clone(), updated_at: now, version })
        };
        let rooms: Vec<_> = self.rooms.iter().map(room).collect();
        let session = |planned: &FrameSession| {
            let (_, room) = rooms.iter().find(|(key, _)| *key == planned.room)?;
            Some((planned.key.clone(), Session::planned(planned.facts(room.id), now)))
        };
        let sessions = self.sessions.iter().filter_map(session).collect();
        Beginning { rooms, sessions }
    }

    /// Adds what cannot be.
    fn check(&self, faults: &mut Vec<FileFault>) {
        let mut add = |detail: String| faults.push(FileFault::of(FILE, detail));
        let Beginning { rooms: begun, sessions: planned } = self.beginning(DateTime::UNIX_EPOCH);
        let mut wrong = Vec::new();
        for (key, facts) in &self.rooms {
            let mut faults = Faults::default();
            facts.check(&mut faults);
            wrong.push((format!("room {key}"), faults));
        }
        for (key, session) in &planned {
            let mut faults = Faults::default();
            session.facts.check(&mut faults);
            wrong.push((format!("session {key}"), faults));
        }
        for (what, Faults(faults)) in wrong {
            for fault in faults {
                add(format!("{what}{}: {}", fault.pointer, fault.detail));
            }
        }
        self.side_events.faults().into_iter().for_each(&mut add);
        let rooms: Vec<_> = self.rooms.iter().map(|(key, _)| key).collect();
        for session in &self.sessions {
            if !rooms.contains(&&session.room) {
                add(format!("session {} is in a room that does not stand here", session.key));
            }
        }
        for slot in self.slots.iter().filter(|slot| slot.ends_at <= slot.starts_at) {
            add(format!("slot {} ends before it begins", slot.key));
        }
        let sessions = self.sessions.iter().map(|session| &session.key).collect();
        let slots = self.slots.iter().map(|slot| &slot.key).collect();
        for keys in [rooms, sessions, slots] {
            let mut seen = BTreeSet::new();
            for key in keys.into_iter().filter(|key| !seen.insert(*key)) {
                add(format!("{key} stands here twice"));
            }
        }
        let rooms = begun.into_iter().map(|(_, room)| (room.id, room)).collect();
        let sessions: Vec<_> = planned.iter().map(|(_, session)| session.clone()).collect();
        let refused = conflicts(&sessions, &rooms, &self.conflicts).into_iter();
        for conflict in refused.filter(|conflict| conflict.level >= Level::RefuseAtRelease) {
            let involved =
                planned.iter().filter(|(_, session)| conflict.sessions.contains(&session.id));
            let involved: Vec<_> = involved.map(|(key, _)| key.as_str()).collect();
            add(format!("session {}: {}", involved.join(", "), conflict.explanation));
        }
    }
}

impl FrameSession {
    fn facts(&self, room: RoomId) -> Facts {
        Facts {
            kind: self.kind,
            title: self.title.clone(),
            about: self.about.clone(),
            room: Some(room),
            layout: self.layout,
            starts_at: self.starts_at.kept().to_utc(),
            ends_at: self.ends_at.kept().to_utc(),
            people: Vec::new(),
            access: self.access,
            places: None,
            equipment: Vec::new(),
            languages: self.languages.clone(),
            embargo_until: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::conflicts::ConflictKind;

    const BUILT_IN: &str = include_str!("../../config/ceremony/programme.toml");

    fn read(text: &str) -> (Option<Frame>, Vec<String>) {
        let mut faults = Vec::new();
        let frame = Frame::read(text, &mut faults);
        (frame, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn r45_the_frame_has_the_days_and_the_slots_of_ha_noi() {
        let (frame, faults) = read(BUILT_IN);
        assert_eq!(faults, [""; 0]);
        let frame = frame.unwrap();
        let local = |moment: &Moment| {
            moment.0.with_timezone(&frame.time_zone).format("%d %H:%M").to_string()
        };
        let slots: Vec<_> =
            frame.slots.iter().map(|slot| (local(&slot.starts_at), local(&slot.ends_at))).collect();
        let expected =
            [("26 09:00", "26 10:15"), ("26 12:00", "26 13:15"), ("26 13:30", "26 14:45")];
        assert_eq!(slots, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
        let of = |kind| frame.sessions.iter().filter(|session| session.kind == kind).count();
        assert_eq!((of(SessionKind::Signing), of(SessionKind::Plenary)), (1, 3));
        assert!(frame.rooms.len() >= 13, "a hall, and twelve rooms for side events");
        assert_eq!(frame.conflicts.of(ConflictKind::Room), Level::Refuse);
    }

    #[test]
    fn a_frame_with_faults_is_refused_with_all_of_them() {
        let broken = BUILT_IN.replace("key = \"hall_b\"", "key = \"hall_a\"").replace(
            "ends_at = \"2025-10-25T10:00:00+07:00\"",
            "ends_at = \"2025-10-25T10:01:00+07:00\"",
        );
        let (_, faults) = read(&broken);
        assert_eq!(
            faults,
            [
                "programme.toml: hall_a stands here twice",
                "programme.toml: session opening, signing: The room is taken until 2025-10-25 03:16 UTC.",
            ]
        );
        let (_, faults) = read(&BUILT_IN.replace("room = \"plenary_hall\"", "room = \"cellar\""));
        assert_eq!(faults.len(), 5, "{faults:?}");
        let (_, faults) =
            read(&BUILT_IN.replacen("access = \"public\"", "access = \"by_seat\"", 1));
        assert_eq!(
            faults,
            [
                "programme.toml: session opening/places: a session that is entered by seat says how many there are"
            ]
        );
        let (frame, faults) = read("time_zone = \"Mars\"");
        assert!(frame.is_none() && faults.len() == 1);
    }
}
