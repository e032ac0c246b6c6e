//! Building a plan, and mending it. A move is kept where it makes the plan no worse, so that it never gets worse.

use std::cmp::Reverse;

use super::board::{Board, Plan};
use super::score::{self, Points};

/// Who would have to leave for a move to be worth a try, at most.
const MOST_WHO_LEAVE: usize = 3;

/// First come, first served: each in turn gets the best of what is left. What proposals are compared with.
pub fn first_come(board: &Board<'_>) -> Plan {
    in_turn(board, board.applicants().collect())
}

/// The best plan that is found: from the better of two beginnings, by small moves.
pub fn best(board: &Board<'_>, first_come: &Plan) -> Plan {
    let mut chance = Chance::of(board.problem.seed);
    let mut turn: Vec<_> = board.applicants().collect();
    // Of those whom the reviewers think the same of, the lot decides who goes first.
    let lots: Vec<_> = turn.iter().map(|_| chance.draw()).collect();
    turn.sort_by_key(|number| {
        let merit = board.problem.applicants.get(*number).map_or(0, |asks| asks.merit);
        (Reverse(merit), lots.get(*number).copied())
    });
    let by_merit = in_turn(board, turn.clone());
    let is_better = score::of(board, &by_merit) >= score::of(board, first_come);
    let mut plan = if is_better { by_merit } else { first_come.clone() };
    let mut worth = score::of(board, &plan);
    for _ in 0..board.problem.rules.steps {
        let (applicant, place) =
            (chance.below(board.applicants().len()), chance.below(board.places().len()));
        let Some(moved) = moved(board, &plan, &turn, applicant, place) else { continue };
        let becomes = score::of(board, &moved);
        if becomes >= worth {
            (plan, worth) = (moved, becomes);
        }
    }
    settled(board, plan, &turn)
}

/// The plan after every move that brings somebody in and makes it better.
fn settled(board: &Board<'_>, mut plan: Plan, turn: &[usize]) -> Plan {
    // Each round makes the plan better by a point at least, and so there is a last one.
    while let Some(better) = improved(board, &plan, turn) {
        plan = better;
    }
    plan
}

fn improved(board: &Board<'_>, plan: &Plan, turn: &[usize]) -> Option<Plan> {
    let worth = score::of(board, plan);
    let outside = turn.iter().copied().filter(|applicant| plan.place_of(*applicant).is_none());
    let moves = outside.flat_map(|applicant| board.places().map(move |place| (applicant, place)));
    let mut plans =
        moves.filter_map(|(applicant, place)| moved(board, plan, turn, applicant, place));
    plans.find(|moved| score::of(board, moved) > worth)
}

/// The plan with an applicant at a place. Who is in the way leaves, and takes the best of what is left.
pub fn moved(
    board: &Board<'_>,
    plan: &Plan,
    turn: &[usize],
    applicant: usize,
    place: usize,
) -> Option<Plan> {
    if !board.could_be(applicant, place) || plan.place_of(applicant) == Some(place) {
        return None;
    }
    let leave = board.in_the_way(plan, applicant, place);
    if leave.len() > MOST_WHO_LEAVE {
        return None;
    }
    let mut moved = plan.clone();
    moved.put(applicant, None);
    for other in &leave {
        moved.put(*other, None);
    }
    moved.put(applicant, Some(place));
    for other in turn.iter().filter(|other| leave.contains(other)) {
        put_best(board, &mut moved, *other);
    }
    Some(moved)
}

/// Each in turn takes the best of what is left.
fn in_turn(board: &Board<'_>, turn: Vec<usize>) -> Plan {
    let mut plan = Plan::empty(board);
    for applicant in turn {
        put_best(board, &mut plan, applicant);
    }
    plan
}

fn put_best(board: &Board<'_>, plan: &mut Plan, applicant: usize) {
    let free = board.places().filter(|place| board.is_free(plan, applicant, *place));
    let worth =
        |place: &usize| (board.worth(applicant, *place).map_or(0, Points::sum), Reverse(*place));
    let best = free.max_by_key(worth);
    plan.put(applicant, best);
}

/// Chance that is the same for a seed everywhere and always: the generator `SplitMix64`, which is a handful of sums. One of a
/// library may draw otherwise in its next version, and then nobody could make a proposal again.
struct Chance(u64);

impl Chance {
    fn of(seed: u32) -> Self {
        Self(seed.into())
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.draw() % end).unwrap_or(0)
    }
}
