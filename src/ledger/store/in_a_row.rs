//! What the verifier reads of a whole log, thousands at a time, in its order.

use std::ops::Range;

use sqlx::PgConnection;

use super::{count, hashes_from, number};
use crate::ledger::model::{Hash, Log};

/// So many entries come as one value: a row for each would cost more than what is in it.
const RUN: i64 = 256;

/// How many bytes say of an entry where it stands and how long it is.
const HEAD: usize = 12;

/// Entries that follow one another, as they came: to take each out of its run would cost more than to hash it.
#[derive(Debug)]
pub struct Contents(Vec<Run>);

#[derive(Debug)]
struct Run {
    heads: Vec<u8>,
    contents: Vec<u8>,
}

impl Contents {
    /// The entries that there are, each with its number, in their order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.0.iter().flat_map(|run| {
            let mut rest = run.contents.as_slice();
            run.heads.as_chunks::<HEAD>().0.iter().map(move |head| {
                let index = head.first_chunk().copied().map(u64::from_be_bytes);
                let length = head.last_chunk().copied().map(u32::from_be_bytes);
                let length = length.and_then(|length| usize::try_from(length).ok());
                let (index, length) = index.zip(length).unwrap_or_default();
                let (content, behind) = rest.split_at_checked(length).unwrap_or_default();
                rest = behind;
                (index, content)
            })
        })
    }
}

/// The bytes of the entries of a part of the log.
pub async fn contents_in_a_row(
    conn: &mut PgConnection,
    log: Log,
    wanted: Range<u64>,
) -> Result<Contents, sqlx::Error> {
    let runs = sqlx::query_as!(
        Run,
        r#"select run.heads as "heads!", run.contents as "contents!"
           from generate_series($2::bigint, $3::bigint - 1, $4::bigint) first cross join lateral (
               select string_agg(content, '') as contents,
                      string_agg(int8send(leaf_index) || int4send(octet_length(content)), '') as heads
               from (select leaf_index, coalesce(content, '') as content from ledger_leaf
                     where log = $1 and leaf_index >= first and leaf_index < least(first + $4, $3)
                     order by leaf_index) entry) run
           where run.heads is not null order by first"#,
        log as _,
        number(wanted.start),
        number(wanted.end),
        RUN,
    )
    .fetch_all(conn)
    .await?;
    Ok(Contents(runs))
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
