//! A log as the database has it, hashed anew from the first byte to the last.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::PgConnection;

use crate::db::{Db, Scope};
use crate::ledger::model::{
    Checkpoint, Fault, Findings, Hash, Log, Peaks, Receipt, Verifier, leaf_hash, positions,
};
use crate::ledger::store::{self, Contents, StoredCheckpoint, StoredReceipt};

/// How many entries are read at a time: a complete subtree of this height.
const CHUNK_HEIGHT: u8 = 13;
const CHUNK: u64 = 1 << CHUNK_HEIGHT;

/// What is compared beside the entries and their tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipts {
    /// Every entry that is signed has a receipt.
    Given,
    /// The entries of this log have none.
    None,
}

/// Checkpoints that are properly signed, by their size, with the notes.
type Signed = BTreeMap<u64, (Checkpoint, String)>;

/// Hashes every entry, and compares the tree, each checkpoint, and each receipt: several parts at once where there are several,
/// all as of one moment, whatever is added meanwhile.
pub async fn tree(
    db: &Db,
    log: Log,
    verifier: &Verifier,
    receipts: Receipts,
) -> Result<Findings, sqlx::Error> {
    let moment = &db.moment().await?;
    let mut tx = db.read_at(moment, &Scope::public()).await?;
    let mut walk = Walk::begin(&mut tx, log, verifier).await?;
    drop(tx);
    let signed = walk.signed.clone();
    let ahead = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1;
    let mut chunks = stream::iter(walk.chunks())
        .map(|range| {
            let signed = signed.clone();
            async move {
                let mut tx = db.read_at(moment, &Scope::public()).await?;
                let chunk = Chunk::read(&mut tx, log, range, receipts).await?;
                drop(tx);
                let hashed = tokio::task::spawn_blocking(move || hash(chunk, &signed)).await;
                hashed.map_err(|_| sqlx::Error::WorkerCrashed)
            }
        })
        .buffered(ahead);
    while let Some(chunk) = chunks.try_next().await? {
        walk.join(chunk);
    }
    drop(chunks);
    Ok(walk.end())
}

/// The same by one connection, as its transaction sees the log.
pub async fn tree_on(
    conn: &mut PgConnection,
    log: Log,
    verifier: &Verifier,
    receipts: Receipts,
) -> Result<Findings, sqlx::Error> {
    let mut walk = Walk::begin(conn, log, verifier).await?;
    for range in walk.chunks() {
        let chunk = Chunk::read(conn, log, range, receipts).await?;
        let hashed = hash(chunk, &walk.signed);
        walk.join(hashed);
    }
    Ok(walk.end())
}

/// The way through a log, from left to right.
struct Walk {
    end: u64,
    signed: Arc<Signed>,
    peaks: Peaks,
    findings: Findings,
}

impl Walk {
    async fn begin(
        conn: &mut PgConnection,
        log: Log,
        verifier: &Verifier,
    ) -> Result<Self, sqlx::Error> {
        let size = store::size(conn, log).await?;
        let stored = store::checkpoints(conn, log, 0).await?;
        let mut findings = Findings::default();
        let signed = open(stored, verifier, &mut findings);
        let end = size.max(last(&signed));
        Ok(Self { end, signed: Arc::new(signed), peaks: Peaks::default(), findings })
    }

    fn chunks(&self) -> impl Iterator<Item = Range<u64>> + use<> {
        let end = self.end;
        (0..end.div_ceil(CHUNK)).map(move |n| n * CHUNK..end.min((n + 1) * CHUNK))
    }

    fn end(mut self) -> Findings {
        self.findings.unsigned = self.findings.entries.saturating_sub(last(&self.signed));
        self.findings.sort();
        self.findings
    }
}

/// How many entries are signed.
fn last(signed: &Signed) -> u64 {
    signed.last_key_value().map_or(0, |(size, _)| *size)
}

fn open(stored: Vec<StoredCheckpoint>, verifier: &Verifier, findings: &mut Findings) -> Signed {
    let mut signed = Signed::new();
    for StoredCheckpoint { size, note } in stored {
        findings.checkpoints += 1;
        match verifier.open(&note) {
            Ok(checkpoint) if checkpoint.size == size => {
                signed.insert(size, (checkpoint, note));
            }
            Ok(_) => findings.faults.push(Fault::checkpoint(size, None)),
            Err(why) => findings.faults.push(Fault::checkpoint(size, Some(why))),
        }
    }
    signed
}

/// A part of the log as it is stored.
struct Chunk {
    range: Range<u64>,
    contents: Contents,
    hashes: Vec<Option<Hash>>,
    receipts: Option<BTreeMap<u64, StoredReceipt>>,
}

/// What became of it by itself.
struct Hashed {
    leaves: u64,
    receipts: u64,
    peaks: Peaks,
    /// What is stored of the tree above the chunk, to be compared with what the tree before it makes of that.
    above: Vec<Option<Hash>>,
    /// The subtrees of the chunk at each checkpoint within it.
    at_checkpoints: Vec<(Checkpoint, Peaks)>,
    faults: Vec<Fault>,
    last: u64,
}

impl Chunk {
    async fn read(
        conn: &mut PgConnection,
        log: Log,
        range: Range<u64>,
        receipts: Receipts,
    ) -> Result<Self, sqlx::Error> {
        let contents = store::contents_in_a_row(conn, log, range.clone()).await?;
        let hashes = store::hashes_in_a_row(conn, log, positions(range.clone())).await?;
        let receipts = match receipts {
            Receipts::Given => Some(store::receipts(conn, log, range.clone()).await?),
            Receipts::None => None,
        };
        Ok(Self { range, contents, hashes, receipts })
    }
}

fn hash(chunk: Chunk, signed: &Signed) -> Hashed {
    let (mut peaks, mut at_checkpoints, mut faults) = (Peaks::default(), Vec::new(), Vec::new());
    let mut stored = chunk.hashes.into_iter();
    let (covered, mut seen) = (last(signed), 0);
    let last = chunk.range.end.saturating_sub(1);
    let mut entries = chunk.contents.entries().peekable();
    for index in chunk.range.clone() {
        let Some((_, leaf)) = entries.next_if(|(stored, _)| *stored == index) else {
            faults.push(Fault::missing(index));
            // The tree goes on with what is stored of the entry, so that what stands behind it can still be told.
            let stand_in = stored.next().flatten().unwrap_or(Hash([0; 32]));
            peaks.push(0, stand_in, |_| {});
            let above = positions(index..index + 1).skip(1).count();
            stored.by_ref().take(above).for_each(drop);
            continue;
        };
        seen += 1;
        let mut is_leaf = true;
        peaks.push(0, leaf_hash(leaf), |hash| {
            let is_same = stored.next().flatten() == Some(hash);
            let is_of_leaf = std::mem::take(&mut is_leaf);
            if !is_same && is_of_leaf {
                faults.push(Fault::altered(index));
            } else if !is_same && faults.is_empty() {
                // What follows from a fault that was told is not told again.
                faults.push(Fault::tree(index));
            }
        });
        if let Some((checkpoint, _)) = signed.get(&(index + 1)) {
            at_checkpoints.push((*checkpoint, peaks.clone()));
        }
        // What no checkpoint covers has no receipt; where it has one, a checkpoint is missing.
        let receipt = chunk.receipts.as_ref().map(|receipts| receipts.get(&index));
        if let Some(receipt) = receipt.filter(|receipt| receipt.is_some() || index < covered) {
            faults.extend(look(index, leaf, receipt, signed).err());
        }
    }
    let receipts = chunk.receipts.map_or(0, |receipts| receipts.len());
    Hashed {
        leaves: seen,
        receipts: u64::try_from(receipts).unwrap_or(u64::MAX),
        peaks,
        above: stored.collect(),
        at_checkpoints,
        faults,
        last,
    }
}

/// Whether a receipt proves its entry, by a checkpoint that is stored.
fn look(
    index: u64,
    leaf: &[u8],
    stored: Option<&StoredReceipt>,
    signed: &Signed,
) -> Result<(), Fault> {
    let stored = stored.ok_or_else(|| Fault::of(index, "the receipt is missing"))?;
    let receipt =
        Receipt::parse(&stored.receipt).map_err(|why| Fault::receipt(index, Some(why)))?;
    let (checkpoint, note) = signed.get(&stored.size).ok_or_else(|| Fault::receipt(index, None))?;
    if receipt.index != index || receipt.leaf != leaf || receipt.checkpoint != *note {
        return Err(Fault::receipt(index, None));
    }
    receipt.leads_to(checkpoint).map_err(|why| Fault::receipt(index, Some(why)))
}

impl Walk {
    /// Puts a chunk behind the tree before it.
    fn join(&mut self, chunk: Hashed) {
        let Self { peaks, findings, .. } = self;
        findings.entries += chunk.leaves;
        findings.receipts += chunk.receipts;
        findings.faults.extend(chunk.faults);
        let is_told = !findings.faults.is_empty();
        for (checkpoint, within) in chunk.at_checkpoints {
            if peaks.root_with(&within) != checkpoint.root && !is_told {
                findings.faults.push(Fault::root(&checkpoint));
            }
        }
        let mut above = chunk.above.into_iter();
        match chunk.peaks.whole() {
            Some((CHUNK_HEIGHT, root)) => {
                let mut is_chunk = true;
                peaks.push(CHUNK_HEIGHT, root, |hash| {
                    let is_above = !std::mem::take(&mut is_chunk);
                    if is_above && above.next().flatten() != Some(hash) && !is_told {
                        findings.faults.push(Fault::tree(chunk.last));
                    }
                });
            }
            // Only the last one is not whole.
            _ => *peaks = chunk.peaks,
        }
    }
}
