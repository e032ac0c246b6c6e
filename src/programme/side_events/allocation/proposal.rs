//! A proposal as it is kept and shown: who gets which place and what for, who gets none and why. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Outcome, Placed, Points, Problem, Refusal, Unplaced};
use crate::ids::{AccountId, AllocationId, RoomId, SideEventId};
use crate::page::Version;
use crate::programme::frame::Slot;
use crate::programme::rooms::FrameKey;
use crate::programme::side_events::model::SideEvent;
use crate::text::{ParticipantCode, choices};

/// Who gets which place, and who gets none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AllocationProposal)]
pub struct Proposal {
    /// The points of all, with those for the balance between groups of participants.
    pub score: i64,
    /// What the same rules give to first come, first served.
    pub first_come_score: i64,
    /// Who gets which place, in the order in which they applied.
    pub placements: Vec<Placement>,
    /// Who gets none, in the same order.
    pub unplaced: Vec<Left>,
}

/// The place of a side event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// Which.
    pub side_event: SideEventId,
    /// In which version it was looked at.
    pub version: i64,
    /// Whose.
    pub participant: ParticipantCode,
    /// When.
    pub slot: FrameKey,
    /// Where.
    pub room: RoomId,
    /// What it is worth there.
    pub points: Points,
}

choices! {
    /// Why a side event gets no place.
    LeftBecause {
        /// Its sponsor has as many as a sponsor may have.
        SponsorsShare = "sponsors_share",
        /// No room will do.
        NoRoom = "no_room",
        /// A host or a speaker is elsewhere.
        Elsewhere = "elsewhere",
        /// Others are worth more at the places that would do.
        Outranked = "outranked",
    }
}

/// A side event that gets no place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UnplacedSideEvent)]
pub struct Left {
    /// Which.
    pub side_event: SideEventId,
    /// Whose.
    pub participant: ParticipantCode,
    /// Why.
    pub reason: LeftBecause,
    /// For people, in English.
    pub explanation: String,
    /// The side events that stand in its way, where it is some.
    pub instead: Vec<SideEventId>,
}

choices! {
    /// Where an allocation stands.
    AllocationState {
        /// It changes nothing yet.
        Proposed = "proposed",
        /// Its side events are sessions of the draft.
        Applied = "applied",
    }
}

/// A proposal that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// Its identity.
    pub id: AllocationId,
    /// Where it stands.
    pub state: AllocationState,
    /// What decided between what is equally good.
    pub seed: u32,
    /// What is proposed.
    pub proposal: Proposal,
    /// Who asked for it.
    pub proposed_by: AccountId,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Who applied it, and when.
    pub applied: Option<(AccountId, DateTime<Utc>)>,
    /// Counts its changes.
    pub version: Version,
}

/// It was applied already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsApplied;

impl Allocation {
    /// The same as one that is applied.
    pub fn apply(self, by: AccountId, now: DateTime<Utc>) -> Result<Self, IsApplied> {
        match self.state {
            AllocationState::Applied => Err(IsApplied),
            AllocationState::Proposed => Ok(Self {
                state: AllocationState::Applied,
                applied: Some((by, now)),
                version: self.version.next(),
                ..self
            }),
        }
    }
}

impl Proposal {
    /// What came out, in the words of the programme. `events` are the problem's applicants.
    #[must_use]
    pub fn of(problem: &Problem, outcome: &Outcome, events: &[SideEvent], slots: &[Slot]) -> Self {
        let placement = |placed: &Placed| {
            let event = events.get(placed.applicant)?;
            let place = problem.places.get(placed.place)?;
            Some(Placement {
                side_event: event.id,
                version: event.version.0,
                participant: event.sponsor.clone(),
                slot: slots.get(place.slot)?.key.clone(),
                room: place.room.id,
                points: placed.points,
            })
        };
        let left = |unplaced: &Unplaced| {
            let event = events.get(unplaced.applicant)?;
            let (reason, explanation, instead) = explained(&unplaced.refusal, problem);
            let instead = instead.iter().filter_map(|number| Some(events.get(*number)?.id));
            Some(Left {
                side_event: event.id,
                participant: event.sponsor.clone(),
                reason,
                explanation,
                instead: instead.collect(),
            })
        };
        Self {
            score: outcome.score,
            first_come_score: outcome.first_come_score,
            placements: outcome.placed.iter().filter_map(placement).collect(),
            unplaced: outcome.unplaced.iter().filter_map(left).collect(),
        }
    }
}

/// A refusal in words, with the applicants that stand in the way.
fn explained(refusal: &Refusal, problem: &Problem) -> (LeftBecause, String, Vec<usize>) {
    match refusal {
        Refusal::SponsorsShare { instead } => {
            let most = problem.rules.per_sponsor;
            let text = format!("Its sponsor has its share of side events: at most {most}.");
            (LeftBecause::SponsorsShare, text, instead.clone())
        }
        Refusal::NoRoom { lacks } if lacks.is_empty() => {
            (LeftBecause::NoRoom, "There is no place to be had.".to_owned(), Vec::new())
        }
        Refusal::NoRoom { lacks } => {
            let all: usize = lacks.values().sum();
            let each: Vec<_> =
                lacks.iter().map(|(lack, count)| format!("{lack} at {count}")).collect();
            let text = format!("None of {all} places will do. Missing first: {}.", each.join(", "));
            (LeftBecause::NoRoom, text, Vec::new())
        }
        Refusal::Elsewhere { with } => {
            let text = "At every time at which a room would do, one of its hosts or speakers is elsewhere.";
            (LeftBecause::Elsewhere, text.to_owned(), with.clone())
        }
        Refusal::Outranked { places, loses } => {
            let cost = loses.map_or_else(
                || "several others would have to leave for it".to_owned(),
                |loses| format!("with it the proposal would lose {loses} points at the least"),
            );
            let text = format!("All {places} places that would do are taken, and {cost}.");
            (LeftBecause::Outranked, text, Vec::new())
        }
    }
}
