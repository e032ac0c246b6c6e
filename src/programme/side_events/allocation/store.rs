//! The questions that allocations ask of the database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::proposal::{Allocation, AllocationState, Proposal};
use crate::ids::{AccountId, AllocationId};
use crate::page::{Limit, Version};
use crate::text::ParticipantCode;

struct Row {
    id: AllocationId,
    state: AllocationState,
    seed: i64,
    proposal: Json<Proposal>,
    proposed_by: AccountId,
    proposed_at: DateTime<Utc>,
    applied_by: Option<AccountId>,
    applied_at: Option<DateTime<Utc>>,
    version: Version,
}

impl TryFrom<Row> for Allocation {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            state: row.state,
            seed: u32::try_from(row.seed).map_err(|error| sqlx::Error::Decode(error.into()))?,
            proposal: row.proposal.0,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            applied: row.applied_by.zip(row.applied_at),
            version: row.version,
        })
    }
}

/// Allocations; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select allocation_id as "id: AllocationId", state as "state: AllocationState", seed,
                      proposal as "proposal: Json<Proposal>", proposed_by as "proposed_by: AccountId", proposed_at,
                      applied_by as "applied_by: AccountId", applied_at, version as "version: Version"
               from allocation "# + $tail,
            $($value),*
        )
    };
}

/// Keeps a proposal.
pub async fn insert(conn: &mut PgConnection, new: &Allocation) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into allocation (allocation_id, state, seed, proposal, proposed_by, proposed_at, version)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id as _,
        new.state as _,
        i64::from(new.seed),
        Json(&new.proposal) as _,
        new.proposed_by as _,
        new.proposed_at,
        new.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores that it was applied.
pub async fn save(conn: &mut PgConnection, applied: &Allocation) -> Result<(), sqlx::Error> {
    let (by, at) = applied.applied.unzip();
    sqlx::query!(
        "update allocation set state = $2, applied_by = $3, applied_at = $4, version = $5 where allocation_id = $1",
        applied.id as _,
        applied.state as _,
        by as _,
        at,
        applied.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An allocation.
pub async fn find(
    conn: &mut PgConnection,
    id: AllocationId,
) -> Result<Option<Allocation>, sqlx::Error> {
    let row = select!("where allocation_id = $1"; id as _).fetch_optional(conn).await?;
    row.map(Allocation::try_from).transpose()
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: AllocationId,
) -> Result<Option<Allocation>, sqlx::Error> {
    let row = select!("where allocation_id = $1 for update"; id as _).fetch_optional(conn).await?;
    row.map(Allocation::try_from).transpose()
}

/// Allocations in the order in which they were proposed, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<AllocationId>,
    limit: Limit,
) -> Result<Vec<Allocation>, sqlx::Error> {
    let rows = select!(
        "where ($1::uuid is null or allocation_id > $1) order by allocation_id limit $2";
        after as _,
        limit.fetch()
    );
    rows.fetch_all(conn).await?.into_iter().map(Allocation::try_from).collect()
}

/// To which group each sponsor of an accepted side event belongs: its regional group, or what it is where it has none.
pub async fn groups(
    conn: &mut PgConnection,
) -> Result<BTreeMap<ParticipantCode, String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "code: ParticipantCode", coalesce(regional_group, kind) as "group!"
           from participant p
           where exists (select from side_event e where e.participant = p.participant and e.state = 'accepted')"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.group)).collect())
}
