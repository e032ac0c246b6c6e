//! The frame of Ha Noi, three slots and twelve rooms, with more applications than places.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::ids::RoomId;
use crate::page::Version;
use crate::programme::rooms::{Equipment, Room, RoomFacts};
use crate::programme::side_events::model::Lack;
use crate::programme::words::english;
use crate::text::{Label, Language};

const RULES: AllocationRules = AllocationRules {
    per_sponsor: 1,
    steps: 3000,
    placed: 100,
    merit: 60,
    preference: 30,
    fairness: 60,
    filling: 10,
};

const GROUPS: [&str; 5] = ["african", "asia_pacific", "eastern_european", "grulac", "weog"];

fn code(number: usize) -> ParticipantCode {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    let text: String = [number / 26 / 26, number / 26, number].map(letter).iter().collect();
    ParticipantCode::parse(&text).unwrap()
}

fn equipment(names: &[&str]) -> Vec<Equipment> {
    names.iter().map(|name| Equipment::parse(name).unwrap()).collect()
}

fn room(capacity: u16, has: &[&str]) -> Room {
    let facts = RoomFacts {
        name: english(Label::parse("Hall").unwrap()),
        capacity,
        layouts: vec![],
        turn_round_minutes: 0,
        booths: 2,
        languages: vec![Language::parse("fr").unwrap()],
        equipment: equipment(has),
        availability: vec![],
    };
    Room { id: RoomId::fresh(), facts, updated_at: DateTime::UNIX_EPOCH, version: Version(1) }
}

/// The three slots, the second and the third with a quarter of an hour between them.
fn places(rooms: &[Room]) -> Vec<Place> {
    let begins = ["02:00", "05:00", "06:30"];
    let begin = |at: &str| -> DateTime<Utc> { format!("2025-10-26T{at}:00Z").parse().unwrap() };
    let slots = begins.iter().enumerate();
    let place = |slot, starts_at, room: &Room| {
        let ends_at = starts_at + TimeDelta::minutes(75);
        Place { slot, room: room.clone(), starts_at, ends_at }
    };
    slots
        .flat_map(|(slot, at)| rooms.iter().map(move |room| place(slot, begin(at), room)))
        .collect()
}

fn hanoi() -> Vec<Place> {
    let sizes = [(3, 120), (4, 80), (5, 50)];
    let rooms = sizes.iter().flat_map(|(count, holds)| (0..*count).map(|_| *holds));
    let rooms: Vec<_> = rooms.map(|holds| room(holds, &["screen"])).collect();
    places(&rooms)
}

fn applicant(number: usize) -> Applicant {
    Applicant {
        sponsor: code(number),
        group: GROUPS[number % 5].to_owned(),
        hosts: vec![code(number)],
        people: vec![format!("speaker {number}")],
        needs: Needs { audience: 40, layout: None, equipment: vec![], languages: vec![] },
        wanted: vec![],
        merit: 300,
    }
}

fn problem(applicants: Vec<Applicant>, places: Vec<Place>, seed: u32) -> Problem {
    let busy = vec![Busy::default(); 3];
    Problem { applicants, places, busy, served: vec![], rules: RULES, seed }
}

/// Sixty applications as they come: some want much, some share speakers and hosts, and most are of one group.
fn sixty(seed: u32) -> Problem {
    let each = (0..60).map(|number| Applicant {
        group: GROUPS[if number < 35 { 4 } else { number % 5 }].to_owned(),
        sponsor: code(number % 56),
        hosts: vec![code(number % 56), code(100 + number % 13)],
        people: vec![format!("speaker {}", number % 45), format!("chair {number}")],
        needs: Needs {
            audience: if number % 13 == 0 { 130 } else { [30, 60, 100, 45][number % 4] },
            layout: None,
            equipment: equipment(if number % 17 == 0 { &["piano"] } else { &["screen"] }),
            languages: vec![],
        },
        wanted: vec![number % 3, (number + 1) % 3],
        merit: 100 + u16::try_from(number * 37 % 401).unwrap(),
    });
    problem(each.collect(), hanoi(), seed)
}

/// That no constraint is broken, looked at without the program's own tables.
fn check(problem: &Problem, outcome: &Outcome) {
    let all = outcome.placed.iter().map(|placed| placed.applicant);
    let all: BTreeSet<_> = all.chain(outcome.unplaced.iter().map(|un| un.applicant)).collect();
    assert_eq!(all.len(), outcome.placed.len() + outcome.unplaced.len(), "everybody is told once");
    assert_eq!(all.len(), problem.applicants.len());
    for (number, placed) in outcome.placed.iter().enumerate() {
        let (asks, at) = (&problem.applicants[placed.applicant], &problem.places[placed.place]);
        let facts = &at.room.facts;
        assert!(facts.capacity >= asks.needs.audience);
        assert!(asks.needs.equipment.iter().all(|needed| facts.equipment.contains(needed)));
        assert!(!problem.busy[at.slot].people.iter().any(|person| asks.people.contains(person)));
        let same = problem.served.iter().filter(|served| **served == asks.sponsor).count();
        let mut sponsors = same + 1;
        for other in &outcome.placed[number + 1..] {
            let (others, there) =
                (&problem.applicants[other.applicant], &problem.places[other.place]);
            sponsors += usize::from(others.sponsor == asks.sponsor);
            let turned = |place: &Place| {
                place.ends_at + TimeDelta::minutes(place.room.facts.turn_round_minutes.into())
            };
            let overlap = at.starts_at < turned(there) && there.starts_at < turned(at);
            assert!(at.room.id != there.room.id || !overlap, "two in one room");
            let shares = asks.people.iter().any(|person| others.people.contains(person))
                || asks.hosts.iter().any(|host| others.hosts.contains(host));
            assert!(!(shares && at.slot == there.slot), "somebody in two places");
        }
        assert!(sponsors <= usize::from(problem.rules.per_sponsor), "more than a sponsor may have");
    }
}

#[test]
fn r45_sixty_applications_for_thirty_six_places_find_a_plan_that_keeps_every_constraint() {
    let sixty = sixty(7);
    assert_eq!(sixty.places.len(), 36);
    let outcome = allocate(&sixty);
    check(&sixty, &outcome);
    assert_eq!(outcome.placed.len(), 36, "no place is left empty");
    assert!(
        outcome.score > outcome.first_come_score,
        "{} {}",
        outcome.score,
        outcome.first_come_score
    );
    let kinds: BTreeSet<_> = outcome
        .unplaced
        .iter()
        .map(|unplaced| match unplaced.refusal {
            Refusal::SponsorsShare { .. } => "share",
            Refusal::NoRoom { .. } => "room",
            Refusal::Elsewhere { .. } => "elsewhere",
            Refusal::Outranked { .. } => "outranked",
        })
        .collect();
    assert!(kinds.is_superset(&["room", "outranked"].into()), "{kinds:?}");
}

#[test]
fn r45_a_seed_gives_the_same_proposal_each_time() {
    let (first, again) = (allocate(&sixty(7)), allocate(&sixty(7)));
    assert_eq!(first.placed.len(), again.placed.len());
    let numbers = |outcome: &Outcome| -> Vec<_> {
        outcome.placed.iter().map(|placed| (placed.applicant, placed.place)).collect()
    };
    assert_eq!(numbers(&first), numbers(&again));
    assert_eq!((first.score, &first.unplaced), (again.score, &again.unplaced));
    assert_ne!(numbers(&first), numbers(&allocate(&sixty(8))), "the lot decides something");
}

#[test]
fn r45_each_refusal_says_what_stands_in_the_way() {
    let two = [room(50, &[]), room(50, &["screen"])];
    let one_slot: Vec<_> = places(&two).into_iter().filter(|place| place.slot == 0).collect();
    let mut all: Vec<_> = (0..6).map(applicant).collect();
    all[0].merit = 500;
    all[1].sponsor = all[0].sponsor.clone();
    all[2].needs.audience = 51;
    all[3].needs.equipment = equipment(&["piano"]);
    all[4].people = all[0].people.clone();
    all[4].needs.audience = 45;
    all[5].merit = 400;
    all[5].group = "others".to_owned();
    let contest = problem(all.clone(), one_slot.clone(), 1);
    let outcome = allocate(&contest);
    check(&contest, &outcome);
    let placed: Vec<_> = outcome.placed.iter().map(|placed| placed.applicant).collect();
    assert_eq!(placed, [0, 5]);
    let refusals: Vec<_> = outcome.unplaced.into_iter().map(|unplaced| unplaced.refusal).collect();
    assert_eq!(refusals[0], Refusal::SponsorsShare { instead: vec![0] });
    assert_eq!(refusals[1], Refusal::NoRoom { lacks: [(Lack::Capacity, 2)].into() });
    assert_eq!(refusals[2], Refusal::NoRoom { lacks: [(Lack::Equipment, 2)].into() });
    assert!(
        matches!(refusals[3], Refusal::Outranked { places: 2, loses: Some(1..) }),
        "{refusals:?}"
    );
    // With a room to spare it is the speaker who is elsewhere.
    let mut spare = problem(vec![all[0].clone(), all[4].clone()], one_slot.clone(), 1);
    let outcome = allocate(&spare);
    assert_eq!(outcome.unplaced[0].refusal, Refusal::Elsewhere { with: vec![0] });
    // Whoever is in a session that stands is elsewhere as well, and who has a side event has had their share.
    spare.busy[0].people = all[4].people.clone();
    spare.served = vec![all[0].sponsor.clone()];
    let outcome = allocate(&spare);
    assert_eq!(outcome.placed, []);
    assert_eq!(outcome.unplaced[0].refusal, Refusal::SponsorsShare { instead: vec![] });
    assert_eq!(outcome.unplaced[1].refusal, Refusal::Elsewhere { with: vec![] });
}

#[test]
fn r45_places_are_shared_between_groups_where_nothing_else_makes_a_difference() {
    let three: Vec<_> = places(&[room(50, &[])]);
    let mut all: Vec<_> = (0..6).map(applicant).collect();
    for asks in &mut all[..4] {
        asks.group = "grulac".to_owned();
        asks.merit = 320;
    }
    let groups = |rules: AllocationRules| {
        let contest = Problem { rules, ..problem(all.clone(), three.clone(), 1) };
        let placed = allocate(&contest).placed.into_iter();
        placed.map(|placed| all[placed.applicant].group.clone()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(groups(RULES), 3);
    assert_eq!(groups(AllocationRules { fairness: 0, ..RULES }), 1, "the negative control");
}

#[test]
fn r44_a_room_that_needs_longer_to_turn_round_is_not_used_in_two_slots_in_a_row() {
    let mut slow = room(50, &[]);
    slow.facts.turn_round_minutes = 16;
    let contest = problem((0..3).map(applicant).collect(), places(&[slow.clone()]), 1);
    let outcome = allocate(&contest);
    check(&contest, &outcome);
    assert_eq!(outcome.placed.len(), 2);
    slow.facts.turn_round_minutes = 15;
    let contest = problem((0..3).map(applicant).collect(), places(&[slow]), 1);
    assert_eq!(allocate(&contest).placed.len(), 3);
}

fn any_applicant() -> impl Strategy<Value = Applicant> {
    let wanted = proptest::sample::subsequence(vec![0, 1, 2], 0..=3).prop_shuffle();
    (0..12_usize, 0..4_usize, 0..8_usize, 1..140_u16, 100..=500_u16, wanted, any::<bool>())
        .prop_map(|(sponsor, other, speaker, audience, merit, wanted, projects)| Applicant {
            sponsor: code(sponsor),
            group: GROUPS[sponsor % 5].to_owned(),
            hosts: vec![code(sponsor), code(other)],
            people: vec![format!("speaker {speaker}")],
            needs: Needs {
                audience,
                layout: None,
                equipment: equipment(if projects { &["screen"] } else { &[] }),
                languages: vec![],
            },
            wanted,
            merit,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn r45_whatever_is_asked_for_no_constraint_is_broken_and_first_come_is_never_better(
        applicants in proptest::collection::vec(any_applicant(), 0..14),
        sizes in proptest::collection::vec((20..130_u16, any::<bool>(), 0..30_u16), 0..4),
        per_sponsor in 1..3_u16,
        seed in any::<u32>(),
    ) {
        let rooms: Vec<_> = sizes.into_iter().map(|(holds, projects, turn_round)| {
            let mut hall = room(holds, if projects { &["screen"] } else { &[] });
            hall.facts.turn_round_minutes = turn_round;
            hall
        }).collect();
        let mut contest = problem(applicants, places(&rooms), seed);
        contest.rules = AllocationRules { per_sponsor, steps: 200, ..RULES };
        contest.busy[1].people = vec!["speaker 3".to_owned()];
        contest.served = vec![code(5)];
        let outcome = allocate(&contest);
        check(&contest, &outcome);
        prop_assert!(outcome.score >= outcome.first_come_score);
        let again = allocate(&contest);
        prop_assert_eq!(outcome, again);
    }
}
