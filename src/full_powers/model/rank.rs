//! Which ranks can hold the three offices that sign without full powers.

use super::Basis;
use crate::delegations::Rank;

impl Basis {
    /// Whether a person of this rank can hold the office that the basis claims (R6).
    ///
    /// A deputy prime minister is often Minister for Foreign Affairs as well. Who acts in an office keeps a rank of
    /// their own, so any political rank will do; an ambassador or an official does not act in these offices.
    #[must_use]
    pub fn fits(self, rank: Rank, acting: bool) -> bool {
        match self {
            Self::FullPowers => true,
            _ if acting => rank <= Rank::ViceMinister,
            Self::HeadOfState => rank == Rank::HeadOfState,
            Self::HeadOfGovernment => rank == Rank::HeadOfGovernment,
            Self::ForeignMinister => matches!(rank, Rank::Minister | Rank::DeputyPrimeMinister),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r06_an_office_is_held_by_its_rank_alone() {
        let holders = |basis: Basis, acting| -> Vec<&str> {
            Rank::ALL.iter().filter(|rank| basis.fits(**rank, acting)).map(Rank::as_str).collect()
        };
        assert_eq!(holders(Basis::HeadOfState, false), ["head_of_state"]);
        assert_eq!(holders(Basis::HeadOfGovernment, false), ["head_of_government"]);
        assert_eq!(holders(Basis::ForeignMinister, false), ["deputy_prime_minister", "minister"]);
        assert_eq!(holders(Basis::FullPowers, false).len(), Rank::ALL.len());
    }

    #[test]
    fn r06_an_ambassador_or_official_does_not_act_in_a_high_office() {
        for basis in [Basis::HeadOfState, Basis::HeadOfGovernment, Basis::ForeignMinister] {
            assert!(basis.fits(Rank::VicePresident, true));
            assert!(basis.fits(Rank::ViceMinister, true));
            for rank in [Rank::PermanentRepresentative, Rank::Director, Rank::Official, Rank::None]
            {
                assert!(!basis.fits(rank, true));
            }
        }
    }
}
