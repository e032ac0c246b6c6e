//! What a person needs in order to sign, computed from the office that they hold (R6). Pure.

use crate::delegations::Rank;
use crate::full_powers::model::Basis;

/// What a person of a rank needs in order to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The offices that a person of this rank may hold, and that need no paper. The office is confirmed all the same.
    pub exempt_as: Vec<Basis>,
    /// The offices in which a person of this rank may be acting, which need no paper either.
    pub exempt_acting_as: Vec<Basis>,
}

impl Requirement {
    /// Of this rank.
    #[must_use]
    pub fn of(rank: Rank) -> Self {
        let held = |acting: bool| {
            let offices = Basis::ALL.iter().copied().filter(|basis| *basis != Basis::FullPowers);
            offices.filter(|basis| basis.fits(rank, acting)).collect::<Vec<_>>()
        };
        Self { exempt_as: held(false), exempt_acting_as: held(true) }
    }

    /// Whether nobody of this rank signs without a paper.
    #[must_use]
    pub fn is_a_paper(&self) -> bool {
        self.exempt_as.is_empty() && self.exempt_acting_as.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r06_the_requirement_follows_from_the_rank() {
        let of = |rank| Requirement::of(rank);
        assert_eq!(of(Rank::HeadOfState).exempt_as, [Basis::HeadOfState]);
        assert_eq!(of(Rank::Minister).exempt_as, [Basis::ForeignMinister]);
        let vice = of(Rank::ViceMinister);
        assert!(vice.exempt_as.is_empty() && !vice.is_a_paper(), "one may be acting");
        for rank in [Rank::PermanentRepresentative, Rank::Director, Rank::Official, Rank::None] {
            assert!(of(rank).is_a_paper(), "{rank}");
        }
    }
}
