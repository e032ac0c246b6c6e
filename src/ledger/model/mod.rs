//! The pure part of the ledger: the tree of RFC 6962, and what is said of it in the forms of C2SP.

mod checkpoint;
mod fault;
mod hindrance;
mod peaks;
mod receipt;
mod tail;
mod tile;
mod tree;

pub use checkpoint::{Checkpoint, LogKey, Unsound, Verifier};
pub use fault::{Fault, Findings};
pub use hindrance::Hindrance;
pub use peaks::Peaks;
pub use receipt::{Receipt, Unproven};
pub use tail::{Mismatch, Tail};
pub use tile::{Tile, bundle};
pub use tree::{Hash, Known, Question, leaf_hash, node_hash, positions};

use crate::text::choices;

choices! {
    /// A log of its own: entries, tree, checkpoints.
    Log {
        /// The record of treaty actions.
        Treaty = "treaty",
    }
}

#[cfg(test)]
mod tests;
