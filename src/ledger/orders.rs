//! Freezing a log for maintenance, thawing it, closing it for good.

use serde_json::json;

use super::commands::Error;
use super::model::{Log, Order};
use super::store;
use crate::access::Permit;
use crate::db::{Db, Event, Scope};
use crate::text::Reason;

/// Orders it, at the word of whoever runs the service. What is under way is waited for; what comes later is refused.
pub async fn order(db: &Db, log: Log, order: Order, reason: &Reason) -> Result<(), Error> {
    db.write(Permit::service("command-line"), async |tx| {
        store::lock(tx, log).await?;
        let last = store::last_order(tx, log).await?;
        if !order.may_follow(last) {
            return Err(Error::OutOfOrder { last, order });
        }
        let now = tx.now;
        store::insert_order(tx, log, order, reason, now).await?;
        let event = Event::at_large("ledger.ordered").with(&json!({ "log": log, "order": order }));
        Ok(((), event.because(Some(reason))))
    })
    .await
    .map(drop)
}

/// Whether the log is frozen or closed.
pub async fn is_frozen(db: &Db, log: Log) -> Result<bool, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    Ok(Order::freezes(store::last_order(&mut tx, log).await?))
}
