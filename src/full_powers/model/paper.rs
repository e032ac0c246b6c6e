//! What is lodged, and what the paper says.

use chrono::NaiveDate;
use deserr::Deserr;
use serde::Serialize;

use crate::ids::{DocumentId, MemberId};
use crate::input::Faults;
use crate::text::{Label, ParticipantCode, PersonName, choices};

choices! {
    /// What entitles the signer to sign (R6).
    Basis {
        /// A paper issued by one of the three high offices.
        FullPowers = "full_powers",
        /// The signer is the Head of State.
        HeadOfState = "head_of_state",
        /// The signer is the Head of Government.
        HeadOfGovernment = "head_of_government",
        /// The signer is the Minister for Foreign Affairs.
        ForeignMinister = "foreign_minister",
    }

    /// The office of the person who issued a paper.
    Office {
        /// Head of State.
        HeadOfState = "head_of_state",
        /// Head of Government.
        HeadOfGovernment = "head_of_government",
        /// Minister for Foreign Affairs.
        ForeignMinister = "foreign_minister",
        /// Any other: such a paper can be lodged and never verified.
        Other = "other",
    }

    /// What a paper entitles the person to do.
    Power {
        /// Represent the participant at the conference: credentials, which are not full powers (R8).
        Represent = "represent",
        /// Negotiate and adopt the text.
        Negotiate = "negotiate",
        /// Sign the treaty.
        Sign = "sign",
    }
}

/// Who issued a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Issuer {
    /// As written on the paper.
    pub name: PersonName,
    /// The office held.
    pub office: Office,
    /// Of which participant, where it is another than the signer's.
    #[deserr(default)]
    pub participant: Option<ParticipantCode>,
}

/// What the paper says; whatever it does not say is a [`Gap`](super::Gap).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The number of the treaty named.
    pub treaty: Option<Label>,
    /// Whether it names the signer, as read by who lodged it.
    pub names_person: bool,
    /// What it entitles to.
    pub acts: Vec<Power>,
    /// Its date.
    pub issued_on: Option<NaiveDate>,
    /// Who issued it.
    pub issued_by: Option<Issuer>,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// The copy lodged.
    pub document: Option<DocumentId>,
}

/// Who is to sign, with name and office as they shall stand in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The person in the delegation (R11).
    pub member: MemberId,
    /// The name.
    pub name: PersonName,
    /// The office, in words.
    pub office: Label,
}

/// What is lodged: the claim that a person may sign for a participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// For whom the signer signs.
    pub participant: ParticipantCode,
    /// Who signs.
    pub signer: Signer,
    /// What entitles them.
    pub basis: Basis,
    /// Whether the office of the basis is held by acting in it.
    pub acting: bool,
    /// The paper. One of the exempt offices needs none, and may have one.
    pub paper: Paper,
}

impl Application {
    /// What makes no sense whatever the paper says.
    pub fn check(&self) -> Result<(), Faults> {
        let mut faults = Faults::default();
        if self.acting && self.basis == Basis::FullPowers {
            faults.add(
                "/acting",
                "not_applicable",
                "only one of the three offices can be acted in",
            );
        }
        if let (Some(issued), Some(expires)) = (self.paper.issued_on, self.paper.expires_on)
            && expires < issued
        {
            faults.add(
                "/expires_on",
                "too_early",
                "a date not before the date of issue is expected",
            );
        }
        faults.none_or()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{application, day};
    use super::*;

    #[test]
    fn a_paper_expires_after_its_issue_and_only_an_office_is_acted_in() {
        let mut odd = application();
        odd.acting = true;
        odd.paper.expires_on = Some(day("2025-09-30"));
        let Faults(faults) = odd.check().unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, ["/acting", "/expires_on"]);
        assert_eq!(application().check(), Ok(()));
    }
}
