//! May this person sign for this participant, here, on this day? (R6–R11)

use chrono::NaiveDate;

use super::{Appointment, Basis, FullPowers, Stage};
use crate::ceremony::PlaceCode;
use crate::delegations::Rank;
use crate::text::{ParticipantCode, choices};

choices! {
    /// What keeps a person from signing.
    Bar {
        /// No officer has verified the full powers (R9).
        NotVerified = "not_verified",
        /// No second officer has confirmed them (R9).
        NotConfirmed = "not_confirmed",
        /// They were refused.
        Refused = "refused",
        /// The copy of the paper was refused, or is gone.
        PaperRefused = "paper_refused",
        /// The original has not arrived (R9).
        OriginalNotReceived = "original_not_received",
        /// They were revoked (R10).
        Revoked = "revoked",
        /// They expired before the day of signature (R10).
        Expired = "expired",
        /// They are dated after the day of signature.
        IssuedLater = "issued_later",
        /// They are another participant's.
        OfAnotherParticipant = "of_another_participant",
        /// The signer is not a person of that participant's delegation (R11).
        NotOfDelegation = "not_of_delegation",
        /// The delegation was rejected or withdrawn: the participant does not take part (R11).
        DelegationNotStanding = "delegation_not_standing",
        /// The signer no longer has the rank of the office claimed (R6).
        OfficeNotHeld = "office_not_held",
        /// No appointment to sign (R9).
        NoAppointment = "no_appointment",
        /// The appointment is at another place.
        AppointedElsewhere = "appointed_elsewhere",
    }
}

impl Bar {
    /// Why, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotVerified => "the full powers have not been verified",
            Self::NotConfirmed => "the full powers have not been confirmed by a second officer",
            Self::Refused => "the full powers were refused",
            Self::PaperRefused => "the copy of the full powers was refused",
            Self::OriginalNotReceived => "the original of the full powers has not been received",
            Self::Revoked => "the full powers were revoked",
            Self::Expired => "the full powers expired before the day of signature",
            Self::IssuedLater => "the full powers are dated after the day of signature",
            Self::OfAnotherParticipant => "the full powers are another participant's",
            Self::NotOfDelegation => "the signer is not a person of the participant's delegation",
            Self::DelegationNotStanding => "the participant's delegation was rejected or withdrawn",
            Self::OfficeNotHeld => "the signer's rank is not that of the office claimed",
            Self::NoAppointment => "there is no appointment to sign",
            Self::AppointedElsewhere => "the appointment to sign is at another place",
        }
    }
}

/// A signature about to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// Who signs.
    pub participant: &'a ParticipantCode,
    /// Where.
    pub place: &'a PlaceCode,
    /// The local date there.
    pub on: NaiveDate,
    /// The signer's present rank; none where they are no person of the participant's delegation.
    pub rank: Option<Rank>,
    /// Whether the copy of the paper, where there is one, has not been refused.
    pub paper_stands: bool,
    /// Whether the delegation is neither rejected nor withdrawn.
    pub delegation_stands: bool,
    /// The appointment made for these full powers.
    pub appointment: Option<&'a Appointment>,
}

impl FullPowers {
    /// All that keeps their holder from signing; empty where nothing does.
    ///
    /// The stage counts as it is when the signature is recorded: what has been revoked by then entitles nobody, and
    /// a revocation later on changes nothing in the record (R10).
    #[must_use]
    pub fn bars(&self, signing: &Signing<'_>) -> Vec<Bar> {
        let by_stage = match self.stage() {
            Stage::Lodged => Some(Bar::NotVerified),
            Stage::Verified { .. } => Some(Bar::NotConfirmed),
            Stage::Confirmed { .. } => None,
            Stage::Refused { .. } => Some(Bar::Refused),
            Stage::Revoked { .. } => Some(Bar::Revoked),
        };
        let paper = &self.application.paper;
        let by_person = match signing.rank {
            None => Some(Bar::NotOfDelegation),
            Some(rank) if !self.application.basis.fits(rank, self.application.acting) => {
                Some(Bar::OfficeNotHeld)
            }
            Some(_) => None,
        };
        let standing = signing
            .appointment
            .filter(|made| made.full_powers == self.id && made.cancelled.is_none());
        let by_appointment = match standing {
            None => Some(Bar::NoAppointment),
            Some(made) if made.place != *signing.place => Some(Bar::AppointedElsewhere),
            Some(_) => None,
        };
        [
            by_stage,
            (!signing.paper_stands).then_some(Bar::PaperRefused),
            // A high office is held without a paper.
            (self.application.basis == Basis::FullPowers && self.original_received.is_none())
                .then_some(Bar::OriginalNotReceived),
            paper.expires_on.is_some_and(|last| last < signing.on).then_some(Bar::Expired),
            paper.issued_on.is_some_and(|issued| issued > signing.on).then_some(Bar::IssuedLater),
            (self.application.participant != *signing.participant)
                .then_some(Bar::OfAnotherParticipant),
            by_person,
            (!signing.delegation_stands).then_some(Bar::DelegationNotStanding),
            by_appointment,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::samples::{application, day, examined, mark, treaty, windows};
    use super::super::{Application, Basis};
    use super::*;
    use crate::ids::{AppointmentId, FullPowersId};
    use crate::text::Reason;

    const RANK: Rank = Rank::PermanentRepresentative;

    struct Table {
        participant: ParticipantCode,
        place: PlaceCode,
        on: NaiveDate,
        rank: Option<Rank>,
        paper_stands: bool,
        delegation_stands: bool,
    }

    fn table() -> Table {
        Table {
            participant: ParticipantCode::parse("FRA").unwrap(),
            place: PlaceCode::parse("hanoi").unwrap(),
            on: day("2025-10-25"),
            rank: Some(RANK),
            paper_stands: true,
            delegation_stands: true,
        }
    }

    fn bars(papers: &FullPowers, appointment: Option<&Appointment>, table: &Table) -> Vec<Bar> {
        papers.bars(&Signing {
            participant: &table.participant,
            place: &table.place,
            on: table.on,
            rank: table.rank,
            paper_stands: table.paper_stands,
            delegation_stands: table.delegation_stands,
            appointment,
        })
    }

    fn confirmed(application: Application, rank: Rank) -> FullPowers {
        FullPowers::lodge(FullPowersId::fresh(), application, mark())
            .unwrap()
            .verify(&treaty(), &examined(rank), mark())
            .unwrap()
            .confirm(&treaty(), &examined(rank), mark())
            .unwrap()
            .receive_original(mark())
            .unwrap()
    }

    fn appointed(papers: &FullPowers) -> Appointment {
        let at = DateTime::parse_from_rfc3339("2025-10-25T11:00:00+07:00").unwrap();
        let hanoi = PlaceCode::parse("hanoi").unwrap();
        Appointment::make(AppointmentId::fresh(), papers, false, &windows(), hanoi, at, mark())
            .unwrap()
    }

    #[test]
    fn r06_confirmed_full_powers_and_an_appointment_entitle_an_ambassador() {
        let papers = confirmed(application(), RANK);
        let appointment = appointed(&papers);
        assert_eq!(bars(&papers, Some(&appointment), &table()), []);
    }

    #[test]
    fn r06_an_office_lost_since_no_longer_entitles() {
        let minister = Application { basis: Basis::ForeignMinister, ..application() };
        let papers = confirmed(minister, Rank::Minister);
        let appointment = appointed(&papers);
        let signs = |rank| bars(&papers, Some(&appointment), &Table { rank, ..table() });
        assert_eq!(signs(Some(Rank::Minister)), []);
        assert_eq!(signs(Some(Rank::Official)), [Bar::OfficeNotHeld]);
    }

    #[test]
    fn r09_an_exempt_office_needs_confirmation_and_an_appointment_as_well() {
        let minister = Application { basis: Basis::ForeignMinister, ..application() };
        let lodged = FullPowers::lodge(FullPowersId::fresh(), minister, mark()).unwrap();
        let at_table = Table { rank: Some(Rank::Minister), ..table() };
        assert_eq!(bars(&lodged, None, &at_table), [Bar::NotVerified, Bar::NoAppointment]);
        let verified = lodged.verify(&treaty(), &examined(Rank::Minister), mark()).unwrap();
        let appointment = appointed(&verified);
        assert_eq!(bars(&verified, Some(&appointment), &at_table), [Bar::NotConfirmed]);
    }

    #[test]
    fn r09_only_a_standing_appointment_at_this_place_for_these_papers_counts() {
        let papers = confirmed(application(), RANK);
        let cancelled =
            appointed(&papers).cancel(mark(), Reason::parse("Postponed").unwrap()).unwrap();
        assert_eq!(bars(&papers, Some(&cancelled), &table()), [Bar::NoAppointment]);
        let of_others = appointed(&confirmed(application(), RANK));
        assert_eq!(bars(&papers, Some(&of_others), &table()), [Bar::NoAppointment]);
        let elsewhere = Table { place: PlaceCode::parse("new_york").unwrap(), ..table() };
        let appointment = appointed(&papers);
        assert_eq!(bars(&papers, Some(&appointment), &elsewhere), [Bar::AppointedElsewhere]);
    }

    #[test]
    fn r10_revoked_or_expired_full_powers_block_the_signature() {
        let mut short = application();
        short.paper.expires_on = Some(day("2025-10-25"));
        let papers = confirmed(short, RANK);
        let appointment = appointed(&papers);
        assert_eq!(bars(&papers, Some(&appointment), &table()), [], "the last day still counts");
        let next_day = Table { on: day("2025-10-26"), ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &next_day), [Bar::Expired]);
        let revoked = papers.revoke(mark(), Reason::parse("A change of government").unwrap());
        assert_eq!(bars(&revoked.unwrap(), Some(&appointment), &table()), [Bar::Revoked]);
    }

    #[test]
    fn r07_a_copy_refused_after_the_confirmation_blocks_the_signature() {
        let papers = confirmed(application(), RANK);
        let appointment = appointed(&papers);
        let found_false = Table { paper_stands: false, ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &found_false), [Bar::PaperRefused]);
    }

    #[test]
    fn r09_full_powers_are_signed_by_once_the_original_has_arrived() {
        let mut papers = confirmed(application(), RANK);
        papers.original_received = None;
        let appointment = appointed(&papers);
        assert_eq!(bars(&papers, Some(&appointment), &table()), [Bar::OriginalNotReceived]);
        let minister = Application { basis: Basis::ForeignMinister, ..application() };
        let mut office = confirmed(minister, Rank::Minister);
        office.original_received = None;
        let appointment = appointed(&office);
        let at_table = Table { rank: Some(Rank::Minister), ..table() };
        assert_eq!(bars(&office, Some(&appointment), &at_table), [], "an office has no original");
    }

    #[test]
    fn r11_a_delegation_that_is_rejected_or_withdrawn_has_nobody_who_signs() {
        let papers = confirmed(application(), RANK);
        let appointment = appointed(&papers);
        let gone = Table { delegation_stands: false, ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &gone), [Bar::DelegationNotStanding]);
    }

    #[test]
    fn r11_the_signer_is_a_person_of_that_participants_delegation() {
        let papers = confirmed(application(), RANK);
        let appointment = appointed(&papers);
        let gone = Table { rank: None, ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &gone), [Bar::NotOfDelegation]);
        let belgium = Table { participant: ParticipantCode::parse("BEL").unwrap(), ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &belgium), [Bar::OfAnotherParticipant]);
    }

    #[test]
    fn full_powers_dated_after_the_signature_do_not_cover_it() {
        let papers = confirmed(application(), RANK);
        let appointment = appointed(&papers);
        let early = Table { on: day("2025-09-30"), ..table() };
        assert_eq!(bars(&papers, Some(&appointment), &early), [Bar::IssuedLater]);
    }
}
