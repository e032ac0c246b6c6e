//! Which action of the policy stands for which paper.
//!
//! Papers are of three sorts: those of the mission, those of a person, and those that entitle to sign. Security sees
//! persons and not politics, a treaty officer sees full powers and not passports (R41).

use super::model::DocumentKind;
use crate::access::Action;
use crate::text::ParticipantCode;

/// To list papers of this kind.
pub fn list(kind: DocumentKind) -> Action<'static> {
    match sort(kind) {
        Sort::Mission => Action::ListDocuments,
        Sort::Person => Action::ListIdentityPapers,
        Sort::Treaty => Action::ListFullPowers,
    }
}

/// To know of this paper, or that it is missing.
#[must_use]
pub fn know(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        Sort::Mission => Action::ReadDocument(code),
        Sort::Person => Action::ReadIdentity(code),
        Sort::Treaty => Action::ReadFullPowers(code),
    }
}

/// To read its content.
pub fn read(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match kind {
        DocumentKind::Passport => Action::ReadPassport(code),
        DocumentKind::Photo | DocumentKind::PressCard => Action::ReadIdentity(code),
        _ => Action::ReadDocument(code),
    }
}

/// To lodge one.
pub fn lodge(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        Sort::Mission | Sort::Person => Action::PrepareDelegation(code),
        Sort::Treaty => Action::LodgeFullPowers(code),
    }
}

/// To verify or refuse it.
pub fn review(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        Sort::Mission | Sort::Person => Action::ReviewDocument(code),
        Sort::Treaty => Action::CheckFullPowers(code),
    }
}

enum Sort {
    Mission,
    Person,
    Treaty,
}

fn sort(kind: DocumentKind) -> Sort {
    match kind {
        DocumentKind::NoteVerbale
        | DocumentKind::Letter
        | DocumentKind::AppointmentOfFocalPoint => Sort::Mission,
        DocumentKind::Passport | DocumentKind::Photo | DocumentKind::PressCard => Sort::Person,
        DocumentKind::FullPowers | DocumentKind::Credentials => Sort::Treaty,
    }
}
