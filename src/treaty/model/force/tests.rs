//! Tests of `force.rs`.

use proptest::prelude::*;

use super::*;
use crate::treaty::model::samples::{clauses, day};

fn code(number: usize) -> ParticipantCode {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    let text: String = [letter(number / 676), letter(number / 26), letter(number)].iter().collect();
    ParticipantCode::parse(&text).unwrap()
}

fn instrument(number: usize, deposited_on: NaiveDate) -> Instrument {
    Instrument { participant: code(number), deposited_on, is_counted: true, denounced_on: None }
}

/// Thirty-nine deposits long before, and the fortieth.
fn forty(fortieth: NaiveDate) -> Vec<Instrument> {
    let early = (0..39).map(|n| instrument(n, day("2001-01-01")));
    early.chain([instrument(39, fortieth)]).collect()
}

fn of(force: &Force, number: usize) -> &PartyForce {
    force.parties.iter().find(|party| party.participant == code(number)).unwrap()
}

#[test]
fn r20_ninety_days_after_the_fortieth() {
    for (fortieth, enters) in [("2003-07-01", "2003-09-29"), ("2005-09-15", "2005-12-14")] {
        let deposited = forty(day(fortieth));
        let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
        assert_eq!(force.enters_on, Some(day(enters)));
        assert!(force.parties.iter().all(|party| party.from == Some(day(enters))));
        let before = entry_into_force(&clauses(), &deposited[..39], day("2026-01-01"));
        assert_eq!((before.counted, before.enters_on), (39, None));
    }
}

#[test]
fn r20_a_later_party_waits_thirty_days_or_for_the_general_date() {
    let mut deposited = forty(day("2003-07-01"));
    deposited.push(instrument(40, day("2003-07-02")));
    deposited.push(instrument(41, day("2003-08-30")));
    deposited.push(instrument(42, day("2003-08-31")));
    deposited.push(instrument(43, day("2010-01-31")));
    let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
    let from = |number| of(&force, number).from.unwrap();
    assert_eq!(from(40), day("2003-09-29"));
    assert_eq!(from(41), day("2003-09-29"));
    assert_eq!(from(42), day("2003-09-30"));
    assert_eq!(from(43), day("2010-03-02"));
}

#[test]
fn r20_a_regional_organizations_instrument_is_not_counted() {
    let mut deposited = forty(day("2003-07-01"));
    deposited[39].is_counted = false;
    let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
    assert_eq!((force.counted, force.enters_on), (39, None));
    deposited.push(instrument(40, day("2005-09-15")));
    let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
    assert_eq!(of(&force, 39).from, Some(day("2005-12-14")), "it is bound with the others");
}

#[test]
fn r22_a_denunciation_takes_effect_a_year_later_and_moves_no_date_reached() {
    let mut deposited = forty(day("2003-07-01"));
    deposited[0].denounced_on = Some(day("2003-08-01"));
    let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
    assert_eq!((force.counted, force.enters_on), (39, Some(day("2003-09-29"))));
    assert_eq!(of(&force, 0).from, Some(day("2003-09-29")));
    assert_eq!(of(&force, 0).until, Some(day("2004-08-01")));
    let force = entry_into_force(&clauses(), &deposited, day("2004-07-31"));
    assert_eq!(force.counted, 40, "still bound on the day before");
}

#[test]
fn r22_who_has_left_before_is_not_counted() {
    let mut deposited = forty(day("2003-07-01"));
    deposited[0].denounced_on = Some(day("2002-07-01"));
    let force = entry_into_force(&clauses(), &deposited, day("2026-01-01"));
    assert_eq!((force.counted, force.enters_on, of(&force, 0).from), (39, None, None));
}

#[test]
fn r28_deposits_after_the_day_asked_for_are_not_known() {
    let deposited = forty(day("2003-07-01"));
    let force = entry_into_force(&clauses(), &deposited, day("2003-06-30"));
    assert_eq!((force.parties.len(), force.enters_on), (39, None));
    assert_eq!(force.line(day("2003-06-30")), "Not yet in force: 39 of 40 instruments");
    let force = entry_into_force(&clauses(), &deposited, day("2003-07-01"));
    assert_eq!(force.line(day("2003-07-01")), "Enters into force on 29 Sep 2003");
    assert_eq!(force.line(day("2003-09-29")), "Entered into force on 29 Sep 2003");
}

#[test]
fn a_date_past_the_calendars_end_is_unknown_and_no_panic() {
    let force = entry_into_force(&clauses(), &forty(NaiveDate::MAX), NaiveDate::MAX);
    assert_eq!((force.completed_on, force.enters_on), (Some(NaiveDate::MAX), None));
}

fn any_instrument() -> impl Strategy<Value = (u64, bool, Option<u64>)> {
    (0_u64..2000, prop::bool::weighted(0.9), prop::option::weighted(0.2, 0_u64..1500))
}

fn built(raw: &[(u64, bool, Option<u64>)]) -> Vec<Instrument> {
    let start = day("2026-01-01");
    let after = |days| start.checked_add_days(Days::new(days)).unwrap();
    raw.iter()
        .enumerate()
        .map(|(number, (deposited, is_counted, denounced))| Instrument {
            is_counted: *is_counted,
            denounced_on: denounced.map(|later| after(deposited + later)),
            ..instrument(number, after(*deposited))
        })
        .collect()
}

proptest! {
    /// Sixty deposits in any order give the date of a plain calculation: sort, take the fortieth, add ninety.
    #[test]
    fn r20_sixty_deposits_in_any_order_give_the_plain_date(
        raw in prop::collection::vec(any_instrument(), 60),
    ) {
        let undenounced: Vec<_> = raw.iter().map(|(d, counted, _)| (*d, *counted, None)).collect();
        let deposited = built(&undenounced);
        let mut counted: Vec<NaiveDate> =
            deposited.iter().filter(|i| i.is_counted).map(|i| i.deposited_on).collect();
        counted.sort();
        let plain = counted.get(39).map(|fortieth| *fortieth + chrono::TimeDelta::days(90));
        let force = entry_into_force(&clauses(), &deposited, day("2040-01-01"));
        prop_assert_eq!(force.enters_on, plain);
        for party in &force.parties {
            let own = party.deposited_on + chrono::TimeDelta::days(30);
            prop_assert_eq!(party.from, plain.map(|general| general.max(own)));
        }
    }

    /// The same with denunciations, against counting the parties day by day.
    #[test]
    fn r22_denunciations_agree_with_a_count_day_by_day(
        raw in prop::collection::vec(any_instrument(), 40..70),
    ) {
        let deposited = built(&raw);
        let end_of = |i: &Instrument| i.denounced_on.map(|d| d.checked_add_months(Months::new(12)).unwrap());
        let bound_on = |today: NaiveDate| {
            deposited
                .iter()
                .filter(|i| i.is_counted && i.deposited_on <= today)
                .filter(|i| end_of(i).is_none_or(|end| end > today))
                .count()
        };
        let completed = day("2026-01-01").iter_days().take(2001).find(|today| bound_on(*today) >= 40);
        let force = entry_into_force(&clauses(), &deposited, day("2045-01-01"));
        prop_assert_eq!(force.completed_on, completed);
    }
}
