//! The witness file: every checkpoint, outside the database, on another disk. What was signed once can be held against
//! whatever the database says later.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::model::{Checkpoint, Verifier};

/// A file of signed notes, divided by a line of `~`.
#[derive(Clone)]
pub struct Witness {
    path: PathBuf,
    /// How many entries the last checkpoint in it covers; unknown until it was read.
    seen: Arc<Mutex<u64>>,
}

/// What a signed note cannot contain at the beginning of a line.
const DIVIDER: &str = "~\n";

/// Why it is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Blind {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What stands in it was not signed by the log's key.
    #[error("checkpoint {0} in it is not one of this log")]
    NotOurs(usize),
}

impl Witness {
    /// The file at a path, whether it is there yet or not.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: Arc::default() }
    }

    /// All that it has seen, each with its signed note. All that it holds must be this log's.
    pub fn read(&self, verifier: &Verifier) -> Result<Vec<(Checkpoint, String)>, Blind> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.into()),
        };
        // What a crash cut off has no divider behind it, and was never relied on.
        let open = |(at, note): (usize, &str)| {
            let checkpoint = verifier.open(note).map_err(|_| Blind::NotOurs(at + 1))?;
            Ok((checkpoint, note.to_owned()))
        };
        let seen = whole(&text).enumerate().map(open).collect::<Result<Vec<_>, Blind>>()?;
        *self.seen() = seen.iter().map(|(checkpoint, _)| checkpoint.size).max().unwrap_or(0);
        Ok(seen)
    }

    /// The size of the smallest tree that it has not seen.
    #[must_use]
    pub fn next(&self) -> u64 {
        *self.seen() + 1
    }

    /// Appends checkpoints that it has not seen; they are durable when this returns.
    pub fn append(&self, notes: &[(u64, String)]) -> std::io::Result<()> {
        let mut seen = self.seen();
        let new: Vec<_> = notes.iter().filter(|(size, _)| *size > *seen).collect();
        let Some((size, _)) = new.last() else { return Ok(()) };
        let text: String = new.iter().flat_map(|(_, note)| [note.as_str(), DIVIDER]).collect();
        let mut file = self.open()?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        *seen = *size;
        Ok(())
    }

    fn open(&self) -> std::io::Result<File> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        let text = std::fs::read_to_string(&self.path)?;
        // What a crash cut off is closed, so that it spoils nothing behind it.
        if !text.is_empty() && !text.ends_with(DIVIDER) {
            let kept = whole(&text).map(|note| note.len() + DIVIDER.len()).sum::<usize>();
            file.set_len(u64::try_from(kept).unwrap_or(u64::MAX))?;
            file.flush()?;
        }
        Ok(file)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, u64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The notes that were written to their end.
fn whole(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(DIVIDER).filter_map(|note| note.strip_suffix(DIVIDER))
}
