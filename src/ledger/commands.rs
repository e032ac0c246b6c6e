//! How a log grows: an entry in the transaction of what it is about; then, over what is durable, a checkpoint.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Ledger;
use super::cosigning::Asked;
use super::model::{
    Hash, Hindrance, Known, Log, Mismatch, Order, Question, Unsound, leaf_hash, positions,
};
use super::store::{self, Leaf};
use crate::db::{Db, Scope, Shut};

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
    /// The checkpoint is signed, and the required witness has not cosigned it.
    #[error("the required witness has not cosigned the last checkpoint: {0}")]
    Uncosigned(String),
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

/// What is added to a log.
#[derive(Debug)]
pub struct Entry {
    /// What it is about, by which its writer finds it; none: the log itself.
    pub subject: Option<Uuid>,
    /// The exact bytes that are hashed.
    pub content: Vec<u8>,
    /// Of the hash of what does not stand in it.
    pub salt: Vec<u8>,
}

fn listed(hindrances: &[Hindrance]) -> String {
    hindrances.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// How far a log goes.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// How many entries it has.
    pub entries: u64,
    /// How many of them, from the first, the last checkpoint covers.
    pub signed: u64,
}

impl Ledger {
    /// Adds an entry in the transaction of what it is about. Whoever adds waits for all others, to the end of theirs.
    pub async fn append(&self, conn: &mut PgConnection, entry: Entry) -> Result<u64, Error> {
        self.append_all(conn, vec![entry]).await
    }

    /// Adds entries, in this order. Gives the number of the first.
    pub async fn append_all(
        &self,
        conn: &mut PgConnection,
        entries: Vec<Entry>,
    ) -> Result<u64, Error> {
        self.is_open()?;
        let first = store::lock(conn, self.log()).await?;
        if Order::freezes(store::last_order(conn, self.log()).await?) {
            return Err(Error::Hindered(vec![Hindrance::Frozen]));
        }
        let leaf =
            |(index, Entry { subject, content, salt })| Leaf { index, subject, content, salt };
        let leaves: Vec<_> = (first..).zip(entries).map(leaf).collect();
        let (mut known, mut hashes) = (before(conn, self, first).await?, Vec::new());
        for leaf in &leaves {
            let new = known.push(leaf.index, leaf_hash(&leaf.content));
            hashes.extend(new.map_err(|_| Mismatch::Tree(positions(0..leaf.index).end))?);
        }
        store::insert_leaves(conn, self.log(), leaves).await?;
        store::insert_hashes(conn, self.log(), &hashes).await?;
        self.point("entered");
        Ok(first)
    }

    /// Takes the log for this transaction, where nobody else has it.
    pub async fn claim(&self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        store::try_lock(conn, self.log()).await
    }

    /// Whether it has entries that no checkpoint covers.
    pub async fn owes(&self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let Extent { entries, signed } = self.extent(conn).await?;
        Ok(entries > signed)
    }

    /// How far the log goes.
    pub async fn extent(&self, conn: &mut PgConnection) -> Result<Extent, sqlx::Error> {
        let last = store::last_checkpoint(conn, self.log()).await?;
        let entries = store::size(conn, self.log()).await?;
        Ok(Extent { entries, signed: last.map_or(0, |last| last.size) })
    }

    /// Signs all that is committed, and shows the checkpoint to whom it is to be shown.
    pub async fn catch_up(&self, db: &Db) -> Result<(), Error> {
        self.confirm(db).await?;
        self.seal(db).await?;
        self.confirm(db).await?;
        self.witness(db).await?;
        self.cosign(db, Asked::WhenDue).await
    }

    /// Sees to it that the log is signed beyond this entry, which is committed. Whoever finds it signed has nothing to do but
    /// to wait for the standby and the witness.
    pub async fn settle(&self, db: &Db, index: u64) -> Result<(), Error> {
        self.point("committed");
        self.confirm(db).await?;
        self.point("confirmed");
        let mut tx = db.read(&Scope::public()).await?;
        let last = store::last_checkpoint(&mut tx, self.log()).await?;
        tx.commit().await?;
        if last.as_ref().is_none_or(|last| last.size <= index) {
            self.seal(db).await?;
            self.confirm(db).await?;
        }
        self.witness(db).await?;
        self.cosign(db, Asked::WhenDue).await?;
        self.point("witnessed");
        Ok(())
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

/// The subtrees before an entry.
pub(super) async fn before(
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
