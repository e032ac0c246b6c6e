//! What full powers lack (R7, R8).

use chrono::NaiveDate;

use super::{Application, Basis, Issuer, Office, Paper, Power};
use crate::delegations::Rank;
use crate::text::{Label, choices};

choices! {
    /// What keeps full powers from being verified (R7), in the order in which the answer lists it.
    Gap {
        /// This treaty is not named.
        TreatyNotNamed = "treaty_not_named",
        /// This person is not named.
        PersonNotNamed = "person_not_named",
        /// The act "sign" is not among the acts.
        SigningNotGranted = "signing_not_granted",
        /// There is no date.
        Undated = "undated",
        /// The date is yet to come.
        DatedInFuture = "dated_in_future",
        /// They have expired.
        Expired = "expired",
        /// The issuer is not named.
        IssuerNotNamed = "issuer_not_named",
        /// The issuer holds none of the three offices.
        IssuerWithoutOffice = "issuer_without_office",
        /// The issuer is of another participant.
        IssuerOfAnotherParticipant = "issuer_of_another_participant",
        /// There is no document, or it was refused.
        NoDocument = "no_document",
        /// The signer is not a person of the participant's delegation (R11).
        NotOfDelegation = "not_of_delegation",
        /// The signer's rank is not that of the office claimed (R6).
        OfficeNotHeld = "office_not_held",
    }
}

impl Gap {
    /// The field of the application in which the gap is, as a JSON Pointer.
    #[must_use]
    pub fn pointer(self) -> &'static str {
        match self {
            Self::TreatyNotNamed => "/treaty",
            Self::PersonNotNamed => "/names_person",
            Self::SigningNotGranted => "/acts",
            Self::Undated | Self::DatedInFuture => "/issued_on",
            Self::Expired => "/expires_on",
            Self::IssuerNotNamed => "/issued_by",
            Self::IssuerWithoutOffice => "/issued_by/office",
            Self::IssuerOfAnotherParticipant => "/issued_by/participant",
            Self::NoDocument => "/document",
            Self::NotOfDelegation => "/member",
            Self::OfficeNotHeld => "/basis",
        }
    }

    /// What is missing, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TreatyNotNamed => "the paper must name this treaty",
            Self::PersonNotNamed => "the paper must name this person",
            Self::SigningNotGranted => "the paper must grant the act \"sign\"; credentials do not",
            Self::Undated => "the paper must carry a date",
            Self::DatedInFuture => "the paper is dated in the future",
            Self::Expired => "the paper has expired",
            Self::IssuerNotNamed => "the paper must name who issued it",
            Self::IssuerWithoutOffice => {
                "the issuer must be Head of State, Head of Government or Minister for Foreign Affairs"
            }
            Self::IssuerOfAnotherParticipant => "the issuer must be of this participant",
            Self::NoDocument => "a copy of the paper must be attached, and not have been refused",
            Self::NotOfDelegation => "the signer must be a person of the participant's delegation",
            Self::OfficeNotHeld => "the signer's rank is not that of the office claimed",
        }
    }
}

/// What the officer who looks at an application knows beside what it says.
#[derive(Debug, Clone, Copy)]
pub struct Examined {
    /// The signer's present rank; none where they are not a person of the participant's delegation.
    pub rank: Option<Rank>,
    /// Whether a copy of the paper is there and has not been refused.
    pub has_copy: bool,
    /// The day.
    pub today: NaiveDate,
}

impl Application {
    /// All that keeps it from being verified for this treaty (R6, R7).
    #[must_use]
    pub fn gaps(&self, treaty: &Label, examined: &Examined) -> Vec<Gap> {
        let Paper { treaty: named, names_person, acts, issued_on, issued_by, expires_on, document } =
            &self.paper;
        let Examined { rank, has_copy, today } = *examined;
        let holds_office = |rank| self.basis.fits(rank, self.acting);
        let needs_paper = self.basis == Basis::FullPowers;
        let foreign = |issuer: &Issuer| {
            issuer.participant.as_ref().is_some_and(|issuing| *issuing != self.participant)
        };
        [
            (Gap::TreatyNotNamed, needs_paper && named.as_ref() != Some(treaty)),
            (Gap::PersonNotNamed, needs_paper && !names_person),
            (Gap::SigningNotGranted, needs_paper && !acts.contains(&Power::Sign)),
            (Gap::Undated, needs_paper && issued_on.is_none()),
            (Gap::DatedInFuture, issued_on.is_some_and(|issued| issued > today)),
            (Gap::Expired, expires_on.is_some_and(|last| last < today)),
            (Gap::IssuerNotNamed, needs_paper && issued_by.is_none()),
            (
                Gap::IssuerWithoutOffice,
                needs_paper && issued_by.as_ref().is_some_and(|i| i.office == Office::Other),
            ),
            (
                Gap::IssuerOfAnotherParticipant,
                needs_paper && issued_by.as_ref().is_some_and(foreign),
            ),
            (Gap::NoDocument, !has_copy && (needs_paper || document.is_some())),
            (Gap::NotOfDelegation, rank.is_none()),
            (Gap::OfficeNotHeld, rank.is_some_and(|rank| !holds_office(rank))),
        ]
        .into_iter()
        .filter_map(|(gap, is_there)| is_there.then_some(gap))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{application, day, examined, treaty};
    use super::*;
    use crate::text::ParticipantCode;

    type Spoil = fn(&mut Application);

    fn gaps(spoil: impl FnOnce(&mut Application)) -> Vec<Gap> {
        let mut sample = application();
        spoil(&mut sample);
        let has_copy = sample.paper.document.is_some();
        sample.gaps(&treaty(), &Examined { has_copy, ..examined(Rank::PermanentRepresentative) })
    }

    #[test]
    fn r07_each_gap_alone_is_found() {
        assert_eq!(gaps(|_| ()), []);
        let cases: [(Spoil, Gap); 11] = [
            (|a| a.paper.treaty = None, Gap::TreatyNotNamed),
            (|a| a.paper.treaty = Label::parse("XVIII-12").ok(), Gap::TreatyNotNamed),
            (|a| a.paper.names_person = false, Gap::PersonNotNamed),
            (|a| a.paper.issued_on = None, Gap::Undated),
            (|a| a.paper.issued_on = Some(day("2025-10-21")), Gap::DatedInFuture),
            (|a| a.paper.expires_on = Some(day("2025-10-19")), Gap::Expired),
            (|a| a.paper.issued_by = None, Gap::IssuerNotNamed),
            (
                |a| a.paper.issued_by.as_mut().unwrap().office = Office::Other,
                Gap::IssuerWithoutOffice,
            ),
            (
                |a| {
                    a.paper.issued_by.as_mut().unwrap().participant =
                        ParticipantCode::parse("BEL").ok();
                },
                Gap::IssuerOfAnotherParticipant,
            ),
            (|a| a.paper.document = None, Gap::NoDocument),
            (|a| a.basis = Basis::ForeignMinister, Gap::OfficeNotHeld),
        ];
        for (spoil, gap) in cases {
            assert_eq!(gaps(spoil), [gap], "{}", gap.sentence());
        }
    }

    #[test]
    fn r07_the_answer_lists_every_gap() {
        let blank = Paper {
            treaty: None,
            names_person: false,
            acts: vec![],
            issued_on: None,
            issued_by: None,
            expires_on: None,
            document: None,
        };
        assert_eq!(
            gaps(|a| a.paper = blank),
            [
                Gap::TreatyNotNamed,
                Gap::PersonNotNamed,
                Gap::SigningNotGranted,
                Gap::Undated,
                Gap::IssuerNotNamed,
                Gap::NoDocument
            ]
        );
    }

    #[test]
    fn r08_credentials_are_not_full_powers_unless_they_grant_both() {
        assert_eq!(
            gaps(|a| a.paper.acts = vec![Power::Represent, Power::Negotiate]),
            [Gap::SigningNotGranted]
        );
        assert_eq!(gaps(|a| a.paper.acts = vec![Power::Represent, Power::Sign]), []);
    }

    #[test]
    fn r06_an_exempt_office_needs_no_paper() {
        let mut minister = application();
        minister.basis = Basis::ForeignMinister;
        minister.paper = Paper {
            treaty: None,
            names_person: false,
            acts: vec![],
            issued_on: None,
            issued_by: None,
            expires_on: None,
            document: None,
        };
        let without_copy = |rank| Examined { has_copy: false, ..examined(rank) };
        let gaps = |rank| minister.gaps(&treaty(), &without_copy(rank));
        assert_eq!(gaps(Rank::Minister), []);
        assert_eq!(gaps(Rank::Official), [Gap::OfficeNotHeld]);
    }

    #[test]
    fn r11_the_signer_is_of_the_delegation_when_the_papers_are_verified() {
        let stranger = Examined { rank: None, ..examined(Rank::Minister) };
        assert_eq!(application().gaps(&treaty(), &stranger), [Gap::NotOfDelegation]);
    }
}
