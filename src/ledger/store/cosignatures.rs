//! What witnesses said of checkpoints.

use sqlx::PgConnection;

use super::{count, number};
use crate::config::Origin;
use crate::ledger::model::Log;

/// How many entries the last checkpoint has that a witness cosigned; 0: none.
pub async fn cosigned(
    conn: &mut PgConnection,
    log: Log,
    witness: &Origin,
) -> Result<u64, sqlx::Error> {
    let size = sqlx::query_scalar!(
        r#"select coalesce(max(tree_size), 0) as "size!" from ledger_cosignature where log = $1 and witness = $2"#,
        log as _,
        witness.as_str(),
    );
    count(size.fetch_one(conn).await?)
}

/// Keeps a cosignature with its checkpoint, unless another service has kept one.
pub async fn insert_cosignature(
    conn: &mut PgConnection,
    log: Log,
    size: u64,
    witness: &Origin,
    line: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_cosignature (log, tree_size, witness, line) values ($1, $2, $3, $4) on conflict do nothing",
        log as _,
        number(size),
        witness.as_str(),
        line,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The cosignatures of a checkpoint, one below the other.
pub async fn cosignatures(
    conn: &mut PgConnection,
    log: Log,
    size: u64,
) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(string_agg(line, '' order by witness), '') as "lines!" from ledger_cosignature
           where log = $1 and tree_size = $2"#,
        log as _,
        number(size),
    )
    .fetch_one(conn)
    .await
}
