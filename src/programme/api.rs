//! What all of the programme says over HTTP: what has happened, and what is refused.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::Error;
use super::seats::{NoSeat, WrongWait};
use super::speakers::MOST_REPLIES;
use super::store::Occurrence;
use crate::ids::EventId;
use crate::input::Faults;
use crate::page::{Cursor, Limit};
use crate::problem::{Code, Problem};
use crate::text::{ParticipantCode, Reason};

/// How many.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeHistory)]
pub struct HappenedView {
    id: EventId,
    happened_at: DateTime<Utc>,
    participant: Option<ParticipantCode>,
    /// `seat.offered`, `side_event.accepted`
    kind: String,
    /// What it was about.
    after: Option<Value>,
    reason: Option<Reason>,
}

impl From<Occurrence> for HappenedView {
    fn from(happened: Occurrence) -> Self {
        let Occurrence { id, happened_at, participant, kind, after, reason } = happened;
        Self { id, happened_at, participant, kind, after, reason }
    }
}

impl From<Error> for Problem {
    #[expect(clippy::too_many_lines, reason = "every refusal on one page")]
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Faults(faults) => faults.into(),
            Error::Cancelled => Self::of(Code::IllegalTransition)
                .detail("A session that was cancelled stays as it was.")
                .with("current", "cancelled")
                .with("allowed", [""; 0]),
            Error::Conflicts(conflicts) => Self::of(Code::ScheduleConflict)
                .detail("This does not fit into the programme.")
                .with("conflicts", conflicts),
            Error::NothingNew(version) => Self::of(Code::Duplicate)
                .detail("Nothing has changed since the last release.")
                .with("first", version),
            Error::WrongTurn(state) => Self::of(Code::IllegalTransition)
                .detail(format!("A statement that is {state} cannot take this step."))
                .with("current", state)
                .with("allowed", state.allowed()),
            Error::SomebodySpeaks(state) => Self::of(Code::IllegalTransition)
                .detail("Somebody else is called or speaks: one at a time.")
                .with("current", state)
                .with("allowed", state.allowed()),
            Error::Inscribed => {
                Self::of(Code::Duplicate).detail("The mission is on this list already.")
            }
            Error::RepliesUsed => Self::of(Code::QuotaExceeded)
                .detail("The right of reply is used at most twice in a session.")
                .with("limit", MOST_REPLIES),
            Error::SeatsTaken => {
                Self::of(Code::QuotaExceeded).detail("More seats are taken than would be let in.")
            }
            Error::NoSeat(NoSeat::Quota { limit, count }) => Self::of(Code::QuotaExceeded)
                .detail("The delegation has its share of seats, or waits for them.")
                .with("limit", limit)
                .with("count", count),
            Error::NoSeat(NoSeat::Full { free }) => Self::of(Code::QuotaExceeded)
                .detail("Not so many seats are free; there is a waiting list.")
                .with("free", free),
            Error::NoSeat(NoSeat::OthersWait) => Self::of(Code::QuotaExceeded)
                .detail("Others wait for a seat: join the waiting list.")
                .with("free", 0),
            Error::WrongWait(WrongWait(state)) => Self::of(Code::IllegalTransition)
                .detail(format!("A group that is {state} cannot take this step."))
                .with("current", state)
                .with("allowed", state.allowed()),
            Error::GivenBack => Self::of(Code::IllegalTransition)
                .detail("The seat was given back.")
                .with("current", "given_back")
                .with("allowed", [""; 0]),
            Error::SitsAlready => {
                Self::of(Code::Duplicate).detail("The member has a seat of this session.")
            }
            Error::WaitsAlready => {
                Self::of(Code::Duplicate).detail("The delegation waits for this session already.")
            }
            Error::NoDelegation => {
                Self::of(Code::NotEligible).detail("Seats are for delegations that take part.")
            }
            Error::RoomTaken => {
                Self::of(Code::ScheduleConflict).detail("The room is taken at that time.")
            }
            Error::FeedRevoked => Self::of(Code::IllegalTransition)
                .detail("The address was ended before.")
                .with("current", "revoked")
                .with("allowed", [""; 0]),
            Error::Paper(error) => error.into(),
            Error::SideEvent(refused) => refused.into(),
            Error::Delegation(error) => error.into(),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
