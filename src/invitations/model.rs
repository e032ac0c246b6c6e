//! Invitations: what they are, without asking anybody.

use chrono::{DateTime, Utc};

use crate::access::{Code, Role};
use crate::ids::{AccountId, FocalPointId, InvitationId};
use crate::mail::LetterLanguage;
use crate::page::Version;
use crate::text::{Email, ParticipantCode, PersonName, choices};

choices! {
    /// How it is with an invitation.
    InvitationState {
        /// Whoever brings its code comes in.
        Open = "open",
        /// Its hour is past.
        Expired = "expired",
        /// Somebody came in.
        Accepted = "accepted",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// An invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Identity.
    pub id: InvitationId,
    /// The appointment that it is for; none: an office of the organizer.
    pub focal_point: Option<FocalPointId>,
    /// Whose appointment.
    pub participant: Option<ParticipantCode>,
    /// Who is meant: whoever has this address.
    pub email: Email,
    /// Their name.
    pub name: PersonName,
    /// What they are to be.
    pub role: Role,
    /// The language that they are written to in.
    pub language: LetterLanguage,
    /// How it is with it.
    pub state: InvitationState,
    /// Who invited, last.
    pub invited_by: AccountId,
    /// When.
    pub invited_at: DateTime<Utc>,
    /// When its code is good no more.
    pub expires_at: DateTime<Utc>,
    /// When somebody came in.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: Version,
}

/// An invitation with its code: in a letter on its way, and shown this once where letters do not reach people.
pub struct Issued {
    /// The invitation.
    pub invitation: Invitation,
    /// What its owner brings.
    pub code: Option<Code>,
}

/// The first words of every code of an invitation.
const PREFIX: &str = "hci_";

/// A fresh code for an invitation.
#[must_use]
pub fn fresh_code() -> Code {
    Code::fresh(PREFIX)
}
