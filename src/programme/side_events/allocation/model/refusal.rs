//! Why somebody has no place.

use std::collections::{BTreeMap, BTreeSet};

use super::board::{Board, Plan};
use super::{score, search};
use crate::programme::side_events::model::Lack;

/// Why an applicant has no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its sponsor has as many as a sponsor may have: these of the proposal, or some from before.
    SponsorsShare {
        /// By number.
        instead: Vec<usize>,
    },
    /// No room will do. Of how many places the room lacks what first.
    NoRoom {
        /// How many places.
        lacks: BTreeMap<Lack, usize>,
    },
    /// At every time at which a room would do, a host or a speaker is elsewhere.
    Elsewhere {
        /// In which of the applicants that have a place, by number; others are in sessions that stand.
        with: Vec<usize>,
    },
    /// All places that would do are taken, and to give it one of them would make the proposal no better.
    Outranked {
        /// How many places would do.
        places: usize,
        /// By how many points the proposal would be worse, at the least; none where too many would have to leave.
        loses: Option<i64>,
    },
}

/// Why an applicant has no place in a plan.
pub fn of(board: &Board<'_>, plan: &Plan, applicant: usize) -> Refusal {
    let rivals = board.rivals(plan, applicant);
    if rivals.len() >= board.share(applicant) {
        return Refusal::SponsorsShare { instead: rivals };
    }
    let mut lacks = BTreeMap::new();
    for lack in board.places().filter_map(|place| board.worth(applicant, place).err()) {
        *lacks.entry(lack).or_default() += 1;
    }
    let suited: Vec<_> =
        board.places().filter(|place| board.worth(applicant, *place).is_ok()).collect();
    if suited.is_empty() {
        return Refusal::NoRoom { lacks };
    }
    // Where a room stands free and is no help, it is people who are elsewhere.
    let (kept, open): (Vec<_>, Vec<_>) =
        suited.into_iter().partition(|place| board.is_kept(applicant, *place));
    let spare: Vec<_> =
        open.iter().copied().filter(|place| !board.is_taken(plan, *place)).collect();
    if open.is_empty() || !spare.is_empty() {
        let there = if spare.is_empty() { kept } else { spare };
        let with = there.into_iter().flat_map(|place| board.in_the_way(plan, applicant, place));
        let with: BTreeSet<_> = with.collect();
        return Refusal::Elsewhere { with: with.into_iter().collect() };
    }
    let worth = score::of(board, plan);
    let turn: Vec<_> = board.applicants().collect();
    let loss = |place: &usize| {
        let moved = search::moved(board, plan, &turn, applicant, *place)?;
        Some(worth - score::of(board, &moved))
    };
    Refusal::Outranked { places: open.len(), loses: open.iter().filter_map(loss).min() }
}
