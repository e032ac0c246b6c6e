//! In which order is spoken, why, and when that will be.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Classes, Statement, StatementKind, StatementState};
use crate::text::choices;

choices! {
    /// Why a statement has its place.
    #[schema(as = ReasonOfPlace)]
    Why {
        /// It was made, or is being made.
        Spoken = "spoken",
        /// The class of the speaker's level.
        Class = "class",
        /// In its class, the time of inscription.
        Inscription = "inscription",
        /// Two missions have exchanged their places.
        Swap = "swap",
        /// A reply, in the order in which they were asked for.
        Reply = "reply",
    }
}

/// When it is spoken: what was is actual, what is to come is projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TimesOfStatement)]
pub struct Times {
    /// When it began, or will begin.
    pub starts_at: DateTime<Utc>,
    /// When it ended, or will end.
    pub ends_at: DateTime<Utc>,
    /// Whether this is only what is to be expected.
    pub is_projected: bool,
    /// Whether it is spoken longer than the ceremony gives.
    pub is_over_time: bool,
}

/// A statement at its place.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// Counted from 1.
    pub place: usize,
    /// Why it is this one.
    pub why: Why,
    /// When.
    pub times: Times,
}

/// Orders a list: what was spoken as it was, then by class, then by time. From what was actual follows what is projected.
#[must_use]
pub fn arrange<'a>(
    statements: &'a [Statement],
    classes: &Classes,
    begins_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<Placed<'a>> {
    let mut standing: Vec<_> =
        statements.iter().filter(|one| one.state != StatementState::Withdrawn).collect();
    standing.sort_by_key(|one| {
        // What has begun comes before all that has not, and who is called before who is not.
        let is_waiting = one.started_at.is_none();
        let is_called = one.state == StatementState::Called;
        (is_waiting, one.started_at, is_waiting && !is_called, one.place, one.id)
    });
    let mut of_class: BTreeMap<i32, usize> = BTreeMap::new();
    for one in &standing {
        *of_class.entry(one.place.0).or_default() += 1;
    }
    let mut free_at = begins_at;
    let placed = (1..).zip(standing).map(|(place, statement)| {
        let is_alone = of_class.get(&statement.place.0).is_none_or(|count| *count == 1);
        let why = match statement {
            Statement { started_at: Some(_), .. } => Why::Spoken,
            Statement { kind: StatementKind::Reply, .. } => Why::Reply,
            Statement { swapped_at: Some(_), .. } => Why::Swap,
            _ if is_alone => Why::Class,
            _ => Why::Inscription,
        };
        let times = times(statement, classes, free_at, now);
        free_at = times.ends_at;
        Placed { statement, place, why, times }
    });
    placed.collect()
}

/// When a statement is made, where the one before it ends at `free_at`.
fn times(
    statement: &Statement,
    classes: &Classes,
    free_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Times {
    let limit = TimeDelta::minutes(classes.minutes(statement.kind).into());
    let starts_at = statement.started_at.unwrap_or(free_at.max(now));
    let due_at = starts_at + limit;
    let (ends_at, is_projected) = match (statement.ended_at, statement.started_at) {
        (Some(ended), _) => (ended, false),
        // Who speaks too long ends now at the earliest.
        (None, Some(_)) => (due_at.max(now), true),
        (None, None) => (due_at, true),
    };
    Times { starts_at, ends_at, is_projected, is_over_time: ends_at > due_at }
}
