//! Why nothing is done with a side event, or with a proposal of places.

use super::model::WrongStep;
use crate::ids::SideEventId;
use crate::input::Faults;

/// Why nothing is done with a side event, or with a proposal of places.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It knows no such step from where it stands.
    #[error(transparent)]
    WrongStep(#[from] WrongStep),
    /// It comes too late for a mission: all of it, or these parts.
    #[error("it comes too late")]
    TooLate(Faults),
    /// The sponsor's delegation is not accepted (R45).
    #[error("the sponsor's delegation is not accepted")]
    NotAccepted,
    /// Too few officers have said what they think of it.
    #[error("{count} of {needed} reviews")]
    TooFewReviews {
        /// How many there must be.
        needed: i64,
        /// How many there are.
        count: i64,
    },
    /// The proposal was applied already.
    #[error("the proposal was applied already")]
    Applied,
    /// These are not any more what they were when the proposal was made.
    #[error("side events were changed since the proposal was made")]
    Overtaken(Vec<SideEventId>),
    /// The proposal could not be reckoned to its end.
    #[error("the proposal could not be reckoned to its end")]
    BrokenOff,
}
