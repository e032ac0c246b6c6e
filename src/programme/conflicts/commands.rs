//! Looking at the whole draft for what does not fit.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::model::{Conflict, Level, Levels, conflicts};
use crate::programme::error::Error;
use crate::programme::sessions::Session;
use crate::programme::{rooms, sessions};

/// All that does not fit in the draft as it is.
pub async fn found(conn: &mut PgConnection, levels: &Levels) -> Result<Vec<Conflict>, sqlx::Error> {
    let sessions = sessions::store::all(conn).await?;
    let rooms = rooms::store::all(conn).await?;
    let rooms: BTreeMap<_, _> = rooms.into_iter().map(|room| (room.id, room)).collect();
    Ok(conflicts(&sessions, &rooms, levels))
}

/// Refuses what does not fit with the sessions that were touched, as far as the ceremony refuses it at once. What it
/// refuses later, or warns of, comes back.
pub async fn must_fit(
    conn: &mut PgConnection,
    levels: &Levels,
    is_touched: impl Fn(&Session) -> bool,
) -> Result<Vec<Conflict>, Error> {
    let sessions = sessions::store::all(conn).await?;
    let rooms = rooms::store::all(conn).await?;
    let rooms: BTreeMap<_, _> = rooms.into_iter().map(|room| (room.id, room)).collect();
    let touched: Vec<_> =
        sessions.iter().filter(|session| is_touched(session)).map(|session| session.id).collect();
    let mut found = conflicts(&sessions, &rooms, levels);
    found.retain(|conflict| conflict.sessions.iter().any(|id| touched.contains(id)));
    if found.iter().any(|conflict| conflict.level == Level::Refuse) {
        found.retain(|conflict| conflict.level == Level::Refuse);
        return Err(Error::Conflicts(found));
    }
    Ok(found)
}
