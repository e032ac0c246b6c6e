//! Tests of `desk.rs`.

use proptest::prelude::*;

use super::*;
use crate::treaty::model::samples::{Book, draft, utc, windows};
use crate::treaty::model::{ActKind, Field};

const SIGNED: &str = "2025-10-29T12:00:00-04:00";

fn reason() -> Reason {
    Reason::parse("The wrong line was read").unwrap()
}

fn value(field: Field, text: &str) -> Value {
    Value::parse(field, text).unwrap()
}

impl Book {
    fn correct(&mut self, of: ActId, values: &[Value]) -> Result<ActId, Refusal> {
        let (parties, windows) = (&self.parties, &self.windows);
        let entry = correct(&self.record(), parties, windows, self.now, of, values, reason())?;
        Ok(self.append(self.officer, entry))
    }

    fn certify(&mut self, of: ActId, by: AccountId) -> Result<ActId, Refusal> {
        let entry = certify(&self.record(), &self.parties, of, by)?;
        Ok(self.append(by, entry))
    }

    fn withdraw(&mut self, of: ActId, by: AccountId) -> Result<ActId, Refusal> {
        let entry = withdraw(&self.record(), &self.parties, of, by, reason())?;
        Ok(self.append(by, entry))
    }
}

fn sign(place: &str, done_at: &str, now: &str) -> Result<Action, Refusal> {
    let mut draft = draft(ActionKind::Signature, "FRA", done_at);
    draft.place = PlaceCode::parse(place).unwrap();
    let parties = crate::treaty::model::samples::parties();
    decide(draft, &Standing::default(), &parties, &windows(), utc(now))
}

#[test]
fn r01_a_signature_is_dated_where_it_is_made_and_inside_the_window_to_the_second() {
    for (place, done_at, date) in [
        ("hanoi", "2025-10-24T16:59:59Z", Err("2025-10-24")),
        ("hanoi", "2025-10-24T17:00:00Z", Ok("2025-10-25")),
        ("hanoi", "2025-10-24T23:30:00-04:00", Ok("2025-10-25")),
        ("hanoi", "2025-10-26T23:59:59+07:00", Ok("2025-10-26")),
        ("hanoi", "2025-10-27T00:00:00+07:00", Err("2025-10-27")),
        // New York is four hours behind in October and five in December.
        ("new_york", "2025-10-27T03:59:59Z", Err("2025-10-26")),
        ("new_york", "2025-10-27T04:00:00Z", Ok("2025-10-27")),
        ("new_york", "2027-01-01T04:59:59Z", Ok("2026-12-31")),
        ("new_york", "2027-01-01T05:00:00Z", Err("2027-01-01")),
        ("new_york", "2025-10-25T15:00:00Z", Err("2025-10-25")),
    ] {
        let got = sign(place, done_at, "2028-01-01T00:00:00Z");
        match date {
            Ok(date) => assert_eq!(got.unwrap().legal_date.to_string(), date, "{done_at}"),
            Err(date) => assert_eq!(
                got,
                Err(Refusal::NotOpen {
                    place: PlaceCode::parse(place).unwrap(),
                    date: date.parse().unwrap()
                })
            ),
        }
    }
    let nowhere = sign("geneva", SIGNED, "2028-01-01T00:00:00Z");
    assert_eq!(nowhere, Err(Refusal::UnknownPlace));
}

#[test]
fn r01_what_has_not_happened_yet_is_not_recorded() {
    let signed = "2025-10-25T11:02:00+07:00";
    assert_eq!(sign("hanoi", signed, "2025-10-25T04:01:59Z"), Err(Refusal::InFuture));
    let action = sign("hanoi", signed, "2025-10-25T04:02:00Z").unwrap();
    assert_eq!(action.done_at.to_rfc3339(), signed, "the offset is kept");
}

#[test]
fn r01_a_deposit_is_not_bound_to_the_windows() {
    let mut book = Book::at("2030-01-01T00:00:00Z");
    assert!(book.act(ActionKind::Accession, "VAT", "2029-05-05T12:00:00-04:00").is_ok());
}

#[test]
fn r15_a_correction_takes_effect_with_the_second_officer_and_both_values_stay() {
    let mut book = Book::at("2026-01-01T00:00:00Z");
    let signed = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let moved = value(Field::DoneAt, "2025-10-28T12:00:00-04:00");
    let correction = book.correct(signed, &[moved]).unwrap();
    let date =
        |book: &Book| book.record().standing().find(signed).unwrap().action.legal_date.to_string();
    assert_eq!(date(&book), "2025-10-29");
    assert_eq!(book.certify(correction, book.officer), Err(Refusal::SecondPersonRequired));
    book.certify(correction, book.second).unwrap();
    assert_eq!(date(&book), "2025-10-28");
    let Entry::Correction(correction) = &book.record().find(correction).unwrap().entry else {
        panic!("a correction was recorded as something else")
    };
    let both: Vec<_> = correction
        .changes
        .iter()
        .map(|change| (change.field(), change.old().text(), change.new_value().text()))
        .collect();
    assert_eq!(both[1], (Field::LegalDate, "2025-10-29".to_owned(), "2025-10-28".to_owned()));
    assert_eq!(both.len(), 2);
}

#[test]
fn r15_a_correction_obeys_the_rules_that_the_action_obeyed() {
    let mut book = Book::at("2026-06-01T00:00:00Z");
    let signed = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let ratified = book.act(ActionKind::Ratification, "FRA", "2026-01-12T12:00:00-05:00").unwrap();
    let mut correct = |of, field, text| book.correct(of, &[value(field, text)]);
    assert!(matches!(correct(signed, Field::Place, "hanoi"), Err(Refusal::NotOpen { .. }),));
    assert_eq!(
        correct(signed, Field::DoneAt, "2026-02-01T12:00:00-05:00"),
        Err(Refusal::ReliedOn { by: ratified, because: Box::new(Refusal::NoSignature) })
    );
    assert_eq!(
        correct(ratified, Field::Kind, "accession"),
        Err(Refusal::SignatoryDoesNotAccede { signature: signed })
    );
    assert_eq!(correct(signed, Field::DoneAt, "2026-07-01T12:00:00-05:00"), Err(Refusal::InFuture));
    for (of, field, text) in [
        (signed, Field::Kind, "ratification"),
        (signed, Field::LegalDate, "2025-10-28"),
        (ratified, Field::SignatoryName, "Paul Example"),
        (ratified, Field::AdReferendum, "true"),
    ] {
        assert_eq!(correct(of, field, text), Err(Refusal::NotCorrectable), "{field}");
    }
    assert_eq!(
        correct(signed, Field::SignatoryName, "Claire Sample"),
        Err(Refusal::NothingToCorrect)
    );
    assert!(correct(ratified, Field::Kind, "approval").is_ok());
}

#[test]
fn r15_of_two_corrections_of_one_value_the_overtaken_one_is_not_certified() {
    let mut book = Book::at("2026-01-01T00:00:00Z");
    let signed = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let name = |text| value(Field::SignatoryName, text);
    let first = book.correct(signed, &[name("Claire Example")]).unwrap();
    let second = book.correct(signed, &[name("Clara Sample")]).unwrap();
    book.certify(second, book.second).unwrap();
    assert_eq!(book.certify(first, book.second), Err(Refusal::Overtaken));
}

#[test]
fn r32_only_the_recorder_withdraws_and_only_before_certification() {
    let mut book = Book::at("2026-01-01T00:00:00Z");
    let (officer, second) = (book.officer, book.second);
    let signed = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    assert_eq!(book.withdraw(signed, second), Err(Refusal::NotTheRecorder));
    assert_eq!(book.certify(signed, officer), Err(Refusal::SecondPersonRequired));
    let certification = book.certify(signed, second).unwrap();
    assert_eq!(book.withdraw(signed, officer), Err(Refusal::Certified));
    assert_eq!(book.certify(signed, second), Err(Refusal::Certified));
    assert_eq!(book.withdraw(certification, second), Err(Refusal::NoSuchAct));

    let again = book.act(ActionKind::Signature, "BEL", SIGNED).unwrap();
    book.withdraw(again, officer).unwrap();
    assert_eq!(book.certify(again, second), Err(Refusal::Withdrawn));
    assert_eq!(book.correct(again, &[]), Err(Refusal::Withdrawn));
    assert!(book.act(ActionKind::Signature, "BEL", SIGNED).is_ok(), "the place is free again");
}

#[test]
fn r32_a_recording_on_which_another_relies_is_not_withdrawn() {
    let mut book = Book::at("2026-01-01T00:00:00Z");
    let member = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let by = book.act(ActionKind::Signature, "EUE", SIGNED).unwrap();
    let because = Box::new(Refusal::MemberSignsFirst);
    assert_eq!(book.withdraw(member, book.officer), Err(Refusal::ReliedOn { by, because }));
}

/// What an officer may try: which verb, on whom or which entry, at which day, by whom.
fn tries() -> impl Strategy<Value = Vec<(usize, usize, u64, bool)>> {
    prop::collection::vec((0_usize..12, 0_usize..40, 0_u64..500, any::<bool>()), 1..60)
}

fn attempt(book: &mut Book, verb: usize, which: usize, day: u64, second: bool) {
    let by = if second { book.second } else { book.officer };
    let done_at = (utc("2025-10-24T12:00:00Z") + chrono::Days::new(day)).fixed_offset();
    let of = book.acts.get(which).map(|act| act.id);
    let tried = match (verb, of) {
        (0..8, _) => {
            let who = ["FRA", "BEL", "VAT", "EUE", "ACM"][which % 5];
            let mut draft = draft(ActionKind::ALL[verb], who, &done_at.to_rfc3339());
            draft.ad_referendum = verb == 0 && second;
            book.decide(draft)
        }
        (8, Some(of)) => book.withdraw(of, by),
        (9, Some(of)) => book.correct(of, &[Value::DoneAt(done_at)]),
        (_, Some(of)) => book.certify(of, by),
        (_, None) => return,
    };
    drop(tried);
}

proptest! {
    /// Whatever two officers try in whatever order: all that stands stands rightly, the past stays as it was
    /// seen, and nobody certifies what they recorded.
    #[test]
    fn r15_r32_any_walk_leaves_a_record_that_holds_together(tries in tries()) {
        let mut book = Book::at("2028-01-01T00:00:00Z");
        let mut seen = Vec::new();
        for (verb, which, day, second) in tries {
            attempt(&mut book, verb, which, day, second);
            seen.push((book.now, book.record().standing()));
        }
        let standing = book.record().standing();
        prop_assert_eq!(standing.holds_together(&book.parties), Ok(()));
        for stands in standing.iter() {
            prop_assert_eq!(in_time(&stands.action, &book.windows, book.now), Ok(()));
        }
        for (moment, then) in seen {
            prop_assert_eq!(Record::known_at(&book.acts, moment).standing(), then);
        }
        for act in book.acts.iter().filter(|act| act.kind() == ActKind::Certification) {
            let Entry::Certification { of } = act.entry else { unreachable!() };
            prop_assert_ne!(book.record().find(of).unwrap().recorded_by, act.recorded_by);
            prop_assert_eq!(book.record().state(of), ActState::Certified);
        }
    }
}
