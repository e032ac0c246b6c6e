//! The counters of failed tries.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Mark, Try, Who};
use crate::config::Ladder;
use crate::ids::AccountId;
use crate::text::Email;

/// How many networks of an account, and how many accounts of a network, are looked at: the latest.
const KNOWN_MAX: i64 = 10_000;

/// Counts one failure under a mark, where the ladder grants a try now; answers `false` where it does not. The guard stands
/// in the statement that counts: however many ask at once, one follows the other. Whoever is overtaken on the way there, or
/// asks by a clock that is behind, asks at the moment of the failure before theirs.
pub(super) async fn take(
    conn: &mut PgConnection,
    mark: &Mark,
    ladder: &Ladder,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let delays = ladder.delays();
    let done = sqlx::query!(
        "insert into attempt as a (mark, failures, last_at) values ($1, 1, $2)
         on conflict on constraint attempt_mark_once do update
         set failures = greatest(a.failures
                 - least(floor(extract(epoch from greatest(a.last_at, $2) - a.last_at) / $5::int), 1000000)::int, 0) + 1,
             last_at = greatest(a.last_at, $2)
         where a.last_at + make_interval(secs =>
             coalesce(($4::int[])[least(a.failures - $3 + 1, cardinality($4::int[]))], 0)) <= greatest(a.last_at, $2)",
        mark,
        now,
        ladder.free(),
        &delays,
        ladder.forgets_one_after(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How often it failed under a mark, and when last.
pub(super) async fn find(
    conn: &mut PgConnection,
    mark: &Mark,
) -> Result<Option<(i32, DateTime<Utc>)>, sqlx::Error> {
    let found = sqlx::query!("select failures, last_at from attempt where mark = $1", mark);
    Ok(found.fetch_optional(conn).await?.map(|row| (row.failures, row.last_at)))
}

/// The networks in which whoever is asked for is known: from which they have come in since a moment.
pub(super) async fn known_networks(
    conn: &mut PgConnection,
    who: Who<'_>,
    since: DateTime<Utc>,
) -> Result<HashSet<Mark>, sqlx::Error> {
    let (email, id) = match who {
        Who::Email(email) => (Some(email), None),
        Who::Account(id) => (None, Some(id)),
        Who::Nobody => return Ok(HashSet::new()),
    };
    let found = sqlx::query_scalar!(
        "select network from known_network join account using (account_id)
         where (email = $1 or account_id = $2) and last_at >= $3 order by last_at desc limit $4",
        email as _,
        id as _,
        since,
        KNOWN_MAX,
    )
    .fetch_all(conn)
    .await?;
    Ok(found.iter().filter_map(|mark| mark.as_slice().try_into().ok()).collect())
}

/// Who is known in a network.
pub(super) async fn known_in(
    conn: &mut PgConnection,
    network: &Mark,
    since: DateTime<Utc>,
) -> Result<Vec<(AccountId, Email)>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select account_id as "id: AccountId", email as "email: Email"
           from known_network join account using (account_id)
           where network = $1 and last_at >= $2 order by last_at desc limit $3"#,
        network,
        since,
        KNOWN_MAX,
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().map(|row| (row.id, row.email)).collect())
}

/// Removes counters whose failures are all forgotten, and networks in which an account was last before a moment.
pub(super) async fn sweep(
    conn: &mut PgConnection,
    forgets_one_after: i32,
    known_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let attempts = sqlx::query!(
        "delete from attempt where last_at + make_interval(secs => failures::double precision * $1::int) < $2",
        forgets_one_after,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let networks = sqlx::query!("delete from known_network where last_at < $1", known_since);
    Ok(attempts.rows_affected() + networks.execute(conn).await?.rows_affected())
}

/// Forgets what was counted under these marks.
pub(super) async fn forget(conn: &mut PgConnection, marks: &[Mark]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from attempt where mark = any($1)", marks as _)
        .execute(conn)
        .await
        .map(drop)
}

impl Try {
    /// Gives a try back that succeeded, in the transaction of what it was for.
    pub async fn succeed(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        if let Some(mark) = &self.whose {
            forget(conn, &[*mark]).await?;
        }
        if self.is_known_there {
            return Ok(());
        }
        sqlx::query!(
            "update attempt set failures = failures - 1 where mark = $1 and failures > 0",
            &self.network
        )
        .execute(conn)
        .await
        .map(drop)
    }

    /// Remembers that an account has come in from here: a flood from elsewhere does not keep it from coming again.
    pub async fn remember(
        &self,
        conn: &mut PgConnection,
        account: AccountId,
        now: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query!(
            "insert into known_network (account_id, network, last_at) values ($1, $2, $3)
             on conflict on constraint known_network_once do update
             set last_at = greatest(known_network.last_at, excluded.last_at)",
            account as _,
            &self.network,
            now,
        )
        .execute(conn)
        .await
        .map(drop)
    }
}
