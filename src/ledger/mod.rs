//! The ledger: logs that only grow, whose every state is signed (R23–R26).
//!
//! An entry is stored in the transaction of what it is about. Over what is durable, and in a transaction of its own, the end
//! of the log is hashed anew against the last checkpoint, and the new one is signed and stored; only then is anything
//! answered. To sign within the first transaction could sign two histories, should it be rolled back.

pub mod api;
mod commands;
mod cosigning;
mod kill;
mod model;
pub mod orders;
mod seal;
mod start;
mod store;
pub mod verify;
mod witness;

use std::sync::{Arc, Mutex, PoisonError};

pub use commands::{Entry, Error, Extent, ask};
pub use model::{
    Checkpoint, CosignKey, Cosigner, Fault, Findings, Hash, Hindrance, Known, Log, LogKey,
    Mismatch, Order, Peaks, Question, Receipt, Submission, Tail, Tile, Unproven, Unsound, Verifier,
    bundle, leaf_hash, moment, node_hash, positions, salted,
};
pub use orders::{is_frozen, order};
pub use store::{Leaf, Logged, all_leaves, logged, receipts_of as receipts};

use cosigning::Cosigning;
use witness::Witness;

/// A log as this process keeps it. Cheap to clone.
#[derive(Clone)]
pub struct Ledger(Arc<Kept>);

struct Kept {
    log: Log,
    /// Signs; none where there is no key that can be used.
    key: Option<LogKey>,
    witness: Option<Witness>,
    /// A second one, over the network.
    cosigning: Result<Option<Cosigning>, Hindrance>,
    /// The name of the standby that must have everything before it is acknowledged.
    standby: Option<String>,
    is_durable_only: bool,
    /// Why nothing is added; nothing in it once the log is open.
    hindrances: Mutex<Vec<Hindrance>>,
}

/// The signed checkpoint that a receipt ends with.
#[must_use]
pub fn checkpoint_of(receipt: &str) -> &str {
    receipt.split_once("\n\n").map_or("", |(_, checkpoint)| checkpoint)
}

impl Ledger {
    /// Which log it is.
    #[must_use]
    pub fn log(&self) -> Log {
        self.0.log
    }

    /// What keeps the log from growing; nothing where it is open.
    #[must_use]
    pub fn hindrances(&self) -> Vec<Hindrance> {
        self.0.hindrances.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who knows the checkpoints of this log, where there is a key.
    #[must_use]
    pub fn verifier(&self) -> Option<&Verifier> {
        self.0.key.as_ref().map(LogKey::verifier)
    }

    /// A point at which a test lets the process die: those of the record by their names, those of another log with its own.
    fn point(&self, name: &str) {
        match self.log() {
            Log::Treaty => kill::point(name),
            Log::Audit => kill::point(&format!("audit.{name}")),
        }
    }

    fn key(&self) -> Result<&LogKey, Error> {
        self.0.key.as_ref().ok_or_else(|| Error::Hindered(self.hindrances()))
    }

    fn is_open(&self) -> Result<(), Error> {
        let hindrances = self.hindrances();
        if hindrances.is_empty() { Ok(()) } else { Err(Error::Hindered(hindrances)) }
    }

    /// Lets nothing more be added until the next start where a look at the whole log has found something.
    pub fn doubt(&self, findings: &Findings) {
        for fault in &findings.faults {
            tracing::error!(log = %self.log(), %fault, "the ledger is not what was signed; nothing more is signed");
        }
        if let Some(first) = findings.faults.first() {
            self.hinder(Hindrance::Found(first.clone()));
        }
    }

    /// Lets nothing more be added until the next start.
    fn hinder(&self, hindrance: Hindrance) {
        let mut hindrances = self.0.hindrances.lock().unwrap_or_else(PoisonError::into_inner);
        if !hindrances.contains(&hindrance) {
            hindrances.push(hindrance);
        }
    }
}
