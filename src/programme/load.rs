//! Bringing the ceremony's starting programme into the database, once.

use serde_json::json;

use super::frame::{Beginning, Frame};
use super::{rooms, sessions, store};
use crate::access::Permit;
use crate::db::{Db, Event, Scope, Shut, Written};

/// Why the programme could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum Unbegun {
    /// Another process has just done it.
    #[error("the programme has begun")]
    AlreadyBegun,
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the programme could not be begun: {0}")]
    Database(#[from] sqlx::Error),
}

/// Brings the rooms and sessions of the starting programme in, where none of them ever was. From then on they are the
/// programme's officers', and no later start changes them. Tells whether there was anything to do.
pub async fn load_programme(db: &Db, frame: &Frame) -> Result<bool, Unbegun> {
    let is_empty = frame.rooms.is_empty() && frame.sessions.is_empty();
    let mut tx = db.read(&Scope::public()).await?;
    if is_empty || store::has_begun(&mut tx).await? {
        return Ok(false);
    }
    drop(tx);
    match begin(db, frame).await {
        Ok(_) => Ok(true),
        Err(Unbegun::AlreadyBegun) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn begin(db: &Db, frame: &Frame) -> Result<Written<()>, Unbegun> {
    db.write(Permit::service("load-programme"), async |tx| {
        store::hold(tx).await?;
        if store::has_begun(tx).await? {
            return Err(Unbegun::AlreadyBegun);
        }
        let Beginning { rooms, sessions } = frame.beginning(tx.now);
        for (key, room) in &rooms {
            rooms::store::insert(tx, room, Some(key)).await?;
        }
        for (key, session) in &sessions {
            sessions::store::insert(tx, session, Some(key)).await?;
        }
        let rooms: Vec<_> = rooms.iter().map(|(key, _)| key).collect();
        let sessions: Vec<_> = sessions.iter().map(|(key, _)| key).collect();
        let event = Event::at_large("programme.begun")
            .with(&json!({ "rooms": rooms, "sessions": sessions }));
        Ok(((), event))
    })
    .await
}
