//! Looking at the whole draft for what does not fit.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::model::{Conflict, Level, Levels, conflicts};
use crate::ids::RoomId;
use crate::programme::error::Error;
use crate::programme::rooms::{self, Room};
use crate::programme::sessions::{self, Session};

/// The draft as it is, which is judged as a whole.
#[derive(Debug)]
pub struct Draft {
    /// Every session, in the order of time.
    pub sessions: Vec<Session>,
    /// Every room.
    pub rooms: BTreeMap<RoomId, Room>,
}

impl Draft {
    /// All of it.
    pub async fn read(conn: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let sessions = sessions::store::all(conn).await?;
        let rooms = rooms::store::all(conn).await?;
        Ok(Self { sessions, rooms: rooms.into_iter().map(|room| (room.id, room)).collect() })
    }

    /// What does not fit in it.
    #[must_use]
    pub fn conflicts(&self, levels: &Levels) -> Vec<Conflict> {
        conflicts(&self.sessions, &self.rooms, levels)
    }
}

/// Refuses what does not fit with the sessions that were touched, as far as the ceremony refuses it at once. What it
/// refuses later, or warns of, comes back.
pub async fn must_fit(
    conn: &mut PgConnection,
    levels: &Levels,
    is_touched: impl Fn(&Session) -> bool,
) -> Result<Vec<Conflict>, Error> {
    let draft = Draft::read(conn).await?;
    let touched = draft.sessions.iter().filter(|session| is_touched(session));
    let touched: Vec<_> = touched.map(|session| session.id).collect();
    let mut found = draft.conflicts(levels);
    found.retain(|conflict| conflict.sessions.iter().any(|id| touched.contains(id)));
    if found.iter().any(|conflict| conflict.level == Level::Refuse) {
        found.retain(|conflict| conflict.level == Level::Refuse);
        return Err(Error::Conflicts(found));
    }
    Ok(found)
}
