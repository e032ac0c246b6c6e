//! Seats and waiting groups as they are shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Group, Moved, Seat, SeatRules, Seating, WaitingState};
use crate::db::Answer;
use crate::ids::{AccountId, MemberId, SeatId, SessionId, WaitingGroupId};
use crate::text::{ParticipantCode, Reason};

/// A seat that a delegation has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seat)]
pub struct SeatView<'a> {
    id: SeatId,
    session: SessionId,
    participant: &'a ParticipantCode,
    /// Who sits on it; nobody yet.
    member: Option<MemberId>,
    taken_at: DateTime<Utc>,
    /// When it was given back.
    given_back_at: Option<DateTime<Utc>>,
}

impl<'a> From<&'a Seat> for SeatView<'a> {
    fn from(seat: &'a Seat) -> Self {
        let Seat { id, session, member, taken_at, given_back_at, .. } = *seat;
        Self { id, session, participant: &seat.participant, member, taken_at, given_back_at }
    }
}

/// A seat.
#[derive(Debug)]
pub struct SeatShown(pub Seat);

impl Answer for SeatShown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&SeatView::from(&self.0))
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
}

/// Seats that were booked together.
#[derive(Debug)]
pub struct Booked(pub Vec<Seat>);

/// Seats that were booked together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookedSeats)]
pub struct BookedView<'a> {
    items: Vec<SeatView<'a>>,
}

impl Answer for Booked {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&BookedView { items: self.0.iter().map(SeatView::from).collect() })
    }
    fn location(&self) -> Option<String> {
        let first = self.0.first()?;
        Some(format!("/api/v1/sessions/{}/seats/{}", first.session, first.id))
    }
}

/// How many seats a session has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Seating)]
pub struct SeatingView {
    places: i32,
    /// How many somebody has, or are offered to somebody.
    taken: i32,
    free: i32,
    /// How many groups wait for one.
    waiting: i32,
    /// How many a delegation has at most.
    quota: i32,
}

impl SeatingView {
    /// As it is now.
    #[must_use]
    pub fn of(seating: &Seating, rules: SeatRules) -> Self {
        let Seating { places, taken, waiting, .. } = *seating;
        Self { places, taken, free: seating.free(), waiting, quota: rules.quota() }
    }
}

/// A delegation that waits for seats.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingGroup)]
pub struct GroupView<'a> {
    id: WaitingGroupId,
    session: SessionId,
    participant: &'a ParticipantCode,
    /// For how many; for all of them or none.
    seats: i32,
    state: WaitingState,
    /// What can be done next.
    allowed: &'static [&'static str],
    joined_at: DateTime<Utc>,
    /// Until when its seats are kept for it.
    offer_ends_at: Option<DateTime<Utc>>,
    /// When it was over.
    settled_at: Option<DateTime<Utc>>,
    /// That an officer gave it another place.
    moved: Option<MovedView<'a>>,
}

/// Who moved a group in the list, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoveInWaitingList)]
struct MovedView<'a> {
    by: AccountId,
    at: DateTime<Utc>,
    reason: &'a Reason,
}

impl<'a> From<&'a Group> for GroupView<'a> {
    fn from(group: &'a Group) -> Self {
        let moved = |moved: &'a Moved| {
            let Moved { by, at, because } = moved;
            MovedView { by: *by, at: *at, reason: because }
        };
        Self {
            id: group.id,
            session: group.session,
            participant: &group.participant,
            seats: group.seats,
            state: group.state,
            allowed: group.state.allowed(),
            joined_at: group.joined_at,
            offer_ends_at: group.offer_ends_at,
            settled_at: group.settled_at,
            moved: group.moved.as_ref().map(moved),
        }
    }
}

/// A group.
#[derive(Debug)]
pub struct GroupShown(pub Group);

impl Answer for GroupShown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&GroupView::from(&self.0))
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/sessions/{}/waiting-list/{}", self.0.session, self.0.id))
    }
}
