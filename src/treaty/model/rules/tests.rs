//! Tests of `rules.rs`.

use super::*;
use crate::input::Moment;
use crate::treaty::model::Draft;
use crate::treaty::model::samples::{Book, declaration, draft};

const SIGNED: &str = "2025-10-29T12:00:00-04:00";
const LATER: &str = "2026-01-12T12:00:00-05:00";
const LATEST: &str = "2026-02-12T12:00:00-05:00";

fn book() -> Book {
    Book::at("2028-01-01T00:00:00Z")
}

#[test]
fn r02_a_company_or_an_unknown_participant_does_not_sign() {
    for who in ["ACM", "XYZ"] {
        assert_eq!(book().act(ActionKind::Signature, who, SIGNED), Err(Refusal::NotEligible));
        assert_eq!(book().act(ActionKind::Accession, who, SIGNED), Err(Refusal::NotEligible));
    }
    assert!(book().act(ActionKind::Signature, "VAT", SIGNED).is_ok());
}

#[test]
fn r04_a_regional_organization_signs_after_a_member_state() {
    let mut book = book();
    let union = |book: &mut Book, at| book.act(ActionKind::Signature, "EUE", at);
    assert_eq!(union(&mut book, SIGNED), Err(Refusal::MemberSignsFirst));
    book.act(ActionKind::Signature, "VAT", SIGNED).unwrap();
    assert_eq!(union(&mut book, LATER), Err(Refusal::MemberSignsFirst), "no member");
    book.act(ActionKind::Signature, "BEL", LATER).unwrap();
    assert_eq!(union(&mut book, SIGNED), Err(Refusal::MemberSignsFirst), "too early");
    assert!(union(&mut book, LATER).is_ok());
}

#[test]
fn r05_a_second_signature_names_the_first() {
    let mut book = book();
    let first = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let second = book.act(ActionKind::Signature, "FRA", LATER);
    assert_eq!(second, Err(Refusal::AlreadySigned { first }));
}

#[test]
fn r06_a_signature_names_who_signed_and_by_what() {
    let complete = draft(ActionKind::Signature, "FRA", SIGNED);
    let nameless = Draft { signatory: None, ..complete.clone() };
    let unentitled = Draft { full_powers: None, ..complete };
    assert_eq!(book().decide(nameless), Err(Refusal::NotEntitled));
    assert_eq!(book().decide(unentitled), Err(Refusal::NotEntitled));
}

#[test]
fn r18_ratification_acceptance_and_approval_need_an_earlier_signature() {
    for kind in [ActionKind::Ratification, ActionKind::Acceptance, ActionKind::Approval] {
        let mut book = book();
        assert_eq!(book.act(kind, "FRA", LATER), Err(Refusal::NoSignature));
        book.act(ActionKind::Signature, "FRA", LATER).unwrap();
        assert_eq!(book.act(kind, "FRA", SIGNED), Err(Refusal::NoSignature), "too early");
        let first = book.act(kind, "FRA", LATEST).unwrap();
        let again = book.act(ActionKind::Ratification, "FRA", LATEST);
        assert_eq!(again, Err(Refusal::AlreadyBound { first }));
    }
}

#[test]
fn r18_accession_is_for_those_who_have_not_signed() {
    let mut book = book();
    let signature = book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    assert_eq!(
        book.act(ActionKind::Accession, "FRA", LATER),
        Err(Refusal::SignatoryDoesNotAccede { signature })
    );
    let first = book.act(ActionKind::Accession, "BEL", LATER).unwrap();
    assert_eq!(
        book.act(ActionKind::Signature, "BEL", LATEST),
        Err(Refusal::AlreadyBound { first })
    );
}

#[test]
fn r19_a_regional_organization_deposits_after_a_member_and_declares_its_competence() {
    let mut book = book();
    book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    book.act(ActionKind::Signature, "EUE", SIGNED).unwrap();
    let mut approval = draft(ActionKind::Approval, "EUE", LATEST);
    assert_eq!(book.decide(approval.clone()), Err(Refusal::MemberDepositsFirst));
    book.act(ActionKind::Ratification, "FRA", LATER).unwrap();
    approval.declarations = vec![declaration(DeclarationKind::Declaration)];
    assert_eq!(book.decide(approval.clone()), Err(Refusal::CompetenceNotDeclared));
    approval.declarations.push(declaration(DeclarationKind::Competence));
    assert!(book.decide(approval).is_ok());
}

#[test]
fn r13_only_a_signature_ad_referendum_is_confirmed_and_once() {
    let mut book = book();
    book.act(ActionKind::Signature, "BEL", SIGNED).unwrap();
    assert_eq!(book.act(ActionKind::Confirmation, "BEL", LATER), Err(Refusal::NothingToConfirm));
    let mut tentative = draft(ActionKind::Signature, "FRA", SIGNED);
    tentative.ad_referendum = true;
    book.decide(tentative.clone()).unwrap();
    let first = book.act(ActionKind::Confirmation, "FRA", LATER).unwrap();
    assert_eq!(
        book.act(ActionKind::Confirmation, "FRA", LATEST),
        Err(Refusal::AlreadyDone { first })
    );
    tentative.kind = ActionKind::Ratification;
    assert_eq!(book.decide(tentative), Err(Refusal::NotAdReferendum));
}

#[test]
fn r13_who_signed_ad_referendum_ratifies_once_that_is_confirmed() {
    let mut book = book();
    let mut tentative = draft(ActionKind::Signature, "FRA", SIGNED);
    tentative.ad_referendum = true;
    let signature = book.decide(tentative).unwrap();
    for kind in [ActionKind::Ratification, ActionKind::Acceptance, ActionKind::Approval] {
        assert_eq!(book.act(kind, "FRA", LATEST), Err(Refusal::NotYetConfirmed { signature }));
    }
    book.act(ActionKind::Confirmation, "FRA", LATEST).unwrap();
    let early = book.act(ActionKind::Ratification, "FRA", LATER);
    assert_eq!(early, Err(Refusal::NotYetConfirmed { signature }), "deposited before it");
    book.act(ActionKind::Ratification, "FRA", LATEST).unwrap();
}

#[test]
fn r21_who_gave_notice_may_ratify_later_and_who_is_bound_gives_none() {
    let mut book = book();
    assert_eq!(book.act(ActionKind::NoIntention, "FRA", LATER), Err(Refusal::NoSignature));
    book.act(ActionKind::Signature, "FRA", SIGNED).unwrap();
    let first = book.act(ActionKind::NoIntention, "FRA", LATER).unwrap();
    let again = book.act(ActionKind::NoIntention, "FRA", LATER);
    assert_eq!(again, Err(Refusal::AlreadyDone { first }));
    let early = book.act(ActionKind::Ratification, "FRA", LATER);
    assert_eq!(early, Err(Refusal::NoticeCameLater { notice: first }));
    book.act(ActionKind::Ratification, "FRA", LATEST).unwrap();

    book.act(ActionKind::Signature, "BEL", SIGNED).unwrap();
    let first = book.act(ActionKind::Ratification, "BEL", LATER).unwrap();
    let notice = book.act(ActionKind::NoIntention, "BEL", LATEST);
    assert_eq!(notice, Err(Refusal::AlreadyBound { first }));
}

#[test]
fn r22_only_who_is_bound_denounces_and_without_reservations() {
    let mut book = book();
    assert_eq!(book.act(ActionKind::Denunciation, "VAT", LATEST), Err(Refusal::NotBound));
    book.act(ActionKind::Accession, "VAT", LATER).unwrap();
    let mut denunciation = draft(ActionKind::Denunciation, "VAT", LATEST);
    denunciation.declarations = vec![declaration(DeclarationKind::Reservation)];
    assert_eq!(book.decide(denunciation.clone()), Err(Refusal::NoDeclarationHere));
    denunciation.declarations.clear();
    denunciation.done_at = Moment::parse(SIGNED).unwrap().0;
    assert_eq!(book.decide(denunciation.clone()), Err(Refusal::NotBound), "too early");
    denunciation.done_at = Moment::parse(LATEST).unwrap().0;
    assert!(book.decide(denunciation).is_ok());
}
