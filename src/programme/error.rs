//! Why nothing was done to the programme.

use super::conflicts::Conflict;
use super::seats::{NoSeat, WrongWait};
use super::side_events::{Refused, WrongStep};
use super::speakers::StatementState;
use crate::access::Denied;
use crate::db::{self, Shut};
use crate::delegations;
use crate::documents;
use crate::input::Faults;
use crate::page::Stale;

/// Why nothing was done to the programme.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Values that are not accepted.
    #[error("some values are not accepted")]
    Faults(Faults),
    /// What was cancelled stays as it was.
    #[error("the session was cancelled")]
    Cancelled,
    /// It does not fit with the rest of the programme (R47).
    #[error("this does not fit into the programme")]
    Conflicts(Vec<Conflict>),
    /// Nothing has changed since this version was released.
    #[error("nothing has changed since version {0}")]
    NothingNew(i32),
    /// More seats are taken than would be let in.
    #[error("more seats are taken")]
    SeatsTaken,
    /// The room is taken (R44): the database's last word.
    #[error("the room is taken at that time")]
    RoomTaken,
    /// No seats for this delegation (R48).
    #[error(transparent)]
    NoSeat(#[from] NoSeat),
    /// The group that waits does not know the step.
    #[error(transparent)]
    WrongWait(#[from] WrongWait),
    /// The seat was given back.
    #[error("the seat was given back")]
    GivenBack,
    /// The member has another seat.
    #[error("the member has a seat of this session")]
    SitsAlready,
    /// The delegation waits already.
    #[error("the delegation waits already")]
    WaitsAlready,
    /// A delegation that takes no part has no seats.
    #[error("the delegation takes no part")]
    NoDelegation,
    /// The statement does not know the step.
    #[error("a statement that is {0} cannot take this step")]
    WrongTurn(StatementState),
    /// One is called and one speaks at a time.
    #[error("somebody else is called or speaks")]
    SomebodySpeaks(StatementState),
    /// The mission is inscribed already.
    #[error("the mission is inscribed already")]
    Inscribed,
    /// The right of reply is used at most twice.
    #[error("the right of reply is used")]
    RepliesUsed,
    /// The paper cannot be read.
    #[error(transparent)]
    Paper(#[from] documents::Error),
    /// The address was ended before.
    #[error("the address was ended before")]
    FeedRevoked,
    /// Nothing is done with a side event, or with proposals of their places.
    #[error(transparent)]
    SideEvent(#[from] Refused),
    /// What goes with it in the delegation is refused.
    #[error(transparent)]
    Delegation(#[from] delegations::Error),
    /// Somebody changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl From<WrongStep> for Error {
    fn from(wrong: WrongStep) -> Self {
        Self::SideEvent(wrong.into())
    }
}

/// What the database says where a room is taken, or seats are.
pub fn taken(error: sqlx::Error) -> Error {
    if db::broke(&error, "session_room_is_free") {
        Error::RoomTaken
    } else if db::broke(&error, "seating_is_never_oversold") {
        Error::SeatsTaken
    } else {
        error.into()
    }
}
