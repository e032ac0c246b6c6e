//! A log as a file: every entry and every checkpoint, to be looked at without the service and without its database.
//!
//! A line for each, as JSON, in the order of the log: an entry with its hash, and behind the last entry that it covers a
//! checkpoint. It ends with a checkpoint. There is one way to write it, so that no byte can be altered.

use std::io::BufRead;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};

use crate::ledger::model::{Fault, Findings, Peaks, Verifier, leaf_hash};
use crate::secret::hex;

/// A line of a bundle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Line {
    /// An entry.
    Entry {
        /// Where it stands.
        index: u64,
        /// Its hash in the tree, hexadecimal.
        leaf_hash: String,
        /// Its exact bytes, in Base64.
        leaf: String,
    },
    /// A signed checkpoint.
    Checkpoint {
        /// How many entries it covers: those before it.
        size: u64,
        /// The signed note.
        checkpoint: String,
    },
}

impl Line {
    /// The line of an entry.
    #[must_use]
    pub fn entry(index: u64, leaf: &[u8]) -> Self {
        Self::Entry {
            index,
            leaf_hash: hex(&leaf_hash(leaf).0),
            leaf: BASE64_STANDARD.encode(leaf),
        }
    }

    /// The line as it is written, with its end.
    #[must_use]
    pub fn text(&self) -> String {
        // Texts and numbers can always be written.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// Looks at a bundle: every entry, the tree, every checkpoint.
pub fn bundle(bundle: impl BufRead, verifier: &Verifier) -> std::io::Result<Findings> {
    let mut findings = Findings::default();
    let (mut peaks, mut signed) = (Peaks::default(), 0);
    for line in bundle.split(b'\n') {
        let line = line?;
        let next = findings.entries;
        let read = std::str::from_utf8(&line).ok().and_then(|text| {
            let read = serde_json::from_str::<Line>(text).ok()?;
            (read.text().strip_suffix('\n') == Some(text)).then_some(read)
        });
        match read {
            None => {
                findings.faults.push(Fault::of(next, "the line is not in the form of a bundle"));
                break;
            }
            Some(Line::Entry { index, leaf, leaf_hash: told }) => {
                if index != next {
                    findings.faults.push(Fault::missing(next));
                    break;
                }
                let leaf = BASE64_STANDARD.decode(leaf).unwrap_or_default();
                let hash = leaf_hash(&leaf);
                if hex(&hash.0) != told {
                    findings.faults.push(Fault::altered(index));
                }
                peaks.push(0, hash, |_| {});
                findings.entries += 1;
            }
            Some(Line::Checkpoint { size, checkpoint }) => {
                findings.checkpoints += 1;
                signed = size;
                match verifier.open(&checkpoint) {
                    Err(why) => findings.faults.push(Fault::checkpoint(next, Some(why))),
                    Ok(opened) if opened.size != size || size != next => {
                        findings.faults.push(Fault::checkpoint(next, None));
                    }
                    Ok(opened) if opened.root != peaks.root() && findings.faults.is_empty() => {
                        findings.faults.push(Fault::root(&opened));
                    }
                    Ok(_) => {}
                }
            }
        }
    }
    if signed != findings.entries || signed == 0 {
        let what = "the bundle does not end with a checkpoint over all its entries";
        findings.faults.push(Fault::besides(what));
    }
    findings.sort();
    Ok(findings)
}
