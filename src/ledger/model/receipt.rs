//! Receipts: the proof that an entry is in the log, in a form that stands alone (C2SP `tlog-proof`).

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{Checkpoint, Hash, Unsound, Verifier, leaf_hash};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The entry, where it stands, the path to the root, and the signed root.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Where the entry stands.
    pub index: u64,
    /// The entry's exact bytes, from which its hash is made.
    pub leaf: Vec<u8>,
    /// From the sibling of the leaf up to the child of the root.
    pub path: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// A receipt that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// No receipt, or not in its exact form.
    #[error("this is not a receipt in its exact form")]
    Malformed,
    /// Its checkpoint is worth nothing.
    #[error(transparent)]
    Unsound(#[from] Unsound),
    /// The path does not lead from the entry to the signed root.
    #[error("the entry is not in the tree that was signed")]
    NotIncluded,
}

impl Receipt {
    /// Reads a receipt: exactly what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Result<Self, Unproven> {
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(Unproven::Malformed)?;
        let mut lines = proof.lines();
        let read = || {
            (lines.next()? == HEADER).then_some(())?;
            let leaf = BASE64_STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
            let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
            let path = lines.map(|line| Hash::parse_hash(line).ok()).collect::<Option<_>>()?;
            Some(Self { index, leaf, path, checkpoint: checkpoint.to_owned() })
        };
        let receipt = read().ok_or(Unproven::Malformed)?;
        // What can be written in two ways is written in one.
        if receipt.to_string() == text { Ok(receipt) } else { Err(Unproven::Malformed) }
    }

    /// Follows the path from the entry to the root that was signed.
    pub fn verify(&self, verifier: &Verifier) -> Result<Checkpoint, Unproven> {
        let checkpoint = verifier.open(&self.checkpoint)?;
        self.leads_to(&checkpoint)?;
        Ok(checkpoint)
    }

    /// Follows the path from the entry to a root whose signature was looked at before.
    pub fn leads_to(&self, checkpoint: &Checkpoint) -> Result<(), Unproven> {
        if self.index >= checkpoint.size {
            return Err(Unproven::NotIncluded);
        }
        let Checkpoint { size, root } = *checkpoint;
        tlog_tiles::check_record(&self.path, size, root, self.index, leaf_hash(&self.leaf))
            .map_err(|_| Unproven::NotIncluded)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{HEADER}\nextra {}\nindex {}",
            BASE64_STANDARD.encode(&self.leaf),
            self.index
        )?;
        for hash in &self.path {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
