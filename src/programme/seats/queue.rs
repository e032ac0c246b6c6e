//! The waiting list moves: what is free is offered in order, and what is not taken in time goes on.
//!
//! Whoever frees a seat may not see who waits for it, so the list is moved by the service itself, in a transaction of its
//! own: after each seat that is freed, before each question, and by housekeeping. Until then a freed seat is nobody's,
//! since nobody gets one while others wait. Of a session that was called off, or is over, nothing is offered.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::commands::about;
use super::model::{Group, SeatRules, WaitingState, WrongWait};
use super::store;
use crate::access::Permit;
use crate::db::{Db, Events, Scope, Shut, Written};
use crate::ids::SessionId;
use crate::programme::store::moment;

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum Unmoved {
    /// There is nothing to be offered, and no offer has lapsed.
    #[error("there is nothing to move")]
    Nothing,
    /// A group was elsewhere than its row said.
    #[error(transparent)]
    WrongWait(#[from] WrongWait),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the waiting list could not be moved: {0}")]
    Database(#[from] sqlx::Error),
}

/// Moves the waiting list of a session, where there is something to move.
pub async fn settle(db: &Db, rules: SeatRules, session: SessionId) -> Result<(), sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let now = moment(&mut tx, db.clock.held()).await?;
    let Some(seating) = store::find_seating(&mut tx, session).await? else { return Ok(()) };
    let is_free = seating.waiting > 0 && seating.free() > 0;
    let moves = seating.has_lapsed(now) || (is_free && offers(&mut tx, session, now).await?);
    drop(tx);
    if !moves {
        return Ok(());
    }
    match advance(db, rules, session).await {
        Ok(_) | Err(Unmoved::Nothing | Unmoved::WrongWait(_)) => Ok(()),
        Err(Unmoved::Database(error)) => Err(error),
        Err(Unmoved::Shut(shut)) => Err(sqlx::Error::Protocol(shut.to_string())),
    }
}

/// The same for every session, whether or not anybody asks. How many were moved.
pub async fn settle_all(db: &Db, rules: SeatRules) -> Result<usize, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let sessions = store::to_move(&mut tx, db.clock.held()).await?;
    drop(tx);
    for session in &sessions {
        settle(db, rules, *session).await?;
    }
    Ok(sessions.len())
}

async fn advance(db: &Db, rules: SeatRules, session: SessionId) -> Result<Written<()>, Unmoved> {
    db.write(Permit::service("waiting-list"), async |tx| {
        let mut seating = store::hold(tx, session).await?.ok_or(Unmoved::Nothing)?;
        let now = moment(tx, db.clock.held()).await?;
        let mut events = Vec::new();
        let tell = |kind: &'static str, group: &Group| {
            about(kind, session, &group.participant).with(&json!({
                "group": group.id, "seats": group.seats, "offer_ends_at": group.offer_ends_at,
            }))
        };
        let groups = store::open_groups(tx, session).await?;
        for group in groups.iter().filter(|group| group.state == WaitingState::Offered) {
            if group.offer_ends_at.is_some_and(|ends| ends <= now) {
                let lapsed = group.clone().lapse(now)?;
                store::save_group(tx, &lapsed).await?;
                seating.taken -= lapsed.seats;
                events.push(tell("seat.offer_lapsed", &lapsed));
            }
        }
        // In order: a group for which there are not enough seats waits for more, and nobody passes it by.
        let offers = offers(tx, session, now).await?;
        let waiting = groups.iter().filter(|group| group.state == WaitingState::Waiting);
        for group in waiting {
            if !offers || group.seats > seating.free() {
                break;
            }
            let offered = group.clone().offer(rules.offer_ends(now))?;
            store::save_group(tx, &offered).await?;
            seating.taken += offered.seats;
            events.push(tell("seat.offered", &offered));
        }
        let events = Events::of(events).ok_or(Unmoved::Nothing)?;
        Ok(((), events))
    })
    .await
}

/// Whether seats of a session are still of use to anybody.
async fn offers(
    conn: &mut PgConnection,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    Ok(store::open_until(conn, session, now).await?.is_some_and(|ends_at| now < ends_at))
}
