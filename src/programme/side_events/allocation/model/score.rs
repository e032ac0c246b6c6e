//! What is better or worse: points, in whole numbers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::board::{Board, Place, Plan};
use super::{AllocationRules, Applicant};

/// The lowest and the highest of what reviewers give, in hundredths.
const MERITS: std::ops::RangeInclusive<u16> = 100..=500;

/// What a side event is worth at its place, and for what. What it adds to the balance between groups is the plan's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PointsOfPlacement)]
pub struct Points {
    /// That it has a place at all.
    pub placed: i64,
    /// What the reviewers think of it.
    pub merit: i64,
    /// That its sponsor wants the slot.
    pub preference: i64,
    /// How well it fills the room.
    pub filling: i64,
}

impl Points {
    /// All of them together.
    #[must_use]
    pub fn sum(self) -> i64 {
        self.placed + self.merit + self.preference + self.filling
    }
}

/// What an applicant is worth at a place whose room holds so many for it.
pub fn points(rules: AllocationRules, asks: &Applicant, at: &Place, holds: u16) -> Points {
    let above = asks.merit.clamp(*MERITS.start(), *MERITS.end()) - MERITS.start();
    let span = MERITS.end() - MERITS.start();
    let rank = asks.wanted.iter().position(|slot| *slot == at.slot);
    // Whoever wants no slot more than another is pleased with each.
    let rank = if asks.wanted.is_empty() { Some(0) } else { rank };
    Points {
        placed: rules.placed.into(),
        merit: i64::from(rules.merit) * i64::from(above) / i64::from(span),
        preference: rank.map_or(0, |rank| part(rules.preference, rank)),
        filling: i64::from(rules.filling) * i64::from(asks.needs.audience)
            / i64::from(holds.max(1)),
    }
}

/// What a whole plan is worth.
pub fn of(board: &Board<'_>, plan: &Plan) -> i64 {
    let (mut sum, mut groups) = (0, Vec::new());
    for (applicant, place) in plan.placed() {
        sum += board.worth(applicant, place).map_or(0, Points::sum);
        groups.push(board.group(applicant));
    }
    groups.sort_unstable();
    let fairness = board.problem.rules.fairness;
    let balance = |count: usize| (0..count).map(|nth| part(fairness, nth)).sum::<i64>();
    sum + groups.chunk_by(PartialEq::eq).map(|group| balance(group.len())).sum::<i64>()
}

/// The whole for the first, half for the second, a third for the third.
fn part(whole: u16, nth: usize) -> i64 {
    i64::try_from(nth).map_or(0, |nth| i64::from(whole) / (nth + 1))
}
