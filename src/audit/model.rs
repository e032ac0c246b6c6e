//! An event of the trail as the exact bytes of a leaf.
//!
//! The leaf says which event it is, what happened and when. Who did it, to what, and why, enter it as a salted hash: a leaf is
//! for ever, and the trail is one mission's at each entry.

use serde::Serialize;
use uuid::Uuid;

use crate::ledger::{moment, salted};
use crate::secret::hex;

/// A row of `event`, every value as the database writes it; nothing but the key is relied on to be there.
#[derive(Debug)]
pub struct EventRow {
    pub event_id: Uuid,
    /// UTC, as `YYYY-MM-DD HH:MM:SS.ffffff`.
    pub happened_at: Option<String>,
    pub account_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub participant: Option<String>,
    pub kind: Option<String>,
    pub subject: Option<Uuid>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    pub request_id: Option<String>,
    /// Of what was put aside because it can be forgotten.
    pub detail_hash: Option<Vec<u8>>,
}

#[derive(Serialize)]
struct EventLeaf<'r> {
    entry: &'static str,
    event_id: Uuid,
    happened_at: Option<String>,
    kind: Option<&'r str>,
    /// SHA-256 of the salt and of what stands in [`EventUnsaid`].
    unsaid_sha256: String,
}

/// What is committed to and not said.
#[derive(Serialize)]
struct EventUnsaid<'r> {
    account_id: Option<Uuid>,
    api_key_id: Option<Uuid>,
    participant: Option<&'r str>,
    subject: Option<Uuid>,
    before: Option<&'r str>,
    after: Option<&'r str>,
    reason: Option<&'r str>,
    request_id: Option<&'r str>,
    detail_sha256: Option<String>,
}

impl EventRow {
    /// The leaf that the row makes with a salt.
    pub fn leaf(&self, salt: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let unsaid = EventUnsaid {
            account_id: self.account_id,
            api_key_id: self.api_key_id,
            participant: self.participant.as_deref(),
            subject: self.subject,
            before: self.before.as_deref(),
            after: self.after.as_deref(),
            reason: self.reason.as_deref(),
            request_id: self.request_id.as_deref(),
            detail_sha256: self.detail_hash.as_deref().map(hex),
        };
        serde_json::to_vec(&EventLeaf {
            entry: "event",
            event_id: self.event_id,
            happened_at: self.happened_at.as_deref().map(moment),
            kind: self.kind.as_deref(),
            unsaid_sha256: salted(salt, &unsaid)?,
        })
    }
}
