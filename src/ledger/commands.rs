//! How a log grows: an entry in the transaction of what it is about; then, over what is durable, a checkpoint.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Ledger;
use super::model::{
    Checkpoint, Hash, Hindrance, Known, Log, Mismatch, Order, Question, Receipt, Tail, Unsound,
    leaf_hash, positions,
};
use super::store::{self, Leaf, StoredCheckpoint, StoredReceipt};
use crate::access::Permit;
use crate::db::{Answer, Db, Event, Scope, Shut, Tx, Written};

/// Why nothing was added or signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something keeps the log from growing.
    #[error("nothing is added to the ledger: {}", listed(.0))]
    Hindered(Vec<Hindrance>),
    /// What is stored is not what was signed.
    #[error("the ledger is not what was signed: {0}")]
    Mismatch(#[from] Mismatch),
    /// The standby did not confirm: whether the entry is there, a retry will tell.
    #[error("the standby has not confirmed in time")]
    Unconfirmed,
    /// What was ordered of the log does not go together.
    #[error("the log cannot be {order} now{}", last.map(|last| format!(": it is {last}")).unwrap_or_default())]
    OutOfOrder {
        /// What was ordered before.
        last: Option<Order>,
        /// What is ordered.
        order: Order,
    },
    /// The checkpoint is signed and not witnessed.
    #[error("the witness file cannot be written: {0}")]
    Unwitnessed(#[source] std::io::Error),
    /// A hash that the tree needs is not there, or the key signs nothing.
    #[error("the ledger cannot be read")]
    Unsound(#[from] Unsound),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

fn listed(hindrances: &[Hindrance]) -> String {
    hindrances.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Ledger {
    /// Adds an entry in the transaction of what it is about. Whoever adds waits for all others, to the end of theirs.
    pub async fn append(
        &self,
        conn: &mut PgConnection,
        subject: Option<Uuid>,
        content: Vec<u8>,
        salt: &[u8],
    ) -> Result<u64, Error> {
        self.is_open()?;
        let index = store::lock(conn, self.log()).await?;
        if Order::freezes(store::last_order(conn, self.log()).await?) {
            return Err(Error::Hindered(vec![Hindrance::Frozen]));
        }
        let leaf = Leaf { index, subject, content, salt: salt.to_vec() };
        let mut known = before(conn, self, index).await?;
        let new = known.push(index, leaf_hash(&leaf.content));
        let new = new.map_err(|_| Mismatch::Tree(positions(0..index).end))?;
        store::insert_leaf(conn, self.log(), &leaf).await?;
        store::insert_hashes(conn, self.log(), &new).await?;
        super::kill::point("entered");
        Ok(index)
    }

    /// Sees to it that the log is signed beyond this entry, which is committed. Whoever finds it signed has nothing to do but
    /// to wait for the standby and the witness.
    pub async fn settle(&self, db: &Db, index: u64) -> Result<(), Error> {
        super::kill::point("committed");
        self.confirm(db).await?;
        super::kill::point("confirmed");
        let mut tx = db.read(&Scope::public()).await?;
        let last = store::last_checkpoint(&mut tx, self.log()).await?;
        tx.commit().await?;
        if last.as_ref().is_none_or(|last| last.size <= index) {
            self.seal(db).await?;
            self.confirm(db).await?;
        }
        self.witness(db).await?;
        super::kill::point("witnessed");
        Ok(())
    }

    /// Signs a checkpoint over all that is committed, where there is something that no checkpoint covers, after the end of
    /// the log was hashed anew. Gives each entry that it covers first its receipt.
    pub async fn seal(&self, db: &Db) -> Result<(), Error> {
        self.is_open()?;
        let sealed = db
            .reserved()
            .write(Permit::service("ledger"), async |tx| {
                let (checkpoint, receipts) = self.next(tx).await?.ok_or(Outcome::Nothing)?;
                store::insert_checkpoint(tx, self.log(), &checkpoint).await?;
                store::insert_receipts(tx, self.log(), &receipts).await?;
                let event = Event::at_large("ledger.checkpoint").with(
                    &json!({ "log": self.log(), "size": checkpoint.size, "note": checkpoint.note }),
                );
                super::kill::point("signed");
                Ok::<_, Outcome>((checkpoint, event))
            })
            .await;
        match sealed {
            Ok(Written::Fresh(StoredCheckpoint { size, note })) => {
                // The note itself: whoever keeps the log elsewhere has a witness of it.
                tracing::info!(log = %self.log(), size, note = ?note, "checkpoint");
                super::kill::point("sealed");
                Ok(())
            }
            Ok(Written::DryRun(_) | Written::Replayed(_)) | Err(Outcome::Nothing) => Ok(()),
            Err(Outcome::Failed(error)) => {
                if let Error::Mismatch(mismatch) = error {
                    tracing::error!(%mismatch, "the ledger is not what was signed; nothing more is signed");
                    self.hinder(mismatch.into());
                }
                Err(error)
            }
        }
    }

    /// The next checkpoint and the receipts that come with it; none where all is signed.
    async fn next(
        &self,
        tx: &mut Tx<'_>,
    ) -> Result<Option<(StoredCheckpoint, Vec<StoredReceipt>)>, Error> {
        let next = store::lock(tx, self.log()).await?;
        let last = store::last_checkpoint(tx, self.log()).await?;
        let key = self.key()?;
        let last = match &last {
            Some(stored) => key.verifier().open(&stored.note)?,
            None => Checkpoint::empty(),
        };
        if last.size == next {
            return Ok(None);
        }
        let tail = Tail::after(last);
        let known = before(tx, self, tail.start).await?;
        let leaves = store::leaves(tx, self.log(), tail.start..next).await?;
        let stored = store::hashes_from(tx, self.log(), positions(tail.start..next)).await?;
        let contents = leaves.iter().map(|leaf| leaf.content.as_slice());
        let (checkpoint, known) = tail.check(known, contents, &stored)?;
        let note = key.sign(&checkpoint)?;
        let unsigned = leaves.into_iter().filter(|leaf| leaf.index >= last.size);
        let receipts = unsigned
            .map(|leaf| receipt(leaf, &checkpoint, &note, &known))
            .collect::<Result<_, _>>()?;
        Ok(Some((StoredCheckpoint { size: checkpoint.size, note }, receipts)))
    }

    /// Shows the witness all checkpoints that it has not seen.
    pub(super) async fn witness(&self, db: &Db) -> Result<(), Error> {
        let Some(witness) = &self.0.witness else { return Ok(()) };
        let mut tx = db.read(&Scope::public()).await?;
        let notes = store::checkpoints(&mut tx, self.log(), witness.next()).await?;
        let notes: Vec<_> = notes.into_iter().map(|stored| (stored.size, stored.note)).collect();
        let witness = witness.clone();
        let written = tokio::task::spawn_blocking(move || witness.append(&notes)).await;
        written.map_err(|error| Error::Unwitnessed(error.into()))?.map_err(Error::Unwitnessed)
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

/// The subtrees before an entry.
async fn before(
    conn: &mut PgConnection,
    ledger: &Ledger,
    index: u64,
) -> Result<Known, sqlx::Error> {
    let wanted = Question::Root { size: index }.positions();
    Ok(store::hashes(conn, ledger.log(), &wanted).await?.into_iter().collect())
}

/// What is asked of a tree, answered by what is stored of it: as few hashes as it takes.
pub async fn ask(
    conn: &mut PgConnection,
    log: Log,
    question: Question,
) -> Result<Vec<Hash>, Error> {
    let wanted = question.positions();
    let known = store::hashes(conn, log, &wanted).await?;
    let missing = wanted.into_iter().find(|position| !known.contains_key(position));
    let answer = question.answer(&known.into_iter().collect());
    answer.map_err(|_| Mismatch::Tree(missing.unwrap_or_default()).into())
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
