//! What a witness has seen: of each log the last checkpoint, in a file that is durable before anything is answered.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::config::Origin;
use crate::ledger::{Checkpoint, Hash};

/// Why it cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    /// The file.
    #[error("what was seen cannot be kept in {path}: {source}")]
    Io {
        /// Where.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another witness is at it.
    #[error("another witness keeps what it has seen in {0}")]
    Taken(String),
    /// It is something else. To begin anew would be to forget, so nobody does.
    #[error("line {line} of {path} does not say what was seen")]
    Malformed {
        /// Which file.
        path: String,
        /// Counted from 1.
        line: usize,
    },
}

/// A line for each log: its name, how many entries, the root.
pub struct State {
    path: PathBuf,
    seen: BTreeMap<String, Checkpoint>,
    /// Held for as long as this is.
    _only: File,
}

impl State {
    /// Reads what was seen before, and keeps everybody else from the file.
    pub fn open(path: &Path) -> Result<Self, Unkept> {
        let shown = path.display().to_string();
        let io = |source| Unkept::Io { path: shown.clone(), source };
        let only = File::create(path.with_extension("lock")).map_err(io)?;
        flock(&only, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Unkept::Taken(shown.clone()))?;
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(io(error)),
        };
        let read = |(at, line): (usize, &str)| {
            read(line).ok_or_else(|| Unkept::Malformed { path: shown.clone(), line: at + 1 })
        };
        let seen = text.lines().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), seen, _only: only })
    }

    /// What was cosigned last of a log; nothing is of an empty one.
    pub fn last(&self, log: &Origin) -> Checkpoint {
        self.seen.get(log.as_str()).copied().unwrap_or_else(Checkpoint::empty)
    }

    /// Remembers a checkpoint. It is durable when this returns.
    pub fn remember(&mut self, log: &Origin, checkpoint: Checkpoint) -> std::io::Result<()> {
        let before = self.seen.insert(log.to_string(), checkpoint);
        let kept = self.keep();
        if kept.is_err() {
            // What is not durable was not seen.
            match before {
                Some(before) => self.seen.insert(log.to_string(), before),
                None => self.seen.remove(log.as_str()),
            };
        }
        kept
    }

    fn keep(&self) -> std::io::Result<()> {
        let line = |(log, Checkpoint { size, root }): (&String, &Checkpoint)| {
            format!("{log} {size} {root}\n")
        };
        let text: String = self.seen.iter().map(line).collect();
        let draft = self.path.with_extension("new");
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &self.path)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }
}

fn read(line: &str) -> Option<(String, Checkpoint)> {
    let mut words = line.split(' ');
    let (log, size, root) = (words.next()?, words.next()?, words.next()?);
    let checkpoint = Checkpoint { size: size.parse().ok()?, root: Hash::parse_hash(root).ok()? };
    (words.next().is_none()).then(|| (log.to_owned(), checkpoint))
}
