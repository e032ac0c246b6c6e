//! What a person is at the ceremony, and the values that identify them (R33, R36). Pure.

use zeroize::Zeroizing;

use crate::text::{Fault, choices, text_types};

choices! {
    /// What a member is in the delegation (R33).
    Function {
        /// Leads it; there is one.
        Head = "head",
        /// Leads it in the head's absence; at most one.
        AlternateHead = "alternate_head",
        /// Speaks for the participant.
        Representative = "representative",
        /// Stands in for a representative.
        Alternate = "alternate",
        /// Advises.
        Adviser = "adviser",
        /// Knows the matter.
        Expert = "expert",
        /// Signs the treaty, where the head does not.
        Signatory = "signatory",
        /// Interprets.
        Interpreter = "interpreter",
        /// Guards.
        Security = "security",
        /// Accompanies a member.
        Spouse = "spouse",
        /// Reports.
        Press = "press",
        /// Supports.
        Staff = "staff",
    }

    /// The rank of a member, the highest first (R33).
    Rank {
        /// A monarch or president.
        HeadOfState = "head_of_state",
        /// A prime minister, where that is not the Head of State.
        HeadOfGovernment = "head_of_government",
        /// A vice-president.
        VicePresident = "vice_president",
        /// An heir to the throne.
        CrownPrince = "crown_prince",
        /// A deputy prime minister.
        DeputyPrimeMinister = "deputy_prime_minister",
        /// A minister.
        Minister = "minister",
        /// A vice-minister.
        ViceMinister = "vice_minister",
        /// A permanent representative or ambassador.
        PermanentRepresentative = "permanent_representative",
        /// A director.
        Director = "director",
        /// Any other official.
        Official = "official",
        /// No rank.
        None = "none",
    }
}

impl Function {
    /// R36: whether a person of this function and rank needs neither passport nor photo. `accompanies_exempt` says
    /// whether a person of an exempt rank is in the delegation: their spouse is exempt, too.
    #[must_use]
    pub fn is_exempt(self, rank: Rank, accompanies_exempt: bool) -> bool {
        rank.is_exempt() || (self == Self::Spouse && accompanies_exempt)
    }
}

impl Rank {
    /// R36: those who need neither passport nor photo, and whose spouses need none.
    pub const EXEMPT: &'static [Self] =
        &[Self::HeadOfState, Self::HeadOfGovernment, Self::VicePresident, Self::CrownPrince];

    /// Whether it is one of [`Self::EXEMPT`].
    #[must_use]
    pub fn is_exempt(self) -> bool {
        Self::EXEMPT.contains(&self)
    }
}

text_types! {
    /// A nationality, as the passport has it: three letters of ISO 3166-1, or ICAO's own (`XXA`: stateless).
    Nationality: 3, nationality;
}

fn nationality(input: &str, _max: usize) -> Result<String, Fault> {
    if input.len() == 3 && input.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new(
            "invalid_nationality",
            "three capital letters are expected, as in a passport",
        ))
    }
}

/// The number of a passport. Never printed, wiped when dropped, sealed at rest (R50).
#[derive(Clone, PartialEq, Eq)]
pub struct PassportNumber(Zeroizing<String>);

impl PassportNumber {
    /// Reads a number as it stands in the passport: 5 to 20 capital letters, digits or fillers, however it was typed.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let number = Zeroizing::new(input.trim().to_ascii_uppercase());
        let is_plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<';
        if (5..=20).contains(&number.len()) && number.bytes().all(is_plain) {
            Ok(Self(number))
        } else {
            Err(Fault::new(
                "invalid_passport_number",
                "5 to 20 letters from A to Z and digits are expected, as in the passport",
            ))
        }
    }

    /// The number itself: to be sealed, or for the audited reading.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last three characters behind dots, to tell two passports apart.
    #[must_use]
    pub fn masked(&self) -> String {
        let hidden = self.0.len().saturating_sub(3);
        format!("•••{}", self.0.get(hidden..).unwrap_or_default())
    }
}

impl std::fmt::Debug for PassportNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassportNumber(…)")
    }
}
crate::input::from_string!(PassportNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r36_a_passport_number_has_its_form_and_is_never_printed() {
        let number = PassportNumber::parse(" x0000123 ").unwrap();
        assert_eq!((number.expose(), number.masked().as_str()), ("X0000123", "•••123"));
        assert_eq!(format!("{number:?}"), "PassportNumber(…)");
        let long = "X".repeat(21);
        for input in
            ["", "X123", "X 00123", "X-00123", "Ⅹ0000123", "ＡＢＣＤＥ", "X0000\u{0}1", &long]
        {
            let fault = PassportNumber::parse(input).unwrap_err();
            assert_eq!(fault.code, "invalid_passport_number");
            assert!(input.len() < 4 || !fault.detail.contains(input));
        }
    }

    #[test]
    fn r36_the_four_highest_ranks_are_exempt() {
        let exempt: Vec<_> = Rank::ALL.iter().filter(|rank| rank.is_exempt()).collect();
        assert_eq!(exempt, Rank::EXEMPT.iter().collect::<Vec<_>>());
        assert!(!Rank::DeputyPrimeMinister.is_exempt() && !Rank::None.is_exempt());
    }

    #[test]
    fn a_nationality_has_three_letters() {
        assert!(Nationality::parse("XXA").is_ok());
        for input in ["fra", "FR", "FRAN", "", "É1A"] {
            assert_eq!(Nationality::parse(input).unwrap_err().code, "invalid_nationality");
        }
    }
}
