//! Sequences, sight and differences.

use super::*;
use crate::page::Version;
use crate::programme::sessions::{Cancelled, Facts};
use crate::programme::words::english;
use crate::text::{Label, Reason};

fn at(hour: &str) -> DateTime<Utc> {
    format!("2025-10-25T{hour}:00Z").parse().unwrap()
}

fn session() -> Session {
    let facts = Facts {
        kind: SessionKind::Panel,
        title: english(Label::parse("A panel").unwrap()),
        about: None,
        room: None,
        layout: None,
        starts_at: at("09:00"),
        ends_at: at("10:00"),
        people: vec![],
        access: Access::Public,
        places: None,
        equipment: vec![],
        languages: vec![],
        embargo_until: None,
    };
    Session::planned(facts, at("00:00"))
}

#[test]
fn r46_the_sequence_grows_with_each_release_that_moved_a_session_and_no_other() {
    let mut session = session();
    let mut last = Item::released(&session, None, None, at("01:00"));
    assert_eq!((last.sequence, last.changed_at), (0, at("01:00")));
    let mut release = |session: &Session, hour: &str| {
        last = Item::released(session, None, Some(&last), at(hour));
        (last.sequence, last.changed_at)
    };
    assert_eq!(release(&session, "02:00"), (0, at("01:00")), "nothing has changed");
    session.facts.title = english(Label::parse("Another title").unwrap());
    session.version = Version(2);
    assert_eq!(release(&session, "03:00"), (0, at("03:00")), "it is where it was");
    session.facts.ends_at = at("10:30");
    assert_eq!(release(&session, "04:00"), (1, at("04:00")));
    let because = Reason::parse("Postponed.").unwrap();
    let by = crate::ids::AccountId::fresh();
    let session = session.cancel(Cancelled { at: at("04:30"), by, because }).unwrap();
    assert_eq!(release(&session, "05:00"), (2, at("05:00")));
    assert_eq!(release(&session, "06:00"), (2, at("05:00")));
}

#[test]
fn r46_what_is_under_embargo_is_seen_by_those_who_plan_it() {
    let mut item = Item::released(&session(), None, None, at("01:00"));
    let sees = |item: &Item, sight: Sight| sight.sees(item, None, at("08:00"));
    assert!(sees(&item, Sight::Public));
    item.embargo_until = Some(at("08:01"));
    assert_eq!(
        [Sight::Public, Sight::Accredited, Sight::Planner].map(|s| sees(&item, s)),
        [false, false, true]
    );
    item.embargo_until = Some(at("08:00"));
    assert!(sees(&item, Sight::Public), "it is over");
    assert!(!Sight::Public.sees(&item, Some(at("09:00")), at("08:00")), "it was made longer since");
    item.access = Access::Accredited;
    assert_eq!([Sight::Public, Sight::Accredited].map(|s| sees(&item, s)), [false, true]);
}

#[test]
fn r46_the_difference_says_what_became_of_each_session() {
    let [kept, mut moved, mut changed, mut cancelled, added, withdrawn] =
        [(); 6].map(|()| Item::released(&session(), None, None, at("01:00")));
    let before =
        [kept.clone(), moved.clone(), changed.clone(), cancelled.clone(), withdrawn.clone()];
    moved.starts_at = at("09:30");
    changed.access = Access::BySeat;
    cancelled.is_cancelled = true;
    let after = [kept, moved.clone(), changed.clone(), cancelled.clone(), added.clone()];
    let found = difference(&before, &after);
    let seen: Vec<_> = found.iter().map(|change| (change.session, change.change)).collect();
    assert_eq!(
        seen,
        [
            (moved.id, ChangeKind::Moved),
            (changed.id, ChangeKind::Changed),
            (cancelled.id, ChangeKind::Cancelled),
            (added.id, ChangeKind::Added),
            (withdrawn.id, ChangeKind::Withdrawn),
        ]
    );
    assert_eq!(found[0].from.as_ref().unwrap().starts_at, at("09:00"));
    assert_eq!(found[0].to.as_ref().unwrap().starts_at, at("09:30"));
    assert!(found[3].from.is_none() && found[4].to.is_none());
    assert!(difference(&before, &before).is_empty());
}
