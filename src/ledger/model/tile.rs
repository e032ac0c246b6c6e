//! Tiles: the tree and its entries cut into pieces that never change (C2SP `tlog-tiles`).

use std::ops::Range;

use tlog_tiles::stored_hash_index;

/// How many hashes a full tile has.
pub const WIDTH: u64 = 256;

/// How many levels of the tree a tile spans.
const HEIGHT: u8 = 8;

/// A tile of hashes, or of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// The level, in tiles; none for entries.
    pub level: Option<u8>,
    /// Which one of its level.
    pub index: u64,
    /// How many hashes or entries it has: 256, or less at the right edge of the tree.
    pub width: u64,
}

impl Tile {
    /// Reads the path of a tile behind `tile/`: `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = match level {
            "entries" => None,
            level => Some(plain(level).and_then(|n| u8::try_from(n).ok()).filter(|n| *n < 64)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, WIDTH),
            Some((index, width)) => (index, plain(width).filter(|w| (1..WIDTH).contains(w))?),
        };
        let tile = Self { level, index: read_index(index)?, width };
        // Zeros in front of the first part would be a second way to write it.
        (tile.path() == path).then_some(tile)
    }

    /// The path behind `tile/`.
    #[must_use]
    pub fn path(&self) -> String {
        let level = self.level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let mut index = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            index = format!("x{:03}/{index}", rest % 1000);
            rest /= 1000;
        }
        let partial = if self.width < WIDTH { format!(".p/{}", self.width) } else { String::new() };
        format!("{level}/{index}{partial}")
    }

    /// Which nodes of its level it holds. None where it lies beyond every tree.
    fn nodes(&self) -> Option<Range<u64>> {
        let first = self.index.checked_mul(WIDTH)?;
        Some(first..first.checked_add(self.width)?)
    }

    /// Whether a tree of this size has all of it.
    #[must_use]
    pub fn is_within(&self, size: u64) -> bool {
        let shift = u32::from(self.level.unwrap_or(0)) * u32::from(HEIGHT);
        let complete = size.checked_shr(shift).unwrap_or(0);
        self.nodes().is_some_and(|nodes| nodes.end <= complete)
    }

    /// The leaves that an entries' tile holds.
    #[must_use]
    pub fn leaves(&self) -> Range<u64> {
        self.nodes().unwrap_or(0..0)
    }

    /// The positions of its hashes. It must be within a tree.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        let level = self.level.unwrap_or(0).saturating_mul(HEIGHT);
        self.leaves().map(|node| stored_hash_index(level, node)).collect()
    }
}

/// Entries as a bundle: each behind its length in two bytes, big-endian. None where one is too long.
#[must_use]
pub fn bundle<'l>(leaves: impl IntoIterator<Item = &'l [u8]>) -> Option<Vec<u8>> {
    let mut bundle = Vec::new();
    for leaf in leaves {
        bundle.extend(u16::try_from(leaf.len()).ok()?.to_be_bytes());
        bundle.extend_from_slice(leaf);
    }
    Some(bundle)
}

/// A decimal number without a sign and without zeros in front.
fn plain(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn read_index(text: &str) -> Option<u64> {
    let mut index = 0_u64;
    let mut parts = text.split('/').peekable();
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(index)
}
