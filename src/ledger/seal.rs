//! The signing of a log: over what is committed, after its end was hashed anew against what was signed last.

use serde_json::json;
use sqlx::PgConnection;

use super::Ledger;
use super::commands::{Error, before};
use super::model::{Checkpoint, Known, Log, Mismatch, Question, Receipt, Tail, positions};
use super::store::{self, Leaf, StoredCheckpoint, StoredReceipt};
use crate::access::Permit;
use crate::db::{Answer, Db, Event, Shut, Written};

impl Ledger {
    /// Signs a checkpoint over all that is committed, where there is something that no checkpoint covers, after the end of
    /// the log was hashed anew. Gives each entry that it covers first its receipt, where entries of the log have one.
    pub async fn seal(&self, db: &Db) -> Result<(), Error> {
        self.is_open()?;
        let sealed = match self.log() {
            Log::Treaty => self.sealed_and_told(db).await,
            // Of the trail's own sealing no event tells, or each would have to be sealed in turn.
            Log::Audit => db.seal(async |conn| self.sign_next(conn).await).await,
        };
        match sealed {
            Ok(StoredCheckpoint { size, note }) => {
                // The note itself: whoever keeps the log elsewhere has a witness of it.
                tracing::info!(log = %self.log(), size, note = ?note, "checkpoint");
                self.point("sealed");
                Ok(())
            }
            Err(Outcome::Nothing) => Ok(()),
            Err(Outcome::Failed(error)) => {
                if let Error::Mismatch(mismatch) = error {
                    tracing::error!(log = %self.log(), %mismatch, "the ledger is not what was signed; nothing more is signed");
                    self.hinder(mismatch.into());
                }
                Err(error)
            }
        }
    }

    async fn sealed_and_told(&self, db: &Db) -> Result<StoredCheckpoint, Outcome> {
        let sealed = db
            .reserved()
            .write(Permit::service("ledger"), async |tx| {
                let checkpoint = self.sign_next(tx).await?;
                let event = Event::at_large("ledger.checkpoint").with(
                    &json!({ "log": self.log(), "size": checkpoint.size, "note": checkpoint.note }),
                );
                Ok::<_, Outcome>((checkpoint, event))
            })
            .await?;
        match sealed {
            Written::Fresh(checkpoint) | Written::DryRun(checkpoint) => Ok(checkpoint),
            Written::Replayed(_) => Err(Outcome::Nothing),
        }
    }

    /// Stores the next checkpoint and the receipts that come with it, where not all is signed.
    async fn sign_next(&self, conn: &mut PgConnection) -> Result<StoredCheckpoint, Outcome> {
        let (checkpoint, receipts) = self.next(conn).await?.ok_or(Outcome::Nothing)?;
        store::insert_checkpoint(conn, self.log(), &checkpoint).await?;
        store::insert_receipts(conn, self.log(), &receipts).await?;
        self.point("signed");
        Ok(checkpoint)
    }

    /// The next checkpoint and the receipts that come with it; none where all is signed.
    async fn next(
        &self,
        conn: &mut PgConnection,
    ) -> Result<Option<(StoredCheckpoint, Vec<StoredReceipt>)>, Error> {
        let next = store::lock(conn, self.log()).await?;
        let last = store::last_checkpoint(conn, self.log()).await?;
        let key = self.key()?;
        let last = match &last {
            Some(stored) => key.verifier().open(&stored.note)?,
            None => Checkpoint::empty(),
        };
        if last.size == next {
            return Ok(None);
        }
        let tail = Tail::after(last);
        let known = before(conn, self, tail.start).await?;
        let leaves = store::leaves(conn, self.log(), tail.start..next).await?;
        let stored = store::hashes_from(conn, self.log(), positions(tail.start..next)).await?;
        let contents = leaves.iter().map(|leaf| leaf.content.as_slice());
        let (checkpoint, known) = tail.check(known, contents, &stored)?;
        let note = key.sign(&checkpoint)?;
        let has_receipts = self.log().has_receipts();
        let unsigned = leaves.into_iter().filter(|leaf| has_receipts && leaf.index >= last.size);
        let receipts = unsigned
            .map(|leaf| receipt(leaf, &checkpoint, &note, &known))
            .collect::<Result<_, _>>()?;
        Ok(Some((StoredCheckpoint { size: checkpoint.size, note }, receipts)))
    }
}

impl Answer for StoredCheckpoint {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.note)
    }
}

/// What came of signing.
#[derive(Debug, thiserror::Error)]
enum Outcome {
    #[error("all is signed")]
    Nothing,
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<sqlx::Error> for Outcome {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Shut> for Outcome {
    fn from(shut: Shut) -> Self {
        Self::Failed(shut.into())
    }
}

fn receipt(
    leaf: Leaf,
    checkpoint: &Checkpoint,
    note: &str,
    known: &Known,
) -> Result<StoredReceipt, Mismatch> {
    let (index, size) = (leaf.index, checkpoint.size);
    let path =
        Question::Inclusion { size, index }.answer(known).map_err(|_| Mismatch::Root(size))?;
    let receipt = Receipt { index, leaf: leaf.content, path, checkpoint: note.to_owned() };
    Ok(StoredReceipt { index, size, receipt: receipt.to_string() })
}
