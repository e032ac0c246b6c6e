//! What is found wrong with a log, entry by entry.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Checkpoint, Unproven, Unsound};

/// Something that is not as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LedgerFault)]
pub struct Fault {
    /// The entry concerned; of a checkpoint the last one that it covers. None where something belongs to no entry.
    pub entry: Option<u64>,
    /// What is wrong with it.
    pub what: String,
}

impl Fault {
    /// Something wrong with an entry.
    #[must_use]
    pub fn of(entry: u64, what: impl fmt::Display) -> Self {
        Self { entry: Some(entry), what: what.to_string() }
    }

    /// Something that belongs to no entry.
    #[must_use]
    pub fn besides(what: impl fmt::Display) -> Self {
        Self { entry: None, what: what.to_string() }
    }

    /// The entry was altered.
    #[must_use]
    pub fn altered(entry: u64) -> Self {
        Self::of(entry, "the entry is not what was hashed when it was stored")
    }

    /// The entry is not there.
    #[must_use]
    pub fn missing(entry: u64) -> Self {
        Self::of(entry, "the entry is missing")
    }

    /// The tree above the entry.
    #[must_use]
    pub fn tree(entry: u64) -> Self {
        Self::of(entry, "the tree above the entry does not follow from the entries")
    }

    /// A checkpoint that is not this log's, or says something else than the size under which it is stored.
    #[must_use]
    pub fn checkpoint(size: u64, why: Option<Unsound>) -> Self {
        let why =
            why.map_or_else(|| "it is stored under another size".to_owned(), |why| why.to_string());
        Self::of(size.saturating_sub(1), format!("the checkpoint of {size} entries: {why}"))
    }

    /// A checkpoint that is properly signed, of another tree.
    #[must_use]
    pub fn root(checkpoint: &Checkpoint) -> Self {
        let size = checkpoint.size;
        Self::of(
            size.saturating_sub(1),
            format!("the tree of {size} entries does not have the root that was signed"),
        )
    }

    /// A receipt.
    #[must_use]
    pub fn receipt(entry: u64, why: Option<Unproven>) -> Self {
        let why = why.map_or_else(
            || "it is another entry's or another checkpoint's".to_owned(),
            |why| why.to_string(),
        );
        Self::of(entry, format!("the receipt: {why}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "entry {entry}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Findings {
    /// How many entries.
    pub entries: u64,
    /// How many of them no checkpoint covers yet: the last ones, for a moment, or after a crash until the next start.
    pub unsigned: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
    /// How many receipts.
    pub receipts: u64,
    /// All that is wrong, in the order of the entries.
    pub faults: Vec<Fault>,
}

impl Findings {
    /// Puts what was found into the order of the entries.
    pub fn sort(&mut self) {
        self.faults.sort_by_key(|fault| fault.entry.unwrap_or(u64::MAX));
        self.faults.dedup();
    }

    /// The first entry with which something is wrong.
    #[must_use]
    pub fn first_bad(&self) -> Option<u64> {
        self.faults.iter().find_map(|fault| fault.entry)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, unsigned, checkpoints, receipts, faults } = self;
        writeln!(
            f,
            "{entries} entries, {checkpoints} checkpoints, {receipts} receipts; {unsigned} entries not signed yet"
        )?;
        if faults.is_empty() {
            return f.write_str("All is as it was signed.");
        }
        for fault in faults {
            writeln!(f, "{fault}")?;
        }
        match self.first_bad() {
            Some(entry) => write!(f, "The first bad entry is {entry}."),
            None => Ok(()),
        }
    }
}
