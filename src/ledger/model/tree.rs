//! The tree of RFC 6962, by the hashes of its complete subtrees.
//!
//! The hash of a complete subtree never changes, so each is stored once, at its *position*: the place in which it becomes
//! known when leaves are added one after the other. Whatever is asked of the tree needs a handful of them, logarithmic in
//! its size.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use tlog_tiles::{Error, HashReader};
pub use tlog_tiles::{Hash, node_hash, record_hash as leaf_hash};

/// What can be asked of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The root of the first `size` leaves; one hash.
    Root {
        /// How many leaves.
        size: u64,
    },
    /// That the leaf at `index` is in the tree of the first `size`: from its sibling up to the child of the root.
    Inclusion {
        /// How many leaves the tree has.
        size: u64,
        /// Which of them; below `size`.
        index: u64,
    },
    /// That the tree of `to` leaves begins with that of `from`.
    Consistency {
        /// How many leaves the older tree has; not none, and at most `to`.
        from: u64,
        /// How many leaves the newer tree has.
        to: u64,
    },
}

impl Question {
    /// The positions of the hashes that the answer needs.
    #[must_use]
    pub fn positions(self) -> Vec<u64> {
        let asked = Asked::default();
        // The library asks once for all that it needs; what it makes of an empty answer is of no interest.
        let _ = self.ask(&asked);
        asked.0.into_inner()
    }

    /// The answer, from hashes that are known.
    pub fn answer(self, known: &Known) -> Result<Vec<Hash>, Error> {
        self.ask(known)
    }

    fn ask(self, reader: &impl HashReader) -> Result<Vec<Hash>, Error> {
        match self {
            // The library knows no root of nothing.
            Self::Root { size: 0 } => Ok(vec![Hash(crate::secret::sha256([]))]),
            Self::Root { size } => Ok(vec![tlog_tiles::tree_hash(size, reader)?]),
            Self::Inclusion { size, index } => tlog_tiles::prove_record(size, index, reader),
            Self::Consistency { from, to } => tlog_tiles::prove_tree(to, from, reader),
        }
    }
}

/// Notes what is asked for, and knows nothing.
#[derive(Default)]
struct Asked(RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend_from_slice(positions);
        Err(Error::IndexesNotInTree)
    }
}

/// Hashes of complete subtrees, by position.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeMap<u64, Hash>);

impl Known {
    /// Adds the leaf at `index` by its hash, and all subtrees that it completes; all before it must be known as far as
    /// they matter. Gives the positions of what is new, which follow one another, and the hashes.
    pub fn push(&mut self, index: u64, leaf: Hash) -> Result<Vec<(u64, Hash)>, Error> {
        let hashes = tlog_tiles::stored_hashes_for_record_hash(index, leaf, self)?;
        let new: Vec<_> = (positions(index..index + 1)).zip(hashes).collect();
        self.0.extend(new.iter().copied());
        Ok(new)
    }

    /// The hash at a position.
    #[must_use]
    pub fn hash(&self, position: u64) -> Option<Hash> {
        self.0.get(&position).copied()
    }
}

impl FromIterator<(u64, Hash)> for Known {
    fn from_iter<I: IntoIterator<Item = (u64, Hash)>>(hashes: I) -> Self {
        Self(hashes.into_iter().collect())
    }
}

impl Extend<(u64, Hash)> for Known {
    fn extend<I: IntoIterator<Item = (u64, Hash)>>(&mut self, hashes: I) {
        self.0.extend(hashes);
    }
}

impl HashReader for Known {
    fn read_hashes(&self, positions: &[u64]) -> Result<Vec<Hash>, Error> {
        let known = positions.iter().map(|position| self.hash(*position));
        known.collect::<Option<_>>().ok_or(Error::IndexesNotInTree)
    }
}

/// The positions of all that becomes known with these leaves.
#[must_use]
pub fn positions(leaves: Range<u64>) -> Range<u64> {
    tlog_tiles::stored_hash_count(leaves.start)..tlog_tiles::stored_hash_count(leaves.end)
}
