//! What a log sends to a witness: the checkpoint, and that it grew out of what the witness saw last (C2SP `tlog-witness`).

use std::fmt;

use super::{Checkpoint, Hash};

/// A longer path no tree has.
const LONGEST_PROOF: usize = 63;

/// The body of `POST /add-checkpoint`.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// How many entries the last checkpoint has that the witness cosigned; 0: none.
    pub old: u64,
    /// The proof of consistency between that and this one; nothing where there was none, or where it is the same.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: String,
}

impl Submission {
    /// Reads a body: exactly what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = lines.next()?.strip_prefix("old ")?.parse().ok()?;
        let proof = lines.map(|line| Hash::parse_hash(line).ok()).collect::<Option<Vec<_>>>()?;
        let read = Self { old, proof, note: note.to_owned() };
        (read.proof.len() <= LONGEST_PROOF && read.to_string() == text).then_some(read)
    }

    /// Whether the proof leads from the one checkpoint to the other.
    #[must_use]
    pub fn leads(&self, from: &Checkpoint, to: &Checkpoint) -> bool {
        if from.size == 0 || from.size == to.size {
            return self.proof.is_empty();
        }
        tlog_tiles::check_tree(&self.proof, to.size, to.root, from.size, from.root).is_ok()
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.note)
    }
}
