//! Reviews. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::input::Faults;
use crate::programme::rooms::FrameKey;
use crate::text::Reason;

/// The lowest and the highest score.
const SCORES: std::ops::RangeInclusive<u8> = 1..=5;

/// What a reviewer gives, criterion by criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scores(BTreeMap<String, u8>);

impl Scores {
    /// Reads what was given: a score for each of the ceremony's criteria, and for nothing else.
    pub fn read(given: BTreeMap<String, u8>, criteria: &[FrameKey]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        for criterion in criteria {
            let at = format!("/scores/{criterion}");
            match given.get(criterion.as_str()) {
                None => faults.add(at, "required", "a score is expected for each criterion"),
                Some(score) if !SCORES.contains(score) => {
                    faults.add(at, "out_of_range", "a score from 1 to 5 is expected");
                }
                Some(_) => {}
            }
        }
        let is_known = |name: &&String| criteria.iter().any(|known| known.as_str() == **name);
        if !given.keys().all(|name| is_known(&name)) {
            let known: Vec<_> = criteria.iter().map(FrameKey::as_str).collect();
            let detail = format!("the criteria known here are: {}", known.join(", "));
            faults.add("/scores", "unknown_field", detail);
        }
        faults.none_or().map(|()| Self(given))
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = u8> {
        self.0.values().copied()
    }
}

/// What an officer thinks of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub by: AccountId,
    /// What they give.
    pub scores: Scores,
    /// Why.
    pub comment: Option<Reason>,
    /// When they said so last.
    pub at: DateTime<Utc>,
}

/// The mean of all scores, in hundredths: 100 to 500; none where nobody gave one.
#[must_use]
pub fn mean<'a>(scores: impl Iterator<Item = &'a Scores>) -> Option<u16> {
    let all: Vec<u32> = scores.flat_map(Scores::each).map(u32::from).collect();
    let count = u32::try_from(all.len()).ok().filter(|count| *count > 0)?;
    let sum = all.iter().fold(0_u32, |sum, score| sum.saturating_add(*score));
    u16::try_from((sum.saturating_mul(100) + count / 2) / count).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criteria() -> Vec<FrameKey> {
        ["relevance", "quality"].map(|name| FrameKey::parse(name).unwrap()).to_vec()
    }

    fn given(scores: &[(&str, u8)]) -> BTreeMap<String, u8> {
        scores.iter().map(|(name, score)| ((*name).to_owned(), *score)).collect()
    }

    #[test]
    fn r45_a_review_scores_each_criterion_from_one_to_five_and_nothing_else() {
        assert!(Scores::read(given(&[("relevance", 1), ("quality", 5)]), &criteria()).is_ok());
        let odd = given(&[("relevance", 6), ("charm", 5)]);
        let Faults(faults) = Scores::read(odd, &criteria()).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| (&*fault.pointer, fault.code)).collect();
        assert_eq!(
            pointers,
            [
                ("/scores/relevance", "out_of_range"),
                ("/scores/quality", "required"),
                ("/scores", "unknown_field"),
            ]
        );
        assert!(faults.iter().all(|fault| !fault.detail.contains("charm")));
    }

    #[test]
    fn r45_the_mean_is_of_all_scores_of_all_reviewers_in_hundredths() {
        let read = |scores: &[(&str, u8)]| Scores::read(given(scores), &criteria()).unwrap();
        let all =
            [read(&[("relevance", 5), ("quality", 4)]), read(&[("relevance", 5), ("quality", 3)])];
        assert_eq!(mean(all.iter()), Some(425));
        assert_eq!(mean(all[..1].iter()), Some(450));
        assert_eq!(mean([].iter()), None);
    }
}
