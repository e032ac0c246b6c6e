//! What must never be: the constraints, worked out once, and the plans that keep them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::score::{self, Points};
use super::{Applicant, Problem};
use crate::programme::rooms::Room;
use crate::programme::side_events::model::Lack;

/// A room that can be had in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The slot, by number.
    pub slot: usize,
    /// The room.
    pub room: Room,
    /// When the slot begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

impl Place {
    fn meets(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// Whether only one of the two can be used: the room is one, and is not turned round in time.
    fn excludes(&self, other: &Self) -> bool {
        self.room.id == other.room.id
            && self.starts_at < other.ends_at + other.turn_round()
            && other.starts_at < self.ends_at + self.turn_round()
    }

    fn turn_round(&self) -> chrono::TimeDelta {
        chrono::TimeDelta::minutes(self.room.facts.turn_round_minutes.into())
    }
}

/// A table of claims about two things.
#[derive(Debug)]
struct Table(Vec<Vec<bool>>);

impl Table {
    fn of<R, C>(rows: &[R], columns: &[C], claim: impl Fn(&R, &C) -> bool) -> Self {
        let row = |row| columns.iter().map(|column| claim(row, column)).collect();
        Self(rows.iter().map(row).collect())
    }

    fn says(&self, row: usize, column: usize) -> bool {
        self.0.get(row).and_then(|row| row.get(column)).copied().unwrap_or(false)
    }
}

/// The problem, with everything that its constraints ask for.
#[derive(Debug)]
pub struct Board<'p> {
    pub problem: &'p Problem,
    /// By applicant and place: what it is worth there, or what the room lacks.
    worth: Vec<Vec<Result<Points, Lack>>>,
    /// By applicant: to which group it belongs, by number.
    groups: Vec<usize>,
    /// By applicant and place: a host or a speaker is elsewhere at that time, whatever is proposed.
    is_kept: Table,
    /// By applicants: a host or a speaker is the same.
    clashes: Table,
    /// By places: they are at the same time.
    meets: Table,
    /// By places: only one of them can be used.
    excludes: Table,
    /// By applicant: how many more side events its sponsor may have.
    share: Vec<usize>,
}

impl<'p> Board<'p> {
    /// Works the constraints out.
    pub fn of(problem: &'p Problem) -> Self {
        let Problem { applicants, places, busy, served, rules, .. } = problem;
        let worth = |applicant: &Applicant, place: &Place| {
            let holds = applicant.needs.met_by(&place.room.facts)?;
            Ok(score::points(*rules, applicant, place, holds))
        };
        let worth = |applicant| places.iter().map(|place| worth(applicant, place)).collect();
        let names: BTreeSet<_> = applicants.iter().map(|applicant| &applicant.group).collect();
        let group = |applicant: &Applicant| {
            names.iter().take_while(|name| **name != &applicant.group).count()
        };
        let is_kept = |applicant: &Applicant, place: &Place| {
            busy.get(place.slot).is_some_and(|busy| {
                share_any(&applicant.people, &busy.people)
                    || share_any(&applicant.hosts, &busy.hosts)
            })
        };
        let clash = |one: &Applicant, other: &Applicant| {
            share_any(&one.people, &other.people) || share_any(&one.hosts, &other.hosts)
        };
        let share = |applicant: &Applicant| {
            let had = served.iter().filter(|served| **served == applicant.sponsor).count();
            usize::from(rules.per_sponsor).saturating_sub(had)
        };
        Self {
            problem,
            worth: applicants.iter().map(worth).collect(),
            groups: applicants.iter().map(group).collect(),
            is_kept: Table::of(applicants, places, is_kept),
            clashes: Table::of(applicants, applicants, clash),
            meets: Table::of(places, places, Place::meets),
            excludes: Table::of(places, places, Place::excludes),
            share: applicants.iter().map(share).collect(),
        }
    }

    pub fn applicants(&self) -> std::ops::Range<usize> {
        0..self.problem.applicants.len()
    }

    pub fn places(&self) -> std::ops::Range<usize> {
        0..self.problem.places.len()
    }

    /// What an applicant is worth at a place, or what its room lacks.
    pub fn worth(&self, applicant: usize, place: usize) -> Result<Points, Lack> {
        let worth = self.worth.get(applicant).and_then(|row| row.get(place));
        worth.copied().unwrap_or(Err(Lack::Capacity))
    }

    /// To which group an applicant belongs, by number.
    pub fn group(&self, applicant: usize) -> usize {
        self.groups.get(applicant).copied().unwrap_or(0)
    }

    /// Whether a host or a speaker is elsewhere at the time of a place, whatever is proposed.
    pub fn is_kept(&self, applicant: usize, place: usize) -> bool {
        self.is_kept.says(applicant, place)
    }

    /// Whether an applicant could be at a place, were there nobody else.
    pub fn could_be(&self, applicant: usize, place: usize) -> bool {
        self.worth(applicant, place).is_ok()
            && !self.is_kept(applicant, place)
            && self.share(applicant) > 0
    }

    /// How many more side events an applicant's sponsor may have.
    pub fn share(&self, applicant: usize) -> usize {
        self.share.get(applicant).copied().unwrap_or(0)
    }

    /// Whether somebody at one place keeps an applicant from another: by the room, or by a host or a speaker of both.
    fn hinders(&self, (other, at): (usize, usize), applicant: usize, place: usize) -> bool {
        other != applicant
            && (self.excludes.says(place, at)
                || (self.meets.says(place, at) && self.clashes.says(applicant, other)))
    }

    fn is_rival(&self, other: usize, applicant: usize) -> bool {
        let sponsor = |number: usize| self.problem.applicants.get(number).map(|asks| &asks.sponsor);
        other != applicant && sponsor(other) == sponsor(applicant)
    }

    /// The other side events of the same sponsor that have a place.
    pub fn rivals(&self, plan: &Plan, applicant: usize) -> Vec<usize> {
        let others = plan.placed().map(|(other, _)| other);
        others.filter(|other| self.is_rival(*other, applicant)).collect()
    }

    /// Those of the plan who would have to go, were an applicant at a place: who hinders it there, and who is the
    /// sponsor's in excess of its share, the last of them first.
    pub fn in_the_way(&self, plan: &Plan, applicant: usize, place: usize) -> Vec<usize> {
        let hinder = plan.placed().filter(|there| self.hinders(*there, applicant, place));
        let mut leave: Vec<usize> = hinder.map(|(other, _)| other).collect();
        let mut rivals = self.rivals(plan, applicant);
        rivals.retain(|rival| !leave.contains(rival));
        let excess = (rivals.len() + 1).saturating_sub(self.share(applicant));
        leave.extend(rivals.into_iter().rev().take(excess));
        leave
    }

    /// Whether an applicant can be at a place as the plan is.
    pub fn is_free(&self, plan: &Plan, applicant: usize, place: usize) -> bool {
        self.could_be(applicant, place)
            && !plan.placed().any(|there| self.hinders(there, applicant, place))
            && self.rivals(plan, applicant).len() < self.share(applicant)
    }

    /// Whether somebody in a place keeps its room from being used for another.
    pub fn is_taken(&self, plan: &Plan, place: usize) -> bool {
        plan.placed().any(|(_, at)| self.excludes.says(place, at))
    }
}

fn share_any<T: PartialEq>(some: &[T], others: &[T]) -> bool {
    some.iter().any(|one| others.contains(one))
}

/// Who is where. That it keeps the constraints is seen to by whoever puts somebody somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan(Vec<Option<usize>>);

impl Plan {
    /// Nobody is anywhere.
    pub fn empty(board: &Board<'_>) -> Self {
        Self(board.applicants().map(|_| None).collect())
    }

    /// Where an applicant is.
    pub fn place_of(&self, applicant: usize) -> Option<usize> {
        self.0.get(applicant).copied().flatten()
    }

    /// Who is somewhere, and where.
    pub fn placed(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.iter().enumerate().filter_map(|(applicant, place)| Some((applicant, (*place)?)))
    }

    /// Puts an applicant somewhere, or nowhere.
    pub fn put(&mut self, applicant: usize, place: Option<usize>) {
        if let Some(at) = self.0.get_mut(applicant) {
            *at = place;
        }
    }
}
