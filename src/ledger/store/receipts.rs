//! Receipts as they are stored.

use std::collections::BTreeMap;
use std::ops::Range;

use sqlx::PgConnection;

use super::{count, number};
use crate::ledger::model::Log;

/// A receipt as it is stored.
#[derive(Debug, Clone)]
pub struct StoredReceipt {
    /// Of which entry.
    pub index: u64,
    /// By which checkpoint.
    pub size: u64,
    /// The receipt itself.
    pub receipt: String,
}

/// Adds receipts.
pub async fn insert_receipts(
    conn: &mut PgConnection,
    log: Log,
    receipts: &[StoredReceipt],
) -> Result<(), sqlx::Error> {
    let indexes: Vec<_> = receipts.iter().map(|receipt| number(receipt.index)).collect();
    let sizes: Vec<_> = receipts.iter().map(|receipt| number(receipt.size)).collect();
    let receipts: Vec<_> = receipts.iter().map(|receipt| receipt.receipt.clone()).collect();
    sqlx::query!(
        "insert into ledger_receipt (log, leaf_index, tree_size, receipt)
         select $1, leaf_index, tree_size, receipt
         from unnest($2::bigint[], $3::bigint[], $4::text[]) as new (leaf_index, tree_size, receipt)",
        log as _,
        &indexes,
        &sizes,
        &receipts,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The receipts of these entries, as far as they are there.
pub async fn receipts(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<BTreeMap<u64, StoredReceipt>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select leaf_index, coalesce(tree_size, 0) as "tree_size!", coalesce(receipt, '') as "receipt!" from ledger_receipt
           where log = $1 and leaf_index >= $2 and leaf_index < $3"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
    )
    .fetch_all(conn)
    .await?;
    let receipt = |(index, size, receipt)| {
        let index = count(index)?;
        Ok((index, StoredReceipt { index, size: count(size)?, receipt }))
    };
    rows.into_iter().map(|row| receipt((row.leaf_index, row.tree_size, row.receipt))).collect()
}

/// The receipts of these entries, as far as they have one.
pub async fn receipts_of(
    conn: &mut PgConnection,
    log: Log,
    indexes: &[u64],
) -> Result<BTreeMap<u64, String>, sqlx::Error> {
    let wanted: Vec<_> = indexes.iter().map(|index| number(*index)).collect();
    let rows = sqlx::query!(
        "select leaf_index, receipt from ledger_receipt where log = $1 and leaf_index = any ($2)",
        log as _,
        &wanted,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((count(row.leaf_index)?, row.receipt))).collect()
}
