//! Each kind of conflict, and each level.

use std::collections::BTreeMap;

use super::*;
use crate::ids::RoomId;
use crate::page::Version;
use crate::programme::rooms::{Equipment, Furnished, Layout, RoomFacts};
use crate::programme::sessions::{Access, Announced, Facts, Part, SessionKind};
use crate::programme::words::english;
use crate::text::{Label, Language, PersonName};

const LEVELS: Levels = Levels {
    availability: Level::RefuseAtRelease,
    layout: Level::RefuseAtRelease,
    capacity: Level::RefuseAtRelease,
    equipment: Level::Warn,
    interpretation: Level::Ignore,
    person: Level::RefuseAtRelease,
};

fn at(hour: &str) -> DateTime<Utc> {
    format!("2025-10-25T{hour}:00Z").parse().unwrap()
}

fn hall() -> Room {
    let facts = RoomFacts {
        name: english(Label::parse("Hall").unwrap()),
        capacity: 100,
        layouts: vec![Furnished { layout: Layout::Theatre, capacity: 80 }],
        turn_round_minutes: 15,
        booths: 1,
        languages: vec![Language::parse("fr").unwrap(), Language::parse("en").unwrap()],
        equipment: vec![Equipment::parse("screen").unwrap()],
        availability: vec![],
    };
    Room { id: RoomId::fresh(), facts, updated_at: at("00:00"), version: Version(1) }
}

fn session(room: Option<&Room>, from: &str, until: &str, people: &[&str]) -> Session {
    let people = people.iter().map(|name| Announced {
        part: Part::Speaker,
        name: PersonName::parse(name).unwrap(),
        title: None,
        organization: None,
    });
    let facts = Facts {
        kind: SessionKind::Panel,
        title: english(Label::parse("A panel").unwrap()),
        about: None,
        room: room.map(|room| room.id),
        layout: None,
        starts_at: at(from),
        ends_at: at(until),
        people: people.collect(),
        access: Access::Public,
        places: None,
        equipment: vec![],
        languages: vec![],
        embargo_until: None,
    };
    Session::planned(facts, at("00:00"))
}

fn kinds(sessions: &[Session], room: &Room, levels: Levels) -> Vec<(ConflictKind, Level)> {
    let rooms = BTreeMap::from([(room.id, room.clone())]);
    let found = conflicts(sessions, &rooms, &levels);
    found.iter().map(|conflict| (conflict.kind, conflict.level)).collect()
}

#[test]
fn r44_a_room_is_taken_until_it_has_been_turned_round() {
    let hall = hall();
    let taken = |from, until| {
        let both =
            [session(Some(&hall), "09:00", "10:00", &[]), session(Some(&hall), from, until, &[])];
        kinds(&both, &hall, LEVELS)
    };
    for (from, until) in
        [("09:30", "09:40"), ("10:14", "11:00"), ("08:00", "08:46"), ("09:00", "10:00")]
    {
        assert_eq!(taken(from, until), [(ConflictKind::Room, Level::Refuse)], "{from} {until}");
    }
    for (from, until) in [("10:15", "11:00"), ("08:00", "08:45")] {
        assert_eq!(taken(from, until), [], "{from} {until}");
    }
}

#[test]
fn r47_nobody_is_in_two_places_at_a_time_however_the_name_is_typed() {
    let hall = hall();
    let with = |name, from, until| {
        let first = session(Some(&hall), "09:00", "10:00", &["Ann Sample", "José Ejemplo"]);
        kinds(&[first, session(None, from, until, &[name])], &hall, LEVELS)
    };
    for name in ["José Ejemplo", "JOSE  EJEMPLO"] {
        let twice = [(ConflictKind::Person, Level::RefuseAtRelease)];
        assert_eq!(with(name, "09:59", "10:30"), twice, "{name}");
        assert_eq!(with(name, "10:00", "10:30"), [], "one after the other");
    }
    assert_eq!(with("Somebody Else", "09:00", "10:00"), []);
}

#[test]
fn r47_a_room_gives_what_it_has_and_each_conflict_has_the_level_of_the_ceremony() {
    let hall = hall();
    let mut odd = session(Some(&hall), "09:00", "10:00", &[]);
    odd.facts.layout = Some(Layout::Theatre);
    odd.facts.places = Some(81);
    odd.facts.equipment = vec![Equipment::parse("piano").unwrap()];
    odd.facts.languages = vec![Language::parse("vi").unwrap()];
    let odd = [odd];
    assert_eq!(
        kinds(&odd, &hall, LEVELS),
        [(ConflictKind::Capacity, Level::RefuseAtRelease), (ConflictKind::Equipment, Level::Warn),],
        "the most serious first; what is ignored is not told"
    );
    let strict = Levels { interpretation: Level::Refuse, ..LEVELS };
    assert_eq!(kinds(&odd, &hall, strict)[0], (ConflictKind::Interpretation, Level::Refuse));
    let mut fits = odd[0].clone();
    fits.facts.places = Some(80);
    fits.facts.equipment.clear();
    fits.facts.languages = vec![Language::parse("fr").unwrap()];
    assert_eq!(kinds(&[fits.clone()], &hall, strict), []);
    fits.facts.languages = hall.facts.languages.clone();
    assert_eq!(kinds(&[fits.clone()], &hall, strict).len(), 1, "two languages, one booth");
    fits.facts.layout = Some(Layout::Banquet);
    assert_eq!(kinds(&[fits], &hall, LEVELS)[0].0, ConflictKind::Layout);
}
