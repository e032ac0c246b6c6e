//! The questions that the ledger asks of the database. Whoever edits as its owner can take a `not null` away as well: what
//! is empty then, or no hash, is read as something that nothing else fits.

mod cosignatures;
mod in_a_row;
mod receipts;
pub mod server;

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

pub use cosignatures::{cosignatures, cosigned, insert_cosignature};
pub use in_a_row::{Contents, contents_in_a_row, hashes_in_a_row};
pub use receipts::{StoredReceipt, insert_receipts, receipts, receipts_of};

use super::model::{Hash, Log, Order};
use crate::text::Reason;

/// An entry as it is stored.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Where it stands.
    pub index: u64,
    /// What it is about; none: the log itself.
    pub subject: Option<Uuid>,
    /// Its exact bytes.
    pub content: Vec<u8>,
    /// Of the hash of what does not stand in it.
    pub salt: Vec<u8>,
}

/// A signed note as it is stored, with the size under which it is found.
#[derive(Debug, Clone)]
pub struct StoredCheckpoint {
    /// How many entries it is said to cover.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// Where an entry stands, and its receipt once it has one.
#[derive(Debug, Clone)]
pub struct Logged {
    /// What the entry is about.
    pub subject: Uuid,
    /// Where it stands.
    pub index: u64,
    /// Its hash in the tree.
    pub leaf_hash: Hash,
    /// The proof that it is in the log.
    pub receipt: Option<String>,
}

/// Waits until nobody else adds to the log or signs it. Gives the number of the next entry.
pub async fn lock(conn: &mut PgConnection, log: Log) -> Result<u64, sqlx::Error> {
    let next = sqlx::query_scalar!(r#"select lock_log($1) as "next!""#, log as _);
    count(next.fetch_one(conn).await?)
}

/// The same, where nobody is at it; says whether.
pub async fn try_lock(conn: &mut PgConnection, log: Log) -> Result<bool, sqlx::Error> {
    // The lock of `lock_log`.
    let taken = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(6962, hashtext($1)) as "is_ours!""#,
        log as _
    );
    taken.fetch_one(conn).await
}

/// Adds entries.
pub async fn insert_leaves(
    conn: &mut PgConnection,
    log: Log,
    leaves: Vec<Leaf>,
) -> Result<(), sqlx::Error> {
    let (mut indexes, mut subjects) = (Vec::new(), Vec::new());
    let (mut contents, mut salts) = (Vec::new(), Vec::new());
    for Leaf { index, subject, content, salt } in leaves {
        indexes.push(number(index));
        subjects.push(subject);
        contents.push(content);
        salts.push(salt);
    }
    sqlx::query!(
        "insert into ledger_leaf (log, leaf_index, subject, content, salt)
         select $1, leaf_index, subject, content, salt
         from unnest($2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[]) as new (leaf_index, subject, content, salt)",
        log as _,
        &indexes,
        subjects as _,
        &contents,
        &salts,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds hashes of complete subtrees.
pub async fn insert_hashes(
    conn: &mut PgConnection,
    log: Log,
    hashes: &[(u64, Hash)],
) -> Result<(), sqlx::Error> {
    let positions: Vec<_> = hashes.iter().map(|(position, _)| number(*position)).collect();
    let hashes: Vec<_> = hashes.iter().map(|(_, hash)| hash.0.to_vec()).collect();
    sqlx::query!(
        "insert into ledger_hash (log, position, hash) select $1, position, hash from unnest($2::bigint[], $3::bytea[]) as new (position, hash)",
        log as _,
        &positions,
        &hashes,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The hashes at these positions, as far as they are there.
pub async fn hashes(
    conn: &mut PgConnection,
    log: Log,
    positions: &[u64],
) -> Result<BTreeMap<u64, Hash>, sqlx::Error> {
    let wanted: Vec<_> = positions.iter().map(|position| number(*position)).collect();
    let rows = sqlx::query!(
        "select position, hash from ledger_hash where log = $1 and position = any ($2) and octet_length(hash) = 32",
        log as _,
        &wanted,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((count(row.position)?, hash(&row.hash)?))).collect()
}

/// The hashes at positions that follow one another, as far as they are there.
pub async fn hashes_from(
    conn: &mut PgConnection,
    log: Log,
    positions: Range<u64>,
) -> Result<BTreeMap<u64, Hash>, sqlx::Error> {
    let rows = sqlx::query!(
        "select position, hash from ledger_hash
         where log = $1 and position >= $2 and position < $3 and octet_length(hash) = 32",
        log as _,
        number(positions.start),
        number(positions.end),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((count(row.position)?, hash(&row.hash)?))).collect()
}

/// Entries that follow one another, in their order.
pub async fn leaves(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<Vec<Leaf>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select leaf_index, subject, coalesce(content, '') as "content!", coalesce(salt, '\x00') as "salt!" from ledger_leaf
           where log = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
    )
    .fetch_all(conn)
    .await?;
    let leaf =
        |(index, subject, content, salt)| Ok(Leaf { index: count(index)?, subject, content, salt });
    rows.into_iter().map(|row| leaf((row.leaf_index, row.subject, row.content, row.salt))).collect()
}

/// The checkpoint of the largest tree.
pub async fn last_checkpoint(
    conn: &mut PgConnection,
    log: Log,
) -> Result<Option<StoredCheckpoint>, sqlx::Error> {
    let row = sqlx::query!(
        "select tree_size, note from ledger_checkpoint where log = $1 order by tree_size desc limit 1",
        log as _,
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(StoredCheckpoint { size: count(row.tree_size)?, note: row.note })).transpose()
}

/// Checkpoints in the order of their sizes, from a size on.
pub async fn checkpoints(
    conn: &mut PgConnection,
    log: Log,
    from: u64,
) -> Result<Vec<StoredCheckpoint>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select tree_size, coalesce(note, '') as "note!" from ledger_checkpoint
           where log = $1 and tree_size >= $2 order by tree_size"#,
        log as _,
        number(from),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok(StoredCheckpoint { size: count(row.tree_size)?, note: row.note }))
        .collect()
}

/// Adds a checkpoint.
pub async fn insert_checkpoint(
    conn: &mut PgConnection,
    log: Log,
    checkpoint: &StoredCheckpoint,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_checkpoint (log, tree_size, note) values ($1, $2, $3)",
        log as _,
        number(checkpoint.size),
        checkpoint.note,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// All entries, in their order.
pub async fn all_leaves(conn: &mut PgConnection, log: Log) -> Result<Vec<Leaf>, sqlx::Error> {
    leaves(conn, log, 0..u64::MAX).await
}

/// Where the entries about these subjects stand, in the order of the log.
pub async fn logged(
    conn: &mut PgConnection,
    log: Log,
    subjects: &[Uuid],
) -> Result<Vec<Logged>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select subject as "subject!", leaf_index, content, receipt as "receipt?"
           from ledger_leaf left join ledger_receipt using (log, leaf_index)
           where log = $1 and subject = any ($2) order by leaf_index"#,
        log as _,
        subjects,
    )
    .fetch_all(conn)
    .await?;
    let logged = |(subject, index, content, receipt): (_, _, Vec<u8>, _)| {
        Ok(Logged {
            subject,
            index: count(index)?,
            leaf_hash: super::model::leaf_hash(&content),
            receipt,
        })
    };
    rows.into_iter()
        .map(|row| logged((row.subject, row.leaf_index, row.content, row.receipt)))
        .collect()
}

/// What was ordered of the log last.
pub async fn last_order(conn: &mut PgConnection, log: Log) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select kind as "kind: Order" from ledger_order where log = $1 order by number desc limit 1"#,
        log as _,
    )
    .fetch_optional(conn)
    .await
}

/// Notes an order.
pub async fn insert_order(
    conn: &mut PgConnection,
    log: Log,
    order: Order,
    reason: &Reason,
    ordered_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_order (log, number, kind, reason, ordered_at)
         select $1, coalesce(max(number), 0) + 1, $2, $3, $4 from ledger_order where log = $1",
        log as _,
        order as _,
        reason as _,
        ordered_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// How many entries the log has.
pub async fn size(conn: &mut PgConnection, log: Log) -> Result<u64, sqlx::Error> {
    let next = sqlx::query_scalar!(
        r#"select coalesce(max(leaf_index) + 1, 0) as "next!" from ledger_leaf where log = $1"#,
        log as _,
    );
    count(next.fetch_one(conn).await?)
}

/// A number as the database has it. What no log reaches is answered like what is not there.
fn number(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn count(number: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn hash(bytes: &[u8]) -> Result<Hash, sqlx::Error> {
    bytes
        .try_into()
        .map(Hash)
        .map_err(|error: std::array::TryFromSliceError| sqlx::Error::Decode(error.into()))
}
