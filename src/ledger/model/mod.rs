//! The pure part of the ledger: the tree of RFC 6962, and what is said of it in the forms of C2SP.

mod checkpoint;
mod cosignature;
mod fault;
mod hindrance;
mod peaks;
mod receipt;
mod said;
mod submission;
mod tail;
mod tile;
mod tree;

pub use checkpoint::{Checkpoint, LogKey, Unsound, Verifier};
pub use cosignature::{CosignKey, Cosigner};
pub use fault::{Fault, Findings};
pub use hindrance::Hindrance;
pub use peaks::Peaks;
pub use receipt::{Receipt, Unproven};
pub use said::{moment, salted};
pub use submission::Submission;
pub use tail::{Mismatch, Tail};
pub use tile::{Tile, bundle};
pub use tree::{Hash, Known, Question, leaf_hash, node_hash, positions};

use crate::text::choices;

choices! {
    /// A log of its own: entries, tree, checkpoints.
    Log {
        /// The record of treaty actions.
        Treaty = "treaty",
        /// The audit trail.
        Audit = "audit",
    }

    /// What is ordered of a log.
    Order {
        /// Nothing is added until it is thawed.
        Frozen = "frozen",
        /// It goes on.
        Thawed = "thawed",
        /// Nothing is added any more.
        Closed = "closed",
    }
}

impl Log {
    /// Whether whoever makes an entry is given the proof of it.
    #[must_use]
    pub fn has_receipts(self) -> bool {
        self == Self::Treaty
    }
}

impl Order {
    /// Whether it can be ordered after the last order.
    #[must_use]
    pub fn may_follow(self, last: Option<Self>) -> bool {
        match self {
            Self::Frozen => matches!(last, None | Some(Self::Thawed)),
            Self::Thawed => last == Some(Self::Frozen),
            Self::Closed => last != Some(Self::Closed),
        }
    }

    /// Whether nothing is added under the last order.
    #[must_use]
    pub fn freezes(last: Option<Self>) -> bool {
        matches!(last, Some(Self::Frozen | Self::Closed))
    }
}

#[cfg(test)]
mod tests;
