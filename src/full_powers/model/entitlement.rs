//! What entitles somebody to sign, all of it together: the papers, the person, the delegation, the hour, the overrides.

use chrono::NaiveDate;

use super::{Appointment, Bar, FullPowers, Signing};
use crate::ceremony::PlaceCode;
use crate::delegations::Rank;
use crate::full_powers::overrides::{Lifted, Override, spare};
use crate::text::ParticipantCode;

/// What entitles somebody to sign.
#[derive(Debug)]
pub struct Entitlement {
    /// The full powers.
    pub full_powers: FullPowers,
    /// The signer's present rank; none where they are no longer of the delegation.
    pub rank: Option<Rank>,
    /// Whether the copy of the paper, where there is one, has not been refused.
    pub paper_stands: bool,
    /// Whether the delegation is neither rejected nor withdrawn.
    pub delegation_stands: bool,
    /// The appointment that stands.
    pub appointment: Option<Appointment>,
    /// The overrides of these full powers, in force or not.
    pub overrides: Vec<Override>,
}

impl Entitlement {
    /// All that keeps the signer from signing for this participant, there and then, and what overrides lifted (R6–R12).
    #[must_use]
    pub fn judge(
        &self,
        participant: &ParticipantCode,
        place: &PlaceCode,
        on: NaiveDate,
    ) -> (Vec<Bar>, Vec<Lifted>) {
        let bars = self.full_powers.bars(&Signing {
            participant,
            place,
            on,
            rank: self.rank,
            paper_stands: self.paper_stands,
            delegation_stands: self.delegation_stands,
            appointment: self.appointment.as_ref(),
        });
        spare(bars, &self.overrides)
    }
}
