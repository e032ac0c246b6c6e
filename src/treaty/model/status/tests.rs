//! Tests of `status.rs`.

use chrono::TimeDelta;

use super::*;
use crate::text::Reason;
use crate::treaty::model::samples::{Book, CEREMONY, clauses, code, day, declaration, draft};
use crate::treaty::model::{
    DeclarationKind, Field, Party, Record, Value, certify, correct, withdraw,
};

fn listed() -> Vec<Listed> {
    let all = CEREMONY.register.participants().iter();
    all.map(|p| Listed {
        code: p.code.clone(),
        depositary_name: p.depositary_name.clone(),
        kind: p.kind,
        regional_group: p.regional_group,
    })
    .collect()
}

fn on(book: &Book, as_of: &str) -> Status {
    status(book.record().standing(), &listed(), Only::default(), &clauses(), day(as_of))
}

fn of<'a>(status: &'a Status, participant: &str) -> &'a StatusRow {
    status.rows.iter().find(|row| row.participant == code(participant)).unwrap()
}

/// The real record, replayed at noon of each day in the order of the day.
fn ceremony_book() -> Book {
    let mut book = Book::at("2025-10-27T00:00:00Z");
    let members = |organization| {
        let all = CEREMONY.register.memberships();
        all.filter(|(of, _)| *of == organization).map(|(_, member)| member.clone()).collect()
    };
    for p in CEREMONY.register.participants() {
        book.parties.insert(p.code.clone(), Party { kind: p.kind, members: members(&p.code) });
    }
    for (minute, signed) in CEREMONY.signatories.iter().enumerate() {
        let noon = signed.day.and_hms_opt(5, 0, 0).unwrap().and_utc();
        let at = noon + TimeDelta::minutes(minute.try_into().unwrap());
        let mut signature = draft(ActionKind::Signature, signed.code.as_str(), &at.to_rfc3339());
        signature.place = signed.place.clone();
        book.decide(signature).unwrap();
    }
    book
}

#[test]
fn r29_the_replay_of_the_real_ceremony_gives_its_72_signatories() {
    let status = on(&ceremony_book(), "2025-10-27");
    assert_eq!((status.signatories, status.parties), (72, 0));
    let kinds: Vec<_> = status.by_kind.iter().map(|c| (c.kind.as_str(), c.signatories)).collect();
    assert_eq!(kinds, [("member_state", 70), ("observer_state", 1), ("regional_organization", 1)]);
    let dates: Vec<_> =
        status.by_date.iter().map(|c| (depositary_date(c.date), c.signatures)).collect();
    assert_eq!(dates, [("25 Oct 2025".to_owned(), 69), ("26 Oct 2025".to_owned(), 3)]);
    assert_eq!(status.entry_into_force, "Not yet in force: 0 of 40 instruments");
}

#[test]
fn r27_the_table_has_the_depositarys_order_and_spelling() {
    let status = on(&ceremony_book(), "2025-10-27");
    let names: Vec<_> = status.rows.iter().map(|row| row.name.as_str()).collect();
    let place = |name: &str| names.iter().position(|n| *n == name).unwrap();
    assert_eq!(names[0], "Algeria");
    assert!(place("Costa Rica") < place("Côte d'Ivoire"));
    assert!(place("Czech Republic") < place("European Union"));
    assert!(place("European Union") < place("France"));
    assert_eq!(of(&status, "VNM").signature.as_ref().unwrap().text, "25 Oct 2025");
}

#[test]
fn r28_as_of_counts_the_actions_dated_up_to_a_day() {
    let book = ceremony_book();
    let count = |as_of| on(&book, as_of).signatories;
    assert_eq!(["2025-10-24", "2025-10-25", "2025-10-26"].map(count), [0, 69, 72]);
}

#[test]
fn r28_known_at_gives_what_the_record_held_then() {
    let mut book = Book::at("2025-11-01T00:00:00Z");
    let signed = book.act(ActionKind::Signature, "FRA", "2025-10-29T12:00:00-04:00").unwrap();
    let moved = Value::parse(Field::DoneAt, "2025-10-28T12:00:00-04:00").unwrap();
    let correction = correct(
        &book.record(),
        &book.parties,
        &book.windows,
        book.now,
        signed,
        &[moved],
        Reason::parse("The page of the 28th was read as the 29th").unwrap(),
    )
    .unwrap();
    let correction = book.append(book.officer, correction);
    let certified = certify(&book.record(), &book.parties, correction, book.second).unwrap();
    book.append(book.second, certified);

    let date_known_at = |moment| {
        let standing = Record::known_at(&book.acts, moment).standing();
        let status = status(standing, &listed(), Only::default(), &clauses(), day("2025-11-01"));
        status.rows.first().and_then(|row| row.signature.clone()).map(|cell| cell.text)
    };
    let recorded = |n: usize| book.acts[n].recorded_at;
    assert_eq!(date_known_at(recorded(0) - TimeDelta::microseconds(1)), None);
    assert_eq!(date_known_at(recorded(0)).as_deref(), Some("29 Oct 2025"));
    assert_eq!(date_known_at(recorded(1)).as_deref(), Some("29 Oct 2025"), "not certified");
    assert_eq!(date_known_at(recorded(2)).as_deref(), Some("28 Oct 2025"));
    assert_eq!(on(&book, "2025-10-28").signatories, 1, "as_of sees the corrected date");
}

#[test]
fn r32_a_withdrawn_recording_is_gone_from_the_status_and_stays_known_before() {
    let mut book = Book::at("2025-11-01T00:00:00Z");
    let signed = book.act(ActionKind::Signature, "FRA", "2025-10-29T12:00:00-04:00").unwrap();
    let reason = Reason::parse("Belgium's page").unwrap();
    let entry = withdraw(&book.record(), &book.parties, signed, book.officer, reason).unwrap();
    let before = book.now;
    book.append(book.officer, entry);
    assert_eq!(on(&book, "2025-11-01").signatories, 0);
    let known = Record::known_at(&book.acts, before).standing();
    assert_eq!(
        status(known, &listed(), Only::default(), &clauses(), day("2025-11-01")).signatories,
        1
    );
}

#[test]
fn r27_each_consent_has_its_mark() {
    let mut book = Book::at("2027-06-01T00:00:00Z");
    let signed = "2025-10-29T12:00:00-04:00";
    for who in ["FRA", "BEL", "EUE"] {
        book.act(ActionKind::Signature, who, signed).unwrap();
    }
    book.act(ActionKind::Acceptance, "FRA", "2026-01-02T12:00:00-05:00").unwrap();
    book.act(ActionKind::Ratification, "BEL", "2026-01-12T12:00:00-05:00").unwrap();
    let mut approval = draft(ActionKind::Approval, "EUE", "2027-01-12T12:00:00-05:00");
    approval.declarations = vec![declaration(DeclarationKind::Competence)];
    book.decide(approval).unwrap();
    book.act(ActionKind::Accession, "VAT", "2027-02-01T12:00:00-05:00").unwrap();

    let status = on(&book, "2027-06-01");
    let text = |who| of(&status, who).consent.as_ref().unwrap().text.clone();
    assert_eq!(
        ["FRA", "BEL", "EUE", "VAT"].map(text),
        ["2 Jan 2026 A", "12 Jan 2026", "12 Jan 2027 AA", "1 Feb 2027 a"]
    );
    assert_eq!((status.signatories, status.parties, status.force.counted), (3, 4, 3));
}

#[test]
fn r21_a_notice_is_a_note_and_the_signatories_stay() {
    let mut book = Book::at("2027-06-01T00:00:00Z");
    book.act(ActionKind::Signature, "FRA", "2025-10-29T12:00:00-04:00").unwrap();
    book.act(ActionKind::NoIntention, "FRA", "2026-10-29T12:00:00-04:00").unwrap();
    let status = on(&book, "2027-06-01");
    assert_eq!((status.signatories, status.force.counted), (1, 0));
    assert_eq!(of(&status, "FRA").no_intention_on, Some(day("2026-10-29")));
}

#[test]
fn r22_a_party_is_one_until_its_denunciation_takes_effect() {
    let mut book = Book::at("2028-06-01T00:00:00Z");
    book.act(ActionKind::Accession, "VAT", "2026-02-01T12:00:00-05:00").unwrap();
    book.act(ActionKind::Denunciation, "VAT", "2026-03-01T12:00:00-05:00").unwrap();
    let parties = |as_of| on(&book, as_of).parties;
    assert_eq!(["2026-03-02", "2027-02-28", "2027-03-01"].map(parties), [1, 1, 0]);
    assert_eq!(of(&on(&book, "2026-03-02"), "VAT").denounced_on, Some(day("2026-03-01")));
}

#[test]
fn a_group_has_its_own_table_and_the_entry_into_force_of_all() {
    let book = ceremony_book();
    let groups = [RegionalGroup::Weog, RegionalGroup::Grulac];
    let of_two = status(
        book.record().standing(),
        &listed(),
        Only { groups: Some(&groups), kinds: None },
        &clauses(),
        day("2025-10-27"),
    );
    let all = on(&book, "2025-10-27");
    assert!(of_two.rows.len() < all.rows.len());
    assert_eq!(of_two.rows.len(), of_two.signatories);
    assert!(of_two.rows.iter().all(|row| row.kind == ParticipantKind::MemberState));
    assert_eq!(of_two.force, all.force);
}
