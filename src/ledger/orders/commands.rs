//! Orders: by one officer proposed and by another confirmed, or at the word of whoever runs the service.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::model::{Mark, Proposal, Refusal};
use super::store as proposals;
use crate::access::{Action, Actor, Denied, Permit};
use crate::db::{Created, Db, Event, Scope, Shut, Written};
use crate::ids::OrderProposalId;
use crate::ledger::commands::Error as LedgerError;
use crate::ledger::model::{Log, Order};
use crate::ledger::store;
use crate::page::{IfMatch, Stale};
use crate::text::Reason;

/// Why nothing was ordered by officers.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not allowed, or not there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The proposal cannot be confirmed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody confirmed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// It does not go together with what was ordered before.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Orders it, at the word of whoever runs the service. What is under way is waited for; what comes later is refused.
pub async fn order(db: &Db, log: Log, order: Order, reason: &Reason) -> Result<(), LedgerError> {
    db.write(Permit::service("command-line"), async |tx| {
        let now = tx.now;
        enter(tx, log, order, reason, now).await?;
        Ok(((), told("ledger.ordered", log, order).because(Some(reason))))
    })
    .await
    .map(drop)
}

/// Whether the log is frozen or closed.
pub async fn is_frozen(db: &Db, log: Log) -> Result<bool, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    Ok(Order::freezes(store::last_order(&mut tx, log).await?))
}

/// A first officer proposes an order for the record's log.
pub async fn propose(
    db: &Db,
    actor: &Actor,
    order: Order,
    reason: &Reason,
) -> Result<Written<Created<Proposal>>, Error> {
    let permit = actor.permit(Action::OrderRecord)?;
    let id = OrderProposalId::fresh();

    db.write(permit, async |tx| {
        follows(tx, Log::Treaty, order).await?;
        let proposed = Mark { by: actor.account(), at: tx.now };
        let made = Proposal { id, order, reason: reason.clone(), proposed, confirmed: None };
        proposals::insert(tx, &made).await?;
        let event = told("ledger.order_proposed", Log::Treaty, order).because(Some(reason));
        Ok((Created(made), event))
    })
    .await
}

/// A second officer confirms it: now it is ordered. What is under way is waited for; what comes later is refused.
pub async fn confirm(
    db: &Db,
    actor: &Actor,
    id: OrderProposalId,
    if_match: &IfMatch,
) -> Result<Written<Proposal>, Error> {
    let permit = actor.permit(Action::OrderRecord)?;

    db.write(permit, async |tx| {
        // The log's lock is the proposals' as well: who orders does it alone.
        store::lock(tx, Log::Treaty).await?;
        let before = proposals::proposals(tx, Some(id)).await?.pop().ok_or(Denied::Invisible)?;
        if_match.check(before.version())?;
        let (by, now) = (Mark { by: actor.account(), at: tx.now }, tx.now);
        let after = before.confirm(by)?;
        enter(tx, Log::Treaty, after.order, &after.reason, now).await?;
        proposals::save(tx, &after).await?;
        let event = told("ledger.ordered", Log::Treaty, after.order).because(Some(&after.reason));
        Ok((after, event))
    })
    .await
}

/// Proposals, for who may read the record: one, or all.
pub async fn read(
    db: &Db,
    actor: &Actor,
    id: Option<OrderProposalId>,
) -> Result<Vec<Proposal>, Error> {
    let mut tx = db.read(&actor.see(Action::ReadRecord)?).await?;
    Ok(proposals::proposals(&mut tx, id).await?)
}

async fn enter(
    conn: &mut PgConnection,
    log: Log,
    order: Order,
    reason: &Reason,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    store::lock(conn, log).await?;
    follows(conn, log, order).await?;
    Ok(store::insert_order(conn, log, order, reason, now).await?)
}

async fn follows(conn: &mut PgConnection, log: Log, order: Order) -> Result<(), LedgerError> {
    let last = store::last_order(conn, log).await?;
    if order.may_follow(last) { Ok(()) } else { Err(LedgerError::OutOfOrder { last, order }) }
}

fn told(what: &'static str, log: Log, order: Order) -> Event {
    Event::at_large(what).with(&json!({ "log": log, "order": order }))
}
