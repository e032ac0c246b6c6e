//! A treaty action: what a participant did (R13, R16, R17).

use chrono::{DateTime, FixedOffset, NaiveDate};
use deserr::Deserr;
use serde::{Deserialize, Serialize};

use crate::ceremony::PlaceCode;
use crate::full_powers::{Basis, Lifted};
use crate::ids::FullPowersId;
use crate::input::Faults;
use crate::text::{Label, Language, ParticipantCode, PersonName, choices, paragraphs, text_types};

choices! {
    /// What a participant can do (R13). A signature is always subject to ratification, acceptance or approval: there
    /// is no definitive one (R14).
    ActionKind {
        /// Signature, also *ad referendum*.
        Signature = "signature",
        /// Confirmation of a signature *ad referendum*.
        Confirmation = "ad_referendum_confirmation",
        /// Ratification.
        Ratification = "ratification",
        /// Acceptance.
        Acceptance = "acceptance",
        /// Approval.
        Approval = "approval",
        /// Accession, open to those who have not signed.
        Accession = "accession",
        /// Notice of not intending to become a party (R21).
        NoIntention = "notice_of_not_becoming_party",
        /// Denunciation (R22).
        Denunciation = "denunciation",
    }

    /// What a participant can have of each only one standing (R5, R18).
    Slot {
        /// A signature.
        Signature = "signature",
        /// A confirmation of a signature *ad referendum*.
        Confirmation = "ad_referendum_confirmation",
        /// A consent to be bound, of whichever kind.
        Consent = "consent",
        /// A notice of not intending to become a party.
        NoIntention = "notice_of_not_becoming_party",
        /// A denunciation.
        Denunciation = "denunciation",
    }

    /// What a declaration is, as its author calls it.
    DeclarationKind {
        /// A declaration.
        Declaration = "declaration",
        /// A reservation.
        Reservation = "reservation",
        /// A regional organization's declaration of the extent of its competence (R19).
        Competence = "declaration_of_competence",
    }
}

text_types! {
    /// The words of a declaration or reservation.
    DeclarationText: 50_000, paragraphs;
}

impl ActionKind {
    /// Whether it expresses consent to be bound (R18).
    #[must_use]
    pub fn is_consent(self) -> bool {
        self.consent_mark().is_some()
    }

    /// Beside which other actions of the participant it cannot stand, being of the same slot.
    #[must_use]
    pub fn slot(self) -> Slot {
        match self {
            Self::Signature => Slot::Signature,
            Self::Confirmation => Slot::Confirmation,
            Self::Ratification | Self::Acceptance | Self::Approval | Self::Accession => {
                Slot::Consent
            }
            Self::NoIntention => Slot::NoIntention,
            Self::Denunciation => Slot::Denunciation,
        }
    }

    /// How the Depositary's table marks a consent to be bound: blank, `A`, `AA` or `a` (R27).
    #[must_use]
    pub fn consent_mark(self) -> Option<&'static str> {
        match self {
            Self::Ratification => Some(""),
            Self::Acceptance => Some("A"),
            Self::Approval => Some("AA"),
            Self::Accession => Some("a"),
            Self::Signature | Self::Confirmation | Self::NoIntention | Self::Denunciation => None,
        }
    }
}

/// Who did it in the participant's name. Nothing else of the person enters the record (R26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Signatory {
    /// The name.
    pub name: PersonName,
    /// The office, in words.
    pub office: Label,
    /// By what they sign.
    pub capacity: Basis,
    /// Whether the office of the capacity is held by acting in it.
    pub acting: bool,
}

/// A declaration or reservation, word for word (R17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Declaration {
    /// What it is.
    pub kind: DeclarationKind,
    /// The language in which it was given.
    pub language: Language,
    /// Its words.
    pub text: DeclarationText,
    /// A courtesy translation.
    #[serde(default)]
    #[deserr(default)]
    pub translation: Option<Translation>,
}

/// A courtesy translation, which binds nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Translation {
    /// Into which language.
    pub language: Language,
    /// Its words.
    pub text: DeclarationText,
}

/// What a participant did, with all that R16 keeps apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What was done.
    pub kind: ActionKind,
    /// By whom.
    pub participant: ParticipantCode,
    /// Where.
    pub place: PlaceCode,
    /// The moment at the table, or of the deposit, with its offset as given.
    pub done_at: DateTime<FixedOffset>,
    /// The date at the place at that moment.
    pub legal_date: NaiveDate,
    /// Who signed; instruments that are deposited need not say.
    pub signatory: Option<Signatory>,
    /// What entitled the signatory.
    pub full_powers: Option<FullPowersId>,
    /// Whether a signature is *ad referendum*.
    pub ad_referendum: bool,
    /// Declarations and reservations made with it.
    pub declarations: Vec<Declaration>,
    /// The overrides without which the signatory would not have been entitled (R12).
    pub overrides: Vec<Lifted>,
}

impl Action {
    /// Whether a declaration made with this action is shown as "to be confirmed on ratification" (R17).
    #[must_use]
    pub fn awaits_confirmation(&self, declaration: &Declaration) -> bool {
        self.kind == ActionKind::Signature && declaration.kind == DeclarationKind::Reservation
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{declaration, signature};
    use super::*;

    #[test]
    fn r17_a_declaration_is_kept_word_for_word_with_its_translation() {
        let given = json!({
            "kind": "reservation", "language": "fr", "text": "Sous réserve\n\tde l’article 63.",
            "translation": { "language": "en", "text": "Subject to article 63." },
        });
        let read: Declaration = deserr::deserialize::<_, _, Faults>(given.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), given);
        assert_eq!(serde_json::from_value::<Declaration>(given).unwrap(), read);
    }

    #[test]
    fn r17_a_reservation_made_at_signature_is_to_be_confirmed_on_ratification() {
        let mut action = signature("FRA", "2025-10-25T11:00:00+07:00");
        let reservation = declaration(DeclarationKind::Reservation);
        assert!(action.awaits_confirmation(&reservation));
        assert!(!action.awaits_confirmation(&declaration(DeclarationKind::Declaration)));
        action.kind = ActionKind::Ratification;
        assert!(!action.awaits_confirmation(&reservation));
    }

    #[test]
    fn r14_there_is_no_definitive_signature() {
        assert_eq!(ActionKind::parse("definitive_signature").unwrap_err().code, "unknown_value");
        assert!(!ActionKind::Signature.is_consent());
    }
}
