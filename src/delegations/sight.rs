//! What of a delegation and its members somebody sees: the one place that decides it (R38, R41).

use crate::access::{Action, Actor};
use crate::text::ParticipantCode;

/// What somebody sees beside names, nationality and status.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a row of a table: seen or not seen")]
pub struct Sight {
    /// Date of birth and passport, the number masked: the mission, the secretariat, security.
    pub identity: bool,
    /// Function, rank, title, affiliation, remarks: everybody but security.
    pub protocol: bool,
    /// Addresses, and what was changed in detail: the mission and the secretariat.
    pub contact: bool,
    /// What officers are warned of: the secretariat and security.
    pub warnings: bool,
    /// Who works on what waits: those who work on it.
    pub queues: bool,
}

impl Sight {
    /// What this account sees of this participant's delegation. That it may see the delegation at all is for
    /// [`Action::ReadDelegation`] to say.
    #[must_use]
    pub fn of(actor: &Actor, code: &ParticipantCode) -> Self {
        Self {
            identity: actor.may(Action::ReadIdentity(code)),
            protocol: actor.may(Action::ReadProtocol),
            contact: actor.may(Action::PrepareDelegation(code)),
            warnings: actor.may(Action::ReadWarnings),
            queues: actor.may(Action::WorkReviewQueues) || actor.may(Action::WorkClearanceQueues),
        }
    }
}
