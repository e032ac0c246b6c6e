//! What the verifier reads of a whole log, thousands at a time, in its order.

use std::ops::Range;

use sqlx::PgConnection;

use super::{count, hashes_from, number};
use crate::ledger::model::{Hash, Log};

/// So many entries come as one value: a row for each would cost more than what is in it.
const RUN: i64 = 256;

/// The bytes of entries that follow one another, none where there is none.
pub async fn contents_in_a_row(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<Vec<Option<Vec<u8>>>, sqlx::Error> {
    let runs = sqlx::query!(
        r#"select run.contents as "contents!", run.indexes as "indexes!", run.lengths as "lengths!"
           from generate_series($2::bigint, $3::bigint - 1, $4::bigint) first cross join lateral (
               select string_agg(content, '') as contents, array_agg(leaf_index) as indexes,
                      array_agg(octet_length(content)) as lengths
               from (select leaf_index, coalesce(content, '') as content from ledger_leaf
                     where log = $1 and leaf_index >= first and leaf_index < least(first + $4, $3)
                     order by leaf_index) entry) run
           where run.indexes is not null order by first"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
        RUN,
    )
    .fetch_all(conn)
    .await?;
    let mut stored = runs
        .iter()
        .flat_map(|run| {
            let mut rest = run.contents.as_slice();
            run.indexes.iter().zip(&run.lengths).map(move |(index, length)| {
                let length = usize::try_from(*length).unwrap_or_default();
                let (content, behind) = rest.split_at_checked(length).unwrap_or_default();
                rest = behind;
                (*index, content)
            })
        })
        .peekable();
    let contents = wanted.map(|index| stored.next_if(|(stored, _)| *stored == number(index)));
    Ok(contents.map(|entry| entry.map(|(_, content)| content.to_vec())).collect())
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
