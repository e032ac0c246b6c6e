//! Checklists without a database: what is read, what is asked of whom, and what is enough.

use chrono::NaiveDate;

use super::model::{Enrolled, Facts, ItemState, Line, Office, gaps};
use super::needs::{Checklists, DelegationStep, Item, Level, MemberStep};
use crate::delegations::members::{Function, Rank, StatusName};
use crate::documents::{DocumentKind, DocumentState, Held};
use crate::ids::{DocumentId, MemberId};
use crate::participants::ParticipantKind;
use crate::text::{ParticipantCode, PersonName};

const BUILT_IN: &str = include_str!("../../../config/ceremony/checklists.toml");

fn read(text: &str) -> Checklists {
    let mut faults = Vec::new();
    let read = Checklists::read(text, &mut faults);
    assert_eq!(faults, []);
    read
}

fn refusals(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    drop(Checklists::read(text, &mut faults));
    faults.iter().map(ToString::to_string).collect()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn france() -> ParticipantCode {
    ParticipantCode::parse("FRA").unwrap()
}

fn enrolled(function: Function, rank: Rank) -> Enrolled {
    let family_name = PersonName::parse("EXAMPLE").unwrap();
    let id = MemberId::fresh();
    Enrolled {
        id,
        participant: france(),
        family_name,
        given_names: None,
        function,
        rank,
        status: StatusName::Draft,
    }
}

fn paper(kind: DocumentKind, state: DocumentState) -> Held {
    let id = DocumentId::fresh();
    Held {
        id,
        participant: france(),
        member: None,
        kind,
        state,
        expires_on: None,
        original_seen_at: None,
    }
}

fn facts(kind: ParticipantKind, members: Vec<Enrolled>, papers: Vec<Held>) -> Facts {
    Facts { participant: france(), kind, members, papers, today: day("2025-10-26") }
}

fn names(lines: &[Line]) -> Vec<&'static str> {
    lines.iter().map(|line| line.item.as_str()).collect()
}

fn asked_of(facts: &Facts, member: usize) -> Vec<&'static str> {
    let lines = facts.of_member(&read(BUILT_IN), &facts.members[member]);
    lines.iter().map(|(_, line)| line.item.as_str()).collect()
}

#[test]
fn r35_a_state_needs_a_note_and_an_organization_a_letter() {
    use DocumentKind::{Letter, NoteVerbale};
    let built_in = read(BUILT_IN);
    for kind in ParticipantKind::ALL {
        let (paper_of_theirs, of_others) =
            if kind.is_state() { (NoteVerbale, Letter) } else { (Letter, NoteVerbale) };
        let open = |members: Vec<Enrolled>, papers: Vec<Held>, step| {
            names(&gaps(facts(*kind, members, papers).of_delegation(&built_in), &step))
        };
        let head = || vec![enrolled(Function::Head, Rank::Minister)];
        let received = |kind| vec![paper(kind, DocumentState::Received)];
        let accept = DelegationStep::Accept;
        assert_eq!(open(vec![], vec![], accept), [paper_of_theirs.as_str(), "head"]);
        assert_eq!(open(head(), received(paper_of_theirs), accept), [""; 0]);
        // The other's paper does not help, and an adviser leads nobody.
        assert_eq!(open(head(), received(of_others), accept), [paper_of_theirs.as_str()]);
        let adviser = vec![enrolled(Function::Adviser, Rank::Director)];
        assert_eq!(open(adviser, received(paper_of_theirs), accept), ["head"]);
        assert_eq!(open(vec![], vec![], DelegationStep::Submit), [""; 0]);
    }
}

#[test]
fn r36_the_highest_ranks_and_their_spouses_are_asked_for_neither_passport_nor_photo() {
    let kind = ParticipantKind::MemberState;
    for rank in Rank::EXEMPT {
        let pair = vec![enrolled(Function::Head, *rank), enrolled(Function::Spouse, Rank::None)];
        let pair = facts(kind, pair, vec![]);
        assert_eq!((asked_of(&pair, 0), asked_of(&pair, 1)), (vec![], vec![]), "{rank}");
    }
    let couple =
        vec![enrolled(Function::Head, Rank::Minister), enrolled(Function::Spouse, Rank::None)];
    let couple = facts(kind, couple, vec![]);
    assert_eq!(asked_of(&couple, 0), ["passport", "photo"]);
    assert_eq!(asked_of(&couple, 1), ["passport", "photo"]);
    let press = facts(kind, vec![enrolled(Function::Press, Rank::None)], vec![]);
    assert_eq!(asked_of(&press, 0), ["passport", "photo", "press_card"]);
}

#[test]
fn r36_what_is_built_in_holds_no_member_up() {
    let built_in = read(BUILT_IN);
    assert!(MemberStep::ALL.iter().all(|step| !built_in.hold_up(*step)));
}

#[test]
fn the_best_paper_counts_and_who_has_to_act_follows_from_it() {
    use DocumentState::{Received, Refused, Verified};
    let wanted = read(
        "[[delegation]]\nitem = \"full_powers\"\nstep = \"accept\"\nlevel = \"required\"\nenough = \"verified\"\n\
         [[delegation]]\nitem = \"note_verbale\"\nstep = \"accept\"\nlevel = \"required\"\nenough = \"verified\"\n",
    );
    for kind in [DocumentKind::FullPowers, DocumentKind::NoteVerbale] {
        let looked_at_by = match kind {
            DocumentKind::FullPowers => Office::TreatyOffice,
            _ => Office::Secretariat,
        };
        let expired = |state| Held { expires_on: Some(day("2025-10-25")), ..paper(kind, state) };
        let lasts = Held { expires_on: Some(day("2025-10-26")), ..paper(kind, Verified) };
        for (papers, state, waits_for) in [
            (vec![], ItemState::Missing, Some(Office::Mission)),
            (vec![paper(kind, Refused)], ItemState::Refused, Some(Office::Mission)),
            (
                vec![expired(Verified), paper(kind, Refused)],
                ItemState::Expired,
                Some(Office::Mission),
            ),
            (
                vec![paper(kind, Received), expired(Verified)],
                ItemState::Received,
                Some(looked_at_by),
            ),
            (vec![paper(kind, Verified), paper(kind, Received)], ItemState::Verified, None),
            (vec![lasts], ItemState::Verified, None),
        ] {
            let facts = facts(ParticipantKind::MemberState, vec![], papers);
            let lines = facts.of_delegation(&wanted);
            let (_, line) = lines.iter().find(|(_, line)| line.item == Item::Paper(kind)).unwrap();
            assert_eq!((line.state, line.waits_for), (state, waits_for));
            assert_eq!(line.is_met, waits_for.is_none());
        }
    }
    // Of equals the latest.
    let twice = vec![
        paper(DocumentKind::NoteVerbale, Received),
        paper(DocumentKind::NoteVerbale, Received),
    ];
    let latest = twice[1].id;
    let lines = facts(ParticipantKind::MemberState, vec![], twice).of_delegation(&wanted);
    assert_eq!(lines[1].1.document, Some(latest));
}

#[test]
fn what_is_needed_at_a_step_is_needed_at_every_later_one_and_only_of_whom_it_is_asked() {
    use MemberStep::{Approve, PreApprove, Submit};
    use ParticipantKind::{Company, Media, MemberState};

    let wanted = read(
        "[[member]]\nitem = \"photo\"\nstep = \"pre_approve\"\nlevel = \"required\"\nparticipants = [\"company\"]\n\
         [[member]]\nitem = \"passport\"\nstep = \"approve\"\nlevel = \"required\"\nranks = [\"none\"]\n\
         [[member]]\nitem = \"credentials\"\nstep = \"submit\"\nlevel = \"required\"\nfunctions = [\"head\"]\nalso_exempt = true\n",
    );
    let open = |kind, function, rank, step| {
        let facts = facts(kind, vec![enrolled(function, rank)], vec![]);
        names(&gaps(facts.of_member(&wanted, &facts.members[0]), &step))
    };
    assert_eq!(open(Company, Function::Staff, Rank::None, Submit), [""; 0]);
    assert_eq!(open(Company, Function::Staff, Rank::None, PreApprove), ["photo"]);
    assert_eq!(open(Company, Function::Staff, Rank::None, Approve), ["photo", "passport"]);
    assert_eq!(open(Media, Function::Staff, Rank::Official, Approve), [""; 0]);
    assert_eq!(open(MemberState, Function::Head, Rank::HeadOfState, Approve), ["credentials"]);

    // Another member's paper is not theirs.
    let pair = vec![enrolled(Function::Staff, Rank::None), enrolled(Function::Staff, Rank::None)];
    let photo =
        Held { member: Some(pair[0].id), ..paper(DocumentKind::Photo, DocumentState::Received) };
    let pair = facts(Company, pair, vec![photo]);
    let lines = |at: usize| pair.of_member(&wanted, &pair.members[at]);
    assert_eq!(names(&gaps(lines(0), &PreApprove)), [""; 0]);
    assert_eq!(names(&gaps(lines(1), &PreApprove)), ["photo"]);
    assert!(lines(1).iter().all(|(_, line)| line.level == Level::Required));
}

#[test]
fn r54_every_fault_of_the_file_is_named_with_its_line() {
    assert_eq!(
        refusals(
            "[[delegation]]\nitem = \"passport\"\nstep = \"accept\"\nlevel = \"required\"\n\
             [[delegation]]\nitem = \"head\"\nstep = \"accept\"\nlevel = \"required\"\nenough = \"verified\"\n\
             [[delegation]]\nitem = \"letter\"\nstep = \"submit\"\nlevel = \"required\"\nparticipants = [\"ngo\", \"media\"]\n\
             [[delegation]]\nitem = \"letter\"\nstep = \"submit\"\nlevel = \"recommended\"\nparticipants = [\"media\"]\n\
             [[member]]\nitem = \"letter\"\nstep = \"submit\"\nlevel = \"required\"\n\
             [[member]]\nitem = \"photo\"\nstep = \"submit\"\nlevel = \"required\"\nranks = []\n\
             [[member]]\nitem = \"passport\"\nstep = \"approve\"\nlevel = \"required\"\nfunctions = [\"head\"]\n\
             [[member]]\nitem = \"passport\"\nstep = \"approve\"\nlevel = \"required\"\nranks = [\"minister\"]\n"
        ),
        [
            "checklists.toml line 1: passport is a member's, not a delegation's",
            "checklists.toml line 5: a head is there or not: nobody verifies it",
            "checklists.toml line 15: letter at submit stands here twice for the same",
            "checklists.toml line 20: letter is a delegation's, not a member's",
            "checklists.toml line 24: an entry for nobody",
            "checklists.toml line 34: passport at approve stands here twice for the same",
        ]
    );
    for (right, wrong, line) in [
        ("item = \"letter\"", "item = \"leter\"", "item = \"letter\""),
        ("level = \"required\"", "level = \"must\"", "level = \"required\""),
        ("step = \"accept\"", "setp = \"accept\"", "step = \"accept\""),
        ("\"ngo\"", "\"n.g.o.\"", "\"ngo\", \"company\", \"academia\", \"media\"]"),
    ] {
        let at = 1 + BUILT_IN
            .lines()
            .position(|text| !text.starts_with('#') && text.contains(line))
            .unwrap();
        let text: Vec<_> =
            BUILT_IN
                .lines()
                .map(|line| {
                    if line.starts_with('#') { line.to_owned() } else { line.replace(right, wrong) }
                })
                .collect();
        let [refusal] = <[String; 1]>::try_from(refusals(&text.join("\n"))).unwrap();
        assert!(
            refusal.starts_with(&format!("checklists.toml line {at}: ")),
            "{refusal} is not at {at}"
        );
    }
    assert_eq!(refusals(""), [""; 0], "nothing is asked of anybody");
}
