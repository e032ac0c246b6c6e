//! The end of a log, hashed anew before a checkpoint is signed: it must lead from the last checkpoint to the new one.

use std::collections::BTreeMap;

use super::{Checkpoint, Hash, Known, Question, leaf_hash, positions};

/// How many leaves before the last checkpoint are hashed anew with each new one, at least. A log with less than twice as
/// many is hashed whole each time; of a longer one the beginning is vouched for by the hashes of its subtrees, which
/// together make the root of the last checkpoint, and looked at leaf by leaf by the verifier, at each start and every hour.
const WINDOW: u64 = 512;

/// A stored log is not what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The entry is not what its stored hash says.
    #[error("entry {0} is not what was hashed when it was stored")]
    Leaf(u64),
    /// An entry that the checkpoint covers is not there.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// The tree above the entries is not what follows from them.
    #[error("the tree's hash at position {0} does not follow from the entries")]
    Tree(u64),
    /// All agrees with itself, but not with what was signed.
    #[error("the tree of {0} entries does not have the root that was signed")]
    Root(u64),
}

/// What is to be read to get from one checkpoint to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// The first leaf that is hashed anew.
    pub start: u64,
    last: Checkpoint,
}

impl Tail {
    /// What follows a checkpoint, and some leaves before it.
    #[must_use]
    pub fn after(last: Checkpoint) -> Self {
        Self { start: last.size.saturating_sub(WINDOW) / WINDOW * WINDOW, last }
    }

    /// The positions of the subtrees before the tail.
    #[must_use]
    pub fn positions_before(&self) -> Vec<u64> {
        Question::Root { size: self.start }.positions()
    }

    /// Hashes the leaves from `start` on. `known` holds the subtrees before them, `stored` what is stored of the tree above
    /// them. Gives the checkpoint to be signed, and all that its proofs need.
    pub fn check<'l>(
        &self,
        mut known: Known,
        leaves: impl IntoIterator<Item = &'l [u8]>,
        stored: &BTreeMap<u64, Hash>,
    ) -> Result<(Checkpoint, Known), Mismatch> {
        let mut size = self.start;
        for leaf in leaves {
            let first = positions(size..size + 1).start;
            let new = known.push(size, leaf_hash(leaf)).map_err(|_| Mismatch::Tree(first))?;
            for (position, hash) in new {
                match stored.get(&position) {
                    Some(stored) if *stored == hash => {}
                    _ if position == first => return Err(Mismatch::Leaf(size)),
                    _ => return Err(Mismatch::Tree(position)),
                }
            }
            size += 1;
        }
        if size < self.last.size {
            return Err(Mismatch::Missing(size));
        }
        if root(self.last.size, &known)? != self.last.root {
            return Err(Mismatch::Root(self.last.size));
        }
        Ok((Checkpoint { size, root: root(size, &known)? }, known))
    }
}

fn root(size: u64, known: &Known) -> Result<Hash, Mismatch> {
    let answer = Question::Root { size }.answer(known).ok();
    answer.and_then(|hashes| hashes.first().copied()).ok_or(Mismatch::Root(size))
}
