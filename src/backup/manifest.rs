//! What an archive says of itself, in its last part: an archive without it is not whole.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::secret;

/// The form of archives that this program writes, and the only one that it reads.
pub const FORM: u32 = 1;

/// What is in an archive, and what a database that was made of it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub form: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The moment of its snapshot: all that was acknowledged before is in it.
    pub taken_at: DateTime<Utc>,
    /// Of which installation it is.
    pub installation: String,
    /// The name of the key under which every other key was wrapped then.
    pub key: String,
    /// The last migration of the schema.
    pub schema: i64,
    /// The server's version.
    pub postgresql: String,
    /// The dump, all of its parts together.
    pub dump: Dump,
    /// How many rows each table has.
    pub rows: BTreeMap<String, i64>,
    /// How many entries the log of the record has.
    pub record_entries: u64,
    /// How many entries the log of the audit trail has.
    pub trail_entries: u64,
    /// The papers.
    pub papers: PapersHeld,
    /// The key files; none where the archive is open to whoever has it.
    pub keys: Vec<String>,
}

/// A dump in the custom form of `pg_dump`, cut into parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

/// Files of papers. Each is named by the SHA-256 of its bytes, so that no list of them is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PapersHeld {
    /// How many files.
    pub files: u64,
    /// How many bytes they are together.
    pub bytes: u64,
    /// Those of rows of the snapshot that were erased while it was copied.
    pub erased: Vec<String>,
    /// Those of rows that were not in the store, or not as they were written: they were lost before.
    pub lost: Vec<String>,
}

impl Manifest {
    /// The bytes of its part, and of the one beside it, which `sha256sum --check` reads.
    pub fn written(&self) -> serde_json::Result<(Vec<u8>, Vec<u8>)> {
        let text = serde_json::to_vec_pretty(self)?;
        let sum = format!("{}  manifest.json\n", secret::hex(&secret::sha256(&text)));
        Ok((text, sum.into_bytes()))
    }
}
