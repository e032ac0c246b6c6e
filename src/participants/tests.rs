//! The register as it is built in, and registers with faults.

use super::*;
use crate::collation::search_pattern;
use crate::text::ParticipantCode;

fn register() -> Register {
    let files = RegisterFiles {
        participants: include_str!("../../config/ceremony/participants.csv"),
        aliases: include_str!("../../config/ceremony/aliases.csv"),
        members: include_str!("../../config/ceremony/organization_members.csv"),
    };
    let mut faults = Vec::new();
    let register = Register::read(files, &mut faults);
    assert_eq!(faults, []);
    register
}

fn code(code: &str) -> ParticipantCode {
    ParticipantCode::parse(code).unwrap()
}

#[test]
fn r03_all_states_are_the_193_members_two_observers_and_two_others() {
    let register = register();
    let of = |kind| {
        let all = register.participants().iter();
        all.filter(|p| p.kind == kind).map(|p| p.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(register.participants().len(), 198);
    assert_eq!(of(ParticipantKind::MemberState).len(), 193);
    assert_eq!(of(ParticipantKind::ObserverState), ["VAT", "PSE"]);
    assert_eq!(of(ParticipantKind::NonMemberState), ["COK", "NIU"]);
    assert_eq!(of(ParticipantKind::RegionalOrganization), ["EUE"]);
    let states = register.participants().iter().filter(|p| p.kind.is_state());
    assert!(states.clone().all(|p| p.iso2.is_some() && p.m49.is_some()));
    assert_eq!(states.count(), 197);
}

#[test]
fn r03_the_member_states_fall_into_the_five_groups() {
    let register = register();
    let sizes: Vec<_> = RegionalGroup::ALL
        .iter()
        .map(|group| {
            let all = register.participants().iter();
            (group.as_str(), all.filter(|p| p.regional_group == Some(*group)).count())
        })
        .collect();
    assert_eq!(
        sizes,
        [
            ("african", 54),
            ("asia_pacific", 54),
            ("eastern_european", 23),
            ("grulac", 33),
            ("weog", 29),
        ]
    );
}

#[test]
fn r04_the_european_union_has_27_member_states() {
    let register = register();
    let members: Vec<_> = register.memberships().collect();
    assert_eq!(members.len(), 27);
    assert!(members.iter().all(|(organization, _)| organization.as_str() == "EUE"));
    assert!(members.contains(&(&code("EUE"), &code("FRA"))));
    assert!(!members.contains(&(&code("EUE"), &code("GBR"))));
}

#[test]
fn r27_the_order_is_the_depositarys() {
    let register = register();
    let names: Vec<_> =
        register.participants().iter().map(|p| p.depositary_name.as_str()).collect();
    for run in [
        &["Afghanistan", "Albania", "Algeria"][..],
        &["Congo", "Cook Islands", "Costa Rica", "Côte d'Ivoire", "Croatia"],
        &["Cyprus", "Czech Republic", "Democratic People's Republic of Korea"],
        &["Ethiopia", "European Union", "Fiji"],
        &["Guinea", "Guinea-Bissau", "Guyana", "Haiti", "Holy See", "Honduras"],
        &["Nepal", "Netherlands (Kingdom of the)", "New Zealand"],
        &["Nigeria", "Niue", "North Macedonia"],
        &["Qatar", "Republic of Korea", "Republic of Moldova", "Romania"],
        &["Sri Lanka", "State of Palestine", "Sudan"],
        &["Tunisia", "Türkiye", "Turkmenistan"],
        &["Vanuatu", "Venezuela (Bolivarian Republic of)", "Viet Nam", "Yemen"],
    ] {
        assert!(names.windows(run.len()).any(|window| window == run), "{run:?}");
    }
    assert_eq!((names.first(), names.last()), (Some(&"Afghanistan"), Some(&"Zimbabwe")));
}

#[test]
fn r27_no_two_participants_share_a_place_in_the_order() {
    let register = register();
    let keys: Vec<_> = register.participants().iter().map(Participant::sort_key).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_participant_is_found_under_the_names_that_people_use() {
    let register = register();
    let found = |typed: &str| {
        let words = search_pattern(typed).unwrap().replace('%', "");
        let all = register.participants().iter();
        all.filter(|p| p.search_text().contains(&words))
            .map(|p| p.code.as_str())
            .collect::<Vec<_>>()
    };
    for (typed, code) in [
        ("czechia", "CZE"),
        ("Czech Republic", "CZE"),
        ("cote d'ivoire", "CIV"),
        ("Côte d’Ivoire", "CIV"),
        ("Ivory Coast", "CIV"),
        ("viet nam", "VNM"),
        ("vietnam", "VNM"),
        ("VNM", "VNM"),
        ("Turkey", "TUR"),
        ("turkiye", "TUR"),
        ("Burma", "MMR"),
        ("Swaziland", "SWZ"),
        ("Cape Verde", "CPV"),
        ("North Korea", "PRK"),
        ("South Korea", "KOR"),
        ("East Timor", "TLS"),
        ("Laos", "LAO"),
        ("Holland", "NLD"),
        ("Great Britain", "GBR"),
        ("thuy si", "CHE"),
        ("Oman", "OMN"),
        ("Allemagne", "DEU"),
    ] {
        assert_eq!(found(typed), [code], "{typed}");
    }
    assert_eq!(found("Niger"), ["NER", "NGA"]);
    assert!(found("Atlantis").is_empty());
}

const HEADER: &str = "iso3,iso2,m49,kind,name_en,depositary_name,formal_name_en,name_fr,name_es,name_vi,regional_group\n";
const SAMPLES: &str = "XAA,XA,001,member_state,Alphaland,Alphaland,Alphaland,,,,weog\n\
                       XBB,,,regional_organization,Beta Union,Beta Union,Beta Union,,,,none\n";

fn faults(participants: &str, aliases: &str, members: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let participants = format!("{HEADER}{SAMPLES}{participants}");
    let aliases = format!("code,alias,note\n{aliases}");
    let members = format!("organization,member\n{members}");
    let files = RegisterFiles { participants: &participants, aliases: &aliases, members: &members };
    Register::read(files, &mut faults);
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_faulty_register_names_every_line() {
    assert_eq!(faults("", "XAA,Alfa,\n", "XBB,XAA\n"), [""; 0], "the control has no fault");
    let participants = "XAA,,,ngo,Gamma,Gamma,Gamma,,,,none\n\
                        XDD,,,member_state,Delta,Delta,Delta,,,,none\n\
                        XEE,,,company,Epsilon,Epsilon,Epsilon,,,,weog\n\
                        XFF,,,planet,Phi,Phi,Phi,,,,none\n\
                        XGG,,,media,Zeta,alphaland,Zeta,,,,none\n";
    let aliases = "XZZ,Nowhere,\nXAA,beta  UNION,\n";
    let members = "XBB,XAA\nXBB,XAA\nXAA,XAA\nXBB,XBB\nXBB,XZZ\n";
    assert_eq!(
        faults(participants, aliases, members),
        [
            "participants.csv line 7: one of these is expected: member_state observer_state \
             non_member_state regional_organization intergovernmental_organization ngo company academia media",
            "participants.csv line 4: column iso3: another row has the same",
            "participants.csv line 5: a Member State belongs to a regional group",
            "participants.csv line 6: only Member States belong to a regional group",
            "participants.csv line 8: column depositary_name: another row has the same",
            "aliases.csv line 2: XZZ is not in participants.csv",
            "aliases.csv line 3: this is already a name of XBB",
            "organization_members.csv line 3: XAA stands here twice",
            "organization_members.csv line 4: XAA is no regional organization",
            "organization_members.csv line 5: XBB is no State",
            "organization_members.csv line 6: XZZ is not in participants.csv",
        ]
    );
}
