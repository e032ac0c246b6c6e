//! What the verifier reads of a whole log, thousands at a time, in its order.

use std::ops::Range;

use sqlx::PgConnection;

use super::{count, hashes_from, number};
use crate::ledger::model::{Hash, Log};

/// The bytes of entries that follow one another, none where there is none.
pub async fn contents_in_a_row(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<Vec<Option<Vec<u8>>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select leaf_index, coalesce(content, '') as "content!" from ledger_leaf
           where log = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
    )
    .fetch_all(conn)
    .await?;
    let mut stored = rows.into_iter().peekable();
    let contents = wanted.map(|index| stored.next_if(|row| row.leaf_index == number(index)));
    Ok(contents.map(|row| row.map(|row| row.content)).collect())
}

/// Hashes at positions that follow one another, none where there is none. They are many and short, and come as one value where
/// they are complete.
pub async fn hashes_in_a_row(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<Vec<Option<Hash>>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select coalesce(string_agg(hash, ''), '') as "hashes!",
                  count(*) filter (where octet_length(hash) = 32) as "count!"
           from (select hash from ledger_hash
                 where log = $1 and position >= $2 and position < $3 order by position) subtree"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
    )
    .fetch_one(&mut *conn)
    .await?;
    let (hashes, rest) = row.hashes.as_chunks::<32>();
    if rest.is_empty() && count(row.count)? == wanted.end - wanted.start {
        return Ok(hashes.iter().map(|hash| Some(Hash(*hash))).collect());
    }
    let known = hashes_from(conn, log, wanted.clone()).await?;
    Ok(wanted.map(|position| known.get(&position).copied()).collect())
}
