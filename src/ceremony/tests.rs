//! The ceremony's data as they are built in, and as a directory changes them.

use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::participants::ParticipantKind;

fn built_in() -> Ceremony {
    Ceremony::load(None).unwrap()
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What `ceremony.dir` with these files is refused for.
fn refusal(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    Ceremony::load(Some(dir.path())).unwrap_err().to_string()
}

const TREATY: &str = include_str!("../../config/ceremony/treaty.toml");

#[test]
fn r01_the_windows_are_those_of_the_convention_in_the_time_of_the_place() {
    let ceremony = built_in();
    for (place, opens, last_moment, closes) in [
        ("hanoi", "2025-10-24T17:00:00Z", "2025-10-26T16:59:59.999Z", "2025-10-26T17:00:00Z"),
        // New York is at UTC-4 in October and at UTC-5 in January.
        ("new_york", "2025-10-27T04:00:00Z", "2027-01-01T04:59:59.999Z", "2027-01-01T05:00:00Z"),
    ] {
        let window = ceremony.window(&PlaceCode::parse(place).unwrap()).unwrap();
        let is_open = |at: DateTime<Utc>| window.is_open_on(window.local_day(at));
        assert!(!is_open(moment(opens) - chrono::TimeDelta::milliseconds(1)));
        assert!(is_open(moment(opens)) && is_open(moment(last_moment)));
        assert!(!is_open(moment(closes)));
    }
    assert!(ceremony.window(&PlaceCode::parse("geneva").unwrap()).is_none());
}

#[test]
fn r20_the_clauses_are_those_of_the_convention() {
    let Ceremony { treaty, event, .. } = built_in();
    assert_eq!((treaty.number.as_str(), treaty.chapters, treaty.articles), ("XVIII-16", 9, 68));
    let clauses = treaty.entry_into_force;
    assert_eq!(clauses.instruments, 40);
    assert_eq!((clauses.days_after_last_instrument, clauses.days_after_own_deposit), (90, 30));
    assert_eq!(clauses.denunciation_years, 1);
    assert_eq!(event.host.as_str(), "VNM");
    assert_eq!((event.first_day, event.last_day), (day("2025-10-25"), day("2025-10-26")));
}

#[test]
fn r29_the_real_record_has_72_signatories_by_kind_and_day() {
    let ceremony = built_in();
    let signed = &ceremony.signatories;
    let of_kind = |kind| {
        signed.iter().filter(|s| ceremony.register.find(&s.code).unwrap().kind == kind).count()
    };
    let on = |text| signed.iter().filter(|s| s.day == day(text)).count();
    assert_eq!(signed.len(), 72);
    assert_eq!(of_kind(ParticipantKind::MemberState), 70);
    assert_eq!(of_kind(ParticipantKind::ObserverState), 1);
    assert_eq!(of_kind(ParticipantKind::RegionalOrganization), 1);
    assert_eq!((on("2025-10-25"), on("2025-10-26")), (69, 3));
    assert!(signed.iter().all(|s| s.place.as_str() == "hanoi" && !s.source.is_empty()));
}

#[test]
fn r29_the_real_record_is_in_the_order_of_the_day_with_the_host_first() {
    let ceremony = built_in();
    let codes: Vec<_> = ceremony.signatories.iter().map(|s| s.code.as_str()).collect();
    assert_eq!(codes.first(), Some(&"VNM"));
    assert_eq!(codes[69..], ["MLI", "RWA", "SAU"]);
    // R4 holds for the replay: a member State stands before its organization.
    let position = |code| codes.iter().position(|c| *c == code).unwrap();
    assert!(position("AUT") < position("EUE"));
}

#[test]
fn a_directory_replaces_the_files_that_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let moved = TREATY.replace("last_day = \"2026-12-31\"", "last_day = \"2027-06-30\"");
    fs::write(dir.path().join("treaty.toml"), moved).unwrap();
    fs::write(dir.path().join("README.md"), "Other files are left alone.").unwrap();
    let ceremony = Ceremony::load(Some(dir.path())).unwrap();
    assert_eq!(ceremony.windows[1].last_day, day("2027-06-30"));
    assert_eq!(ceremony.register.participants().len(), 198);
}

#[test]
fn a_directory_with_faults_is_refused_with_all_of_them() {
    let signatories = "iso3,date,place,source\n\
                       VNM,2025-10-27,hanoi,too late\n\
                       FRA,2025-10-25,geneva,no window\n\
                       XZZ,2025-10-25,hanoi,nobody\n\
                       FRA,2025-10-25,hanoi,once\n\
                       FRA,2025-10-25,hanoi,twice\n";
    let windows = TREATY.replace("place = \"new_york\"", "place = \"hanoi\"").replace("VNM", "XZZ");
    assert_eq!(
        refusal(&[("hanoi_signatories.csv", signatories), ("treaty.toml", &windows)]),
        "the ceremony's data cannot be used:\
         \n  treaty.toml: event: the host is not in participants.csv\
         \n  treaty.toml: signing window hanoi stands here twice\
         \n  hanoi_signatories.csv line 2: 2025-10-27 is outside the signing window of hanoi\
         \n  hanoi_signatories.csv line 3: no signing window is at geneva\
         \n  hanoi_signatories.csv line 4: XZZ is not in participants.csv\
         \n  hanoi_signatories.csv line 6: FRA stands here twice"
    );
    assert!(refusal(&[("participant.csv", "")]).contains("no file of this name is known"));
    let gone = Ceremony::load(Some(Path::new("/nowhere/at/all")));
    assert!(matches!(gone, Err(CeremonyError::Unreadable { .. })));
}

#[test]
fn a_fault_of_the_treaty_names_its_line() {
    let line_of = |needle: &str| 1 + TREATY.lines().position(|line| line.contains(needle)).unwrap();
    for (right, wrong) in [
        ("time_zone = \"Asia/Ho_Chi_Minh\"", "time_zone = \"Asia/Atlantis\""),
        ("articles = 68", "articles = -1"),
        ("articles = 68", "articels = 68"),
        ("place = \"hanoi\"", "place = \"Ha Noi\""),
        ("host = \"VNM\"", "host = \"Viet Nam\""),
        ("notified_on = \"2025-05-13\"", "notified_on = \"13 May 2025\""),
    ] {
        let refusal = refusal(&[("treaty.toml", &TREATY.replace(right, wrong))]);
        let at = format!("treaty.toml line {}: ", line_of(right));
        assert!(refusal.contains(&at), "{refusal} is not at {at}");
    }
}
