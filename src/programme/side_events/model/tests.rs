//! The way of a side event, and the days until which it is said what it is.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::programme::words::english;

fn code(text: &str) -> ParticipantCode {
    ParticipantCode::parse(text).unwrap()
}

fn application() -> Application {
    Application {
        title: english(Label::parse("Young voices").unwrap()),
        about: None,
        preferred_slots: vec![],
        needs: Needs { audience: 40, layout: None, equipment: vec![], languages: vec![] },
        co_sponsors: vec![code("DEU"), code("ITA")],
        speakers: vec![],
        material: None,
    }
}

fn begun() -> SideEvent {
    SideEvent::begun(code("FRA"), application(), DateTime::UNIX_EPOCH)
}

fn reason() -> Reason {
    Reason::parse("An example.").unwrap()
}

fn steps() -> [(&'static str, Step); 4] {
    [
        ("submit", Step::Submit),
        ("accept", Step::Accept(None)),
        ("reject", Step::Reject(reason())),
        ("withdraw", Step::Withdraw(None)),
    ]
}

#[test]
fn r45_what_has_its_place_or_was_decided_against_goes_nowhere_any_more() {
    let (by, now) = (AccountId::fresh(), DateTime::UNIX_EPOCH + TimeDelta::hours(1));
    let submitted = begun().go(&Step::Submit, by, now).unwrap();
    assert_eq!((submitted.submitted_at, submitted.version), (Some(now), Version(2)));
    let accepted = submitted.clone().go(&Step::Accept(None), by, now).unwrap();
    let placed = accepted.clone().scheduled(SessionId::fresh(), now).unwrap();
    let wrong = placed.clone().changed(application(), now).unwrap_err();
    assert_eq!(wrong, WrongStep { current: "scheduled", allowed: &[] });
    assert!(placed.clone().go(&Step::Withdraw(None), by, now).is_err());
    assert!(placed.released().go(&Step::Withdraw(None), by, now).is_ok());
    let rejected = submitted.go(&Step::Reject(reason()), by, now).unwrap();
    assert_eq!(rejected.decision.as_ref().unwrap().reason, Some(reason()));
    for (_, step) in steps() {
        assert!(rejected.clone().go(&step, by, now).is_err());
    }
}

#[test]
fn r45_who_organizes_it_is_who_said_so_and_who_is_named_still_has_not_to_say_it_again() {
    let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
    let event = begun().answered(&code("DEU"), Answer::Confirmed, now);
    assert_eq!(event.hosts(), [code("FRA"), code("DEU")]);
    assert_eq!(event.version, Version(2));
    assert_eq!(event.clone().answered(&code("DEU"), Answer::Confirmed, now), event);
    let others = Application { co_sponsors: vec![code("ESP"), code("DEU")], ..application() };
    let changed = event.changed(others, now).unwrap();
    let answers: Vec<_> = changed.co_sponsors.iter().map(|other| other.answer).collect();
    assert_eq!(answers, [Answer::Asked, Answer::Confirmed]);
    assert!(!changed.takes_answers(), "a draft is its sponsor's alone");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r45_a_step_is_taken_exactly_where_it_is_named_and_each_counts(walk in proptest::collection::vec(0..5_usize, 0..12)) {
        let (by, now) = (AccountId::fresh(), DateTime::UNIX_EPOCH);
        let mut event = begun();
        for choice in walk {
            let (verb, tried) = match steps().get(choice) {
                Some((verb, step)) => (*verb, event.clone().go(step, by, now)),
                None => ("schedule", event.clone().scheduled(SessionId::fresh(), now)),
            };
            prop_assert_eq!(tried.is_ok(), event.allowed().contains(&verb));
            let Ok(next) = tried else { continue };
            prop_assert_eq!(next.version, event.version.next());
            let is_undecided = matches!(next.state, SideEventState::Draft | SideEventState::Submitted);
            prop_assert_eq!(next.decision.is_none(), is_undecided);
            prop_assert!(next.session.is_none() || next.state == SideEventState::Accepted);
            event = next;
        }
    }
}
