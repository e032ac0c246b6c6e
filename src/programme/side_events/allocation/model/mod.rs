//! Which side event gets which place. Pure, in whole numbers and without a clock: the same input and the same seed give the
//! same proposal on every machine and in every year, so that whoever doubts one can make it again.
//!
//! A place is a room in a slot. What must never be is a constraint (`board`); what is better or worse is a score (`score`).
//! `search` builds a proposal by score, and mends it by small moves; `refusal` says of whoever found no place why not.

mod board;
mod refusal;
mod score;
mod search;

use serde::Deserialize;

pub use board::Place;
pub use refusal::Refusal;
pub use score::Points;

use self::board::{Board, Plan};
use crate::programme::side_events::model::Needs;
use crate::text::ParticipantCode;

/// How proposals are made in this ceremony: what a good one is, in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllocationRules {
    /// How many side events a sponsor has at most.
    pub per_sponsor: u16,
    /// How many moves are tried to mend a proposal.
    pub steps: u32,
    /// For each side event that gets a place.
    pub placed: u16,
    /// For one that all reviewers gave the highest score; less in proportion.
    pub merit: u16,
    /// For one in the slot that its sponsor wants most; half for the second, a third for the third.
    pub preference: u16,
    /// For the first of a group of participants; half for the second, a third for the third.
    pub fairness: u16,
    /// For one that fills its room; less in proportion.
    pub filling: u16,
}

/// A side event that wants a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Who organizes it.
    pub sponsor: ParticipantCode,
    /// To which group of participants the sponsor belongs.
    pub group: String,
    /// The sponsor and those who organize it with them: none of them is in two places at a time.
    pub hosts: Vec<ParticipantCode>,
    /// Who speaks, as people are recognized: nor is any of these.
    pub people: Vec<String>,
    /// What it needs of a room.
    pub needs: Needs,
    /// The slots that its sponsor wants, by their numbers, the most wanted first.
    pub wanted: Vec<usize>,
    /// What the reviewers think of it, in hundredths: 100 to 500.
    pub merit: u16,
}

/// Who is elsewhere in a slot, whatever is proposed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Busy {
    /// People in other sessions at that time.
    pub people: Vec<String>,
    /// Hosts of side events that have their place.
    pub hosts: Vec<ParticipantCode>,
}

/// All that a proposal hangs on. Applicants stand in the order in which they applied.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Who wants a place.
    pub applicants: Vec<Applicant>,
    /// The rooms that can be had, slot by slot.
    pub places: Vec<Place>,
    /// Who is elsewhere, slot by slot.
    pub busy: Vec<Busy>,
    /// The sponsors of side events that have their place, once for each.
    pub served: Vec<ParticipantCode>,
    /// What a good proposal is.
    pub rules: AllocationRules,
    /// Decides between what is equally good.
    pub seed: u32,
}

/// Where somebody is proposed to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Which applicant, by number.
    pub applicant: usize,
    /// Which place, by number.
    pub place: usize,
    /// What it is worth there.
    pub points: Points,
}

/// Somebody who is proposed no place, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    /// Which applicant, by number.
    pub applicant: usize,
    /// Why.
    pub refusal: Refusal,
}

/// A proposal. Everybody is in one of the two lists, in the order in which they applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Who gets which place.
    pub placed: Vec<Placed>,
    /// Who gets none.
    pub unplaced: Vec<Unplaced>,
    /// The sum of all points.
    pub score: i64,
    /// What the same rules give to first come, first served.
    pub first_come_score: i64,
}

/// Makes a proposal.
#[must_use]
pub fn allocate(problem: &Problem) -> Outcome {
    let board = Board::of(problem);
    let first_come = search::first_come(&board);
    let plan = search::best(&board, &first_come);
    let mut outcome = told(&board, &plan);
    outcome.first_come_score = score::of(&board, &first_come);
    outcome
}

fn told(board: &Board<'_>, plan: &Plan) -> Outcome {
    let (mut placed, mut unplaced) = (Vec::new(), Vec::new());
    for applicant in board.applicants() {
        match plan.place_of(applicant) {
            Some(place) => {
                placed.push(Placed {
                    applicant,
                    place,
                    points: board.worth(applicant, place).unwrap_or_default(),
                });
            }
            None => {
                unplaced.push(Unplaced { applicant, refusal: refusal::of(board, plan, applicant) });
            }
        }
    }
    let score = score::of(board, plan);
    Outcome { placed, unplaced, score, first_come_score: score }
}

#[cfg(test)]
mod tests;
