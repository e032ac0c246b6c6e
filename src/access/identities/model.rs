//! Somebody as a provider knows them.

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, IdentityId};

/// An account that somebody opens who is known to a provider.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The provider. Who it is there, its own subject says, and no answer of ours.
    pub issuer: String,
    /// The account that they open.
    pub account: AccountId,
    /// Whether the settings made the account for them, and so have to go on saying so.
    pub is_granted: bool,
    /// Since when.
    pub linked_at: DateTime<Utc>,
    /// When they last came in by it.
    pub last_used_at: Option<DateTime<Utc>>,
}
