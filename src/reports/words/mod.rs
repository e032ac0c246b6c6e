//! What codes are called where people read them: in workbooks and on papers. Programs read CSV and JSON Lines, in which the
//! codes stand, the same in every language.

mod programme;
mod registration;
mod signing;

pub use programme::{ACCESS, ROLES, SESSION_KINDS, STATEMENT_STATES, STATEMENTS};
pub use registration::{
    FUNCTIONS, ITEM_STATES, KINDS, LEVELS, OFFICES, RANKS, REGIONAL_GROUPS, STAGES, STATUSES,
};
pub use signing::{BARS, BASES, GAPS, STAGES_OF_POWERS, TURNS};

use super::model::Titles;

/// What the codes of a column are called, each in every language.
pub type Words = &'static [(&'static str, Titles)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access;
    use crate::delegations::{Function, Rank, StageName, StatusName};
    use crate::full_powers::{Bar, FullPowersStage, Gap};
    use crate::participants::ParticipantKind;
    use crate::programme::sessions::SessionKind;

    #[test]
    fn every_code_has_its_words_and_no_word_is_of_nothing() {
        fn codes<T>(all: &[T], code: fn(&T) -> &'static str) -> Vec<&'static str> {
            all.iter().map(code).collect()
        }
        for (codes, words) in [
            (codes(ParticipantKind::ALL, ParticipantKind::as_str), KINDS),
            (codes(Function::ALL, Function::as_str), FUNCTIONS),
            (codes(Rank::ALL, Rank::as_str), RANKS),
            (codes(StatusName::ALL, StatusName::as_str), STATUSES),
            (codes(StageName::ALL, StageName::as_str), STAGES),
            (codes(FullPowersStage::ALL, FullPowersStage::as_str), STAGES_OF_POWERS),
            (codes(Gap::ALL, Gap::as_str), GAPS),
            (codes(Bar::ALL, Bar::as_str), BARS),
            (codes(SessionKind::ALL, SessionKind::as_str), SESSION_KINDS),
        ] {
            let known: Vec<_> = words.iter().map(|(code, _)| *code).collect();
            assert_eq!(known, codes);
        }
        let known: Vec<_> = ROLES.iter().map(|(code, _)| *code).collect();
        let roles: Vec<_> = access::ROLES.iter().map(ToString::to_string).collect();
        assert_eq!(known, roles);
    }
}
