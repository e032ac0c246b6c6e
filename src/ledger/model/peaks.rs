//! A tree that grows at its right edge, by the few hashes that it takes to go on.

use super::tree::{Hash, node_hash};

/// The complete subtrees that a tree consists of, from left to right, each half as high as the one before or less.
#[derive(Debug, Clone, Default)]
pub struct Peaks(Vec<(u8, Hash)>);

impl Peaks {
    /// Adds a complete subtree of this height, as high as the last one at most, and hands each hash that becomes known to
    /// `seen`, itself included, in the order of positions.
    pub fn push(&mut self, height: u8, subtree: Hash, mut seen: impl FnMut(Hash)) {
        let (mut height, mut hash) = (height, subtree);
        seen(hash);
        while let Some((_, left)) = self.0.pop_if(|(peak, _)| *peak == height) {
            hash = node_hash(left, hash);
            height += 1;
            seen(hash);
        }
        self.0.push((height, hash));
    }

    /// The root of the tree with more behind it.
    #[must_use]
    pub fn root_with(&self, behind: &Self) -> Hash {
        let peaks = self.0.iter().chain(&behind.0).rev();
        let root = peaks.map(|(_, hash)| *hash).reduce(|right, left| node_hash(left, right));
        root.unwrap_or_else(|| Hash(crate::secret::sha256([])))
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root_with(&Self::default())
    }

    /// The one subtree that it is, where it is complete.
    #[must_use]
    pub fn whole(&self) -> Option<(u8, Hash)> {
        match self.0.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}
