//! The hour at which a participant is to sign (R9).

use chrono::{DateTime, FixedOffset, Utc};

use super::{FullPowers, Gap, Mark, Refusal, Stage, WrongStage};
use crate::ceremony::{PlaceCode, SigningWindow};
use crate::ids::{AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{ParticipantCode, Reason};

/// An appointment to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its identity.
    pub id: AppointmentId,
    /// Who signs.
    pub participant: ParticipantCode,
    /// By which full powers.
    pub full_powers: FullPowersId,
    /// Where.
    pub place: PlaceCode,
    /// When; the offset is kept as given.
    pub at: DateTime<FixedOffset>,
    /// Who made it.
    pub made: Mark,
    /// Who cancelled it, and why.
    pub cancelled: Option<(Mark, Reason)>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

impl Appointment {
    /// Gives the holder of full powers a time at the table: not before they are verified, unless an override has lifted
    /// that (R12); inside the window, and while the paper holds (R10).
    pub fn make(
        id: AppointmentId,
        full_powers: &FullPowers,
        verification_is_lifted: bool,
        windows: &[SigningWindow],
        place: PlaceCode,
        at: DateTime<FixedOffset>,
        made: Mark,
    ) -> Result<Self, Refusal> {
        match full_powers.stage() {
            Stage::Verified { .. } | Stage::Confirmed { .. } => {}
            Stage::Lodged if verification_is_lifted => {}
            _ => return Err(Refusal::WrongStage(full_powers.wrong_stage("appoint"))),
        }
        let window =
            windows.iter().find(|window| window.place == place).ok_or(Refusal::UnknownPlace)?;
        let day = window.local_day(at.to_utc());
        if !window.is_open_on(day) {
            return Err(Refusal::OutsideWindow);
        }
        if full_powers.application.paper.expires_on.is_some_and(|last| last < day) {
            return Err(Refusal::Gaps(vec![Gap::Expired]));
        }
        let participant = full_powers.application.participant.clone();
        Ok(Self {
            id,
            participant,
            full_powers: full_powers.id,
            place,
            at,
            made,
            cancelled: None,
            updated_at: made.at,
            version: Version(1),
        })
    }

    /// Takes the time back.
    pub fn cancel(self, by: Mark, reason: Reason) -> Result<Self, WrongStage> {
        match self.cancelled {
            None => Ok(Self {
                cancelled: Some((by, reason)),
                updated_at: by.at,
                version: self.version.next(),
                ..self
            }),
            Some(_) => {
                Err(WrongStage { current: "cancelled", wanted: "cancel", allowed: Vec::new() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{application, examined, mark, treaty, windows};
    use super::*;
    use crate::delegations::Rank;

    fn appoint(full_powers: &FullPowers, place: &str, at: &str) -> Result<Appointment, Refusal> {
        Appointment::make(
            AppointmentId::fresh(),
            full_powers,
            false,
            &windows(),
            PlaceCode::parse(place).unwrap(),
            DateTime::parse_from_rfc3339(at).unwrap(),
            mark(),
        )
    }

    fn lodged() -> FullPowers {
        FullPowers::lodge(FullPowersId::fresh(), application(), mark()).unwrap()
    }

    fn verified() -> FullPowers {
        lodged().verify(&treaty(), &examined(Rank::PermanentRepresentative), mark()).unwrap()
    }

    #[test]
    fn r09_no_appointment_before_verification() {
        let Err(Refusal::WrongStage(wrong)) =
            appoint(&lodged(), "hanoi", "2025-10-25T11:00:00+07:00")
        else {
            panic!("an appointment was made for papers that nobody has verified")
        };
        assert_eq!((wrong.current, wrong.wanted), ("lodged", "appoint"));
        assert!(!wrong.allowed.contains(&"appoint"));
        let made = appoint(&verified(), "hanoi", "2025-10-25T11:00:00+07:00").unwrap();
        assert_eq!(made.participant.as_str(), "FRA");
    }

    #[test]
    fn r01_an_appointment_is_inside_the_window_of_its_place() {
        let verified = verified();
        assert_eq!(
            appoint(&verified, "new_york", "2025-10-25T11:00:00-04:00"),
            Err(Refusal::OutsideWindow)
        );
        assert_eq!(
            appoint(&verified, "geneva", "2025-10-25T11:00:00+02:00"),
            Err(Refusal::UnknownPlace)
        );
    }

    #[test]
    fn r12_an_override_of_the_verification_allows_an_appointment() {
        let at = DateTime::parse_from_rfc3339("2025-10-25T11:00:00+07:00").unwrap();
        let hanoi = PlaceCode::parse("hanoi").unwrap();
        let make = |papers: &FullPowers| {
            let (id, place) = (AppointmentId::fresh(), hanoi.clone());
            Appointment::make(id, papers, true, &windows(), place, at, mark())
        };
        assert!(make(&lodged()).is_ok());
        let refused = lodged().refuse(mark(), Reason::parse("Not theirs").unwrap()).unwrap();
        assert!(matches!(make(&refused), Err(Refusal::WrongStage(_))));
    }

    #[test]
    fn r10_nobody_is_appointed_for_a_day_after_the_papers_last() {
        let mut short = application();
        short.paper.expires_on = "2025-10-25".parse().ok();
        let papers = FullPowers::lodge(FullPowersId::fresh(), short, mark())
            .unwrap()
            .verify(&treaty(), &examined(Rank::PermanentRepresentative), mark())
            .unwrap();
        assert!(appoint(&papers, "hanoi", "2025-10-25T23:00:00+07:00").is_ok());
        let late = appoint(&papers, "hanoi", "2025-10-26T09:00:00+07:00");
        assert_eq!(late, Err(Refusal::Gaps(vec![Gap::Expired])));
    }

    #[test]
    fn an_appointment_is_cancelled_once() {
        let reason = Reason::parse("The minister's flight is late").unwrap();
        let made = appoint(&verified(), "hanoi", "2025-10-25T11:00:00+07:00").unwrap();
        let cancelled = made.cancel(mark(), reason.clone()).unwrap();
        assert!(cancelled.cancel(mark(), reason).unwrap_err().allowed.is_empty());
    }
}
