//! The verifier: a log in the database, a log in a file, two checkpoints beside each other.

mod bundle;
mod tree;

pub use bundle::{Line, bundle};
pub use tree::{Receipts, tree, tree_on};

use super::model::{Checkpoint, Unsound, Verifier};

/// What two checkpoints say of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// They say the same.
    Same(Checkpoint),
    /// Of different sizes: only a proof of consistency tells more.
    Apart(Checkpoint, Checkpoint),
    /// Both signed, of one size, with different roots: whoever holds the key has shown two histories.
    Equivocation(Checkpoint, Checkpoint),
}

/// Holds two signed checkpoints against each other.
pub fn compare(one: &str, other: &str, verifier: &Verifier) -> Result<Compared, Unsound> {
    let (one, other) = (verifier.open_cosigned(one)?, verifier.open_cosigned(other)?);
    Ok(match (one.size == other.size, one.root == other.root) {
        (true, true) => Compared::Same(one),
        (true, false) => Compared::Equivocation(one, other),
        (false, _) => Compared::Apart(one, other),
    })
}
