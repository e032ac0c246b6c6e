//! What keeps a log from growing. Reads go on whatever it is.

use super::{Fault, Mismatch};

/// A reason for which nothing is added to the log and nothing signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// The start has not come so far yet.
    #[error("the log is not open yet")]
    NotOpen,
    /// Whoever runs the service wants it so.
    #[error("the log is frozen")]
    Frozen,
    /// There is no key, and the log was begun with one.
    #[error("the key file {0} is missing; put it back from where you keep it")]
    KeyMissing(String),
    /// The key file is no key, or others can read it.
    #[error("{0}")]
    KeyUnusable(String),
    /// The key is not the one that the settings name.
    #[error("the key file does not match ledger.public_key")]
    OtherPublicKey,
    /// The last checkpoint was not signed by this key, under this name.
    #[error(
        "the last checkpoint was not signed by this key under the name {0}; check keys/ledger.key and ledger.origin"
    )]
    OtherKey(String),
    /// What the database acknowledges could be lost.
    #[error("the database does not keep what it acknowledges: {0}")]
    NotDurable(String),
    /// The standby that is to have everything is not there.
    #[error("the standby {0} does not follow synchronously, or it cannot be seen")]
    StandbyMissing(String),
    /// The database is older than what was signed: a backup was put back.
    #[error(
        "the log has {tree} entries, and its witness has seen {witnessed}: an older database was put back"
    )]
    BehindWitness {
        /// What the database has.
        tree: u64,
        /// What was signed once.
        witnessed: u64,
    },
    /// The database has another history than what was signed.
    #[error("the first {0} entries are not those that the witness has seen")]
    OtherThanWitnessed(u64),
    /// The witness file cannot be read or written.
    #[error("the witness file cannot be used: {0}")]
    WitnessUnusable(String),
    /// The settings name a second witness that cannot be asked.
    #[error("ledger.witness cannot be used: {0}")]
    WitnessUnknown(String),
    /// The second witness is required, and has not seen what was signed last.
    #[error("the required witness cannot be reached: {0}")]
    WitnessUnreached(String),
    /// The log is another treaty's, or another text's.
    #[error("the first entry names another treaty, or other authentic texts, than the settings")]
    OtherTreaty,
    /// What is stored is not what was signed.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A look at the whole found something; the first of it.
    #[error("{0}")]
    Found(Fault),
}

impl Hindrance {
    /// Whether the record itself is in doubt, and not only what surrounds it.
    #[must_use]
    pub fn is_of_integrity(&self) -> bool {
        matches!(
            self,
            Self::Mismatch(_)
                | Self::Found(_)
                | Self::BehindWitness { .. }
                | Self::OtherThanWitnessed(_)
                | Self::OtherTreaty
        )
    }
}
