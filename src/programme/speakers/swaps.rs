//! Exchanges of places: done by the service when both missions have said so, since neither sees the other's.

use serde_json::json;

use super::commands::about;
use super::model::Statement;
use super::store;
use crate::access::Permit;
use crate::db::{Db, Events, Scope, Shut, Written};
use crate::ids::SessionId;

/// Why nothing was exchanged.
#[derive(Debug, thiserror::Error)]
enum Unswapped {
    /// No two missions have said so.
    #[error("nobody agrees with anybody")]
    Nobody,
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("no places could be exchanged: {0}")]
    Database(#[from] sqlx::Error),
}

/// Exchanges the places of those who agree: after each consent, and before each question, so that nothing is left of a crash
/// between the second consent and the exchange.
pub async fn settle(db: &Db, session: SessionId) -> Result<(), sqlx::Error> {
    let mut tx = db.read(&Scope::all()).await?;
    let statements = store::list(&mut tx, session).await?;
    drop(tx);
    if pairs(&statements).next().is_none() {
        return Ok(());
    }
    match swap(db, session).await {
        Ok(_) | Err(Unswapped::Nobody) => Ok(()),
        Err(Unswapped::Database(error)) => Err(error),
        Err(Unswapped::Shut(shut)) => Err(sqlx::Error::Protocol(shut.to_string())),
    }
}

/// Those who would exchange places with each other.
fn pairs(statements: &[Statement]) -> impl Iterator<Item = (&Statement, &Statement)> {
    statements.iter().enumerate().flat_map(|(place, one)| {
        let others = statements.iter().skip(place + 1);
        others.filter(|other| one.agrees_with(other)).map(move |other| (one, other))
    })
}

async fn swap(db: &Db, session: SessionId) -> Result<Written<()>, Unswapped> {
    db.write(Permit::service("exchange-of-places"), async |tx| {
        store::hold(tx, session).await?;
        let statements = store::list(tx, session).await?;
        let mut events = Vec::new();
        let now = tx.now;
        for (one, other) in pairs(&statements) {
            for (swapped, with) in [(one, other), (other, one)] {
                let swapped = swapped.clone().at_place_of(with, now);
                store::save(tx, &swapped).await?;
                let event = about("statement.swapped", &swapped);
                events.push(event.with(&json!({ "place": swapped.place })));
            }
        }
        let events = Events::of(events).ok_or(Unswapped::Nobody)?;
        Ok(((), events))
    })
    .await
}
