//! The questions that orders ask of the database.

use sqlx::PgConnection;

use super::model::{Mark, Proposal};
use crate::ids::{AccountId, OrderProposalId};
use crate::ledger::model::{Log, Order};
use crate::text::Reason;

/// Proposals in their order: one, or all.
pub async fn proposals(
    conn: &mut PgConnection,
    id: Option<OrderProposalId>,
) -> Result<Vec<Proposal>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select ledger_order_proposal_id as "id: OrderProposalId", kind as "order: Order", reason as "reason: Reason",
                  proposed_by as "proposed_by: AccountId", proposed_at, confirmed_by as "confirmed_by: AccountId", confirmed_at
           from ledger_order_proposal where log = $1 and ($2::uuid is null or ledger_order_proposal_id = $2)
           order by ledger_order_proposal_id"#,
        Log::Treaty as _,
        id as _,
    )
    .fetch_all(conn)
    .await?;
    let proposals = rows.into_iter().map(|row| Proposal {
        id: row.id,
        order: row.order,
        reason: row.reason,
        proposed: Mark { by: row.proposed_by, at: row.proposed_at },
        confirmed: row.confirmed_by.zip(row.confirmed_at).map(|(by, at)| Mark { by, at }),
    });
    Ok(proposals.collect())
}

/// Adds a proposal.
pub async fn insert(conn: &mut PgConnection, made: &Proposal) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into ledger_order_proposal (ledger_order_proposal_id, log, kind, reason, proposed_by, proposed_at)
         values ($1, $2, $3, $4, $5, $6)",
        made.id as _,
        Log::Treaty as _,
        made.order as _,
        &made.reason as _,
        made.proposed.by as _,
        made.proposed.at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Saves that a proposal is confirmed.
pub async fn save(conn: &mut PgConnection, made: &Proposal) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update ledger_order_proposal set confirmed_by = $2, confirmed_at = $3 where ledger_order_proposal_id = $1",
        made.id as _,
        made.confirmed.map(|mark| mark.by) as _,
        made.confirmed.map(|mark| mark.at),
    )
    .execute(conn)
    .await
    .map(drop)
}
