//! Why nothing was done in a session.

use super::model::{TurnState, WrongTurn};
use crate::access::Denied;
use crate::db::Shut;
use crate::full_powers::Bar;
use crate::input::Faults;
use crate::page::Stale;
use crate::text::ParticipantCode;

/// Why nothing was done in a session.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What was asked for cannot be.
    #[error("what was asked for cannot be")]
    Faulty(Faults),
    /// The turn does not know the step.
    #[error(transparent)]
    WrongTurn(#[from] WrongTurn),
    /// Somebody else has the table.
    #[error("somebody else has the table")]
    TableTaken {
        /// Where the turn is.
        current: TurnState,
        /// Who has it, where it is known.
        by: Option<ParticipantCode>,
    },
    /// Who cannot sign is not called.
    #[error("the signer is not entitled to sign")]
    NotEntitled(Vec<Bar>),
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
