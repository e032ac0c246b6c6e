//! Telling whoever is asked.

use super::store;
use crate::access::Permit;
use crate::db::{Db, Event, Events, Shut, Written};

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// Somebody else has told them all.
    #[error("everybody knows")]
    Nobody,
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("who is asked could not be told: {0}")]
    Database(#[from] sqlx::Error),
}

/// Tells everybody who is asked, after a step that is done whatever becomes of this: who is not told now, is later.
pub async fn tell_after_step(db: &Db) {
    if let Err(error) = tell(db).await {
        tracing::warn!(%error, "who is asked to organize a side event was not told yet");
    }
}

/// Tells everybody who is asked and does not know it yet.
pub async fn tell(db: &Db) -> Result<(), sqlx::Error> {
    let permit = Permit::service("co-sponsors");
    let mut tx = db.read(permit.scope()).await?;
    let is_anybody = store::is_anybody_untold(&mut tx).await?;
    drop(tx);
    if !is_anybody {
        return Ok(());
    }
    let told: Result<Written<()>, Untold> = db
        .write(permit, async |tx| {
            let now = tx.now;
            let asked = store::take_untold(tx, now).await?.into_iter().map(|(id, code)| {
                Event::of("side_event.co_sponsor_asked", id.uuid()).participant(&code)
            });
            Ok(((), Events::of(asked.collect()).ok_or(Untold::Nobody)?))
        })
        .await;
    match told {
        Ok(_) | Err(Untold::Nobody) => Ok(()),
        Err(Untold::Database(error)) => Err(error),
        Err(Untold::Shut(shut)) => Err(sqlx::Error::Protocol(shut.to_string())),
    }
}
