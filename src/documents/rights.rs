//! Which action of the policy stands for which paper.
//!
//! Papers are of four sorts: those of the mission, those of a person, those that entitle to sign, and those that are going
//! to be read out. Security sees persons and not politics, a treaty officer sees full powers and not passports (R41), and
//! what is going to be said nobody sees but who says it; whoever runs the session reads it there.

use super::model::DocumentKind;
use crate::access::Action;
use crate::text::ParticipantCode;

/// To list papers of this kind.
pub fn list(kind: DocumentKind) -> Action<'static> {
    match sort(kind) {
        Sort::Mission => Action::ListDocuments,
        Sort::Person => Action::ListIdentityPapers,
        Sort::Treaty => Action::ListFullPowers,
        Sort::Speech => Action::ListSpeakers,
    }
}

/// To know of this paper, or that it is missing.
#[must_use]
pub fn know(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        Sort::Mission => Action::ReadDocument(code),
        Sort::Person => Action::ReadIdentity(code),
        Sort::Treaty => Action::ReadFullPowers(code),
        Sort::Speech => Action::Speak(code),
    }
}

/// To read its content.
pub fn read(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match kind {
        DocumentKind::Passport => Action::ReadPassport(code),
        DocumentKind::Photo | DocumentKind::PressCard => Action::ReadIdentity(code),
        DocumentKind::Statement => Action::Speak(code),
        _ => Action::ReadDocument(code),
    }
}

/// To lodge one.
pub fn lodge(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        Sort::Mission | Sort::Person => Action::PrepareDelegation(code),
        Sort::Treaty => Action::LodgeFullPowers(code),
        Sort::Speech => Action::Speak(code),
    }
}

/// To verify or refuse it.
pub fn review(kind: DocumentKind, code: &ParticipantCode) -> Action<'_> {
    match sort(kind) {
        // What a State is going to say nobody judges: whoever may review papers does not know of it.
        Sort::Mission | Sort::Person | Sort::Speech => Action::ReviewDocument(code),
        Sort::Treaty => Action::CheckFullPowers(code),
    }
}

enum Sort {
    Mission,
    Person,
    Treaty,
    Speech,
}

fn sort(kind: DocumentKind) -> Sort {
    match kind {
        DocumentKind::NoteVerbale
        | DocumentKind::Letter
        | DocumentKind::AppointmentOfFocalPoint => Sort::Mission,
        DocumentKind::Passport | DocumentKind::Photo | DocumentKind::PressCard => Sort::Person,
        DocumentKind::FullPowers | DocumentKind::Credentials => Sort::Treaty,
        DocumentKind::Statement => Sort::Speech,
    }
}
