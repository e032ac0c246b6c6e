//! Invitations: what they are, without asking anybody.

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::access::Role;
use crate::ids::{AccountId, FocalPointId, InvitationId};
use crate::page::Version;
use crate::secret;
use crate::text::{Email, Fault, ParticipantCode, PersonName, choices};

/// The longest code that is looked at, in bytes; ours are far shorter.
const CODE_MAX_BYTES: usize = 200;

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

/// The secret of an invitation: 256 bits, shown once, kept as a hash. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// A fresh one: `hci_…`
    #[must_use]
    pub fn fresh() -> Self {
        Self(Zeroizing::new(format!("hci_{}", secret::random_text())))
    }

    /// Reads a code as somebody brought it. Whether it is one, only the table of invitations says: what cannot be a
    /// code is as unknown as what is none.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let input = input.trim();
        if input.is_empty() || input.len() > CODE_MAX_BYTES {
            return Err(Fault::new("invalid_code", "the code of an invitation is expected"));
        }
        Ok(Self(Zeroizing::new(input.to_owned())))
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        secret::sha256(self.0.as_bytes())
    }

    /// The code itself, for the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}
crate::input::from_string!(Code);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_256_bits_is_never_printed_and_comes_back_as_it_went_out() {
        let (one, other) = (Code::fresh(), Code::fresh());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "hci_".len() + 43, "256 bits in base64");
        assert_eq!(format!("{one:?}"), "Code(…)");
        let brought = Code::parse(&format!(" {}\n", one.expose())).unwrap();
        assert_eq!(brought.hash(), one.hash());
        assert!(Code::parse("").is_err() && Code::parse(&"x".repeat(201)).is_err());
    }
}
