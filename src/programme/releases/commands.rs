//! Releasing the programme as a whole (R46).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use super::model::{Change, ChangeKind, Item, Sight, difference};
use super::read::seen;
use super::store::{self, Release};
use super::view::Released;
use crate::access::{Action, Actor};
use crate::db::{Created, Db, Event, Events, Tx, Written};
use crate::ids::SessionId;
use crate::page::IfMatch;
use crate::programme::conflicts::{Draft, Level, Levels};
use crate::programme::error::Error;
use crate::programme::store::{hold, version};
use crate::text::{ParticipantCode, Reason};

/// Releases the draft as it is: what its officer has looked at, or nothing. What the ceremony refuses at release keeps all
/// of it back (R47).
pub async fn release(
    db: &Db,
    levels: &Levels,
    actor: &Actor,
    if_match: Option<&IfMatch>,
    note: Option<&Reason>,
) -> Result<Written<Created<Released>>, Error> {
    let permit = actor.permit(Action::KeepProgramme)?;

    db.write(permit, async |tx| {
        hold(tx).await?;
        let (now, looked_at) = (tx.now, version(tx).await?);
        if_match.map_or(Ok(()), |if_match| if_match.check(looked_at))?;
        let draft = Draft::read(tx).await?;
        let mut refused = draft.conflicts(levels);
        refused.retain(|conflict| conflict.level >= Level::RefuseAtRelease);
        if !refused.is_empty() {
            return Err(Error::Conflicts(refused));
        }
        let last = store::find(tx, None).await?.map_or(0, |release| release.version);
        let before = seen(tx, last, Sight::Planner, now).await?;
        let mut after = Vec::new();
        let Draft { sessions, rooms } = &draft;
        for session in sessions {
            let was = before.iter().find(|item| item.id == session.id);
            if session.stands() || was.is_some() {
                let room = session.facts.room.and_then(|room| rooms.get(&room));
                after.push(Item::released(session, room, was, now));
            }
        }
        let changes = difference(&before, &after);
        if changes.is_empty() {
            return Err(Error::NothingNew(last));
        }
        let (by, note) = (actor.account(), note.cloned());
        let release = Release {
            version: last + 1,
            draft: looked_at,
            note,
            released_by: by,
            released_at: now,
        };
        store::insert(tx, &release).await?;
        for item in &after {
            let room = item.room.as_ref().and_then(|room| rooms.get(&room.id));
            let minutes = room.map_or(0, |room| room.facts.turn_round_minutes);
            let turn_round = TimeDelta::minutes(minutes.into());
            store::insert_item(tx, release.version, item, turn_round).await?;
        }
        let told: Vec<_> = changes.iter().map(|change| (change.session, change.change)).collect();
        let event = Event::at_large("programme.released")
            .with(&json!({ "version": release.version, "changes": told }))
            .because(release.note.as_ref());
        let mut events = Events::from(event);
        let told = json!({ "version": release.version });
        for code in store::hosts(tx, &added(&changes)).await? {
            events.push(Event::at_large("programme.placed").participant(&code).with(&told));
        }
        for code in concerned(tx, &elsewhere(&changes)).await? {
            events.push(Event::at_large("programme.moved").participant(&code).with(&told));
        }
        Ok((Created(Released { release, since: last, changes }), events))
    })
    .await
}

/// The participants that have seats of these sessions, wait for one, are to speak there, or organize them.
async fn concerned(
    tx: &mut Tx<'_>,
    sessions: &[SessionId],
) -> Result<BTreeSet<ParticipantCode>, sqlx::Error> {
    let mut concerned = BTreeSet::from_iter(store::hosts(tx, sessions).await?);
    concerned.extend(store::guests(tx, sessions).await?);
    Ok(concerned)
}

/// The sessions that are new in it.
fn added(changes: &[Change]) -> Vec<SessionId> {
    let is_new = |change: &&Change| change.change == ChangeKind::Added;
    changes.iter().filter(is_new).map(|change| change.session).collect()
}

/// The sessions at which whoever goes where they were finds nothing.
fn elsewhere(changes: &[Change]) -> Vec<SessionId> {
    let is_elsewhere = |change: &&Change| {
        matches!(change.change, ChangeKind::Moved | ChangeKind::Cancelled | ChangeKind::Withdrawn)
    };
    changes.iter().filter(is_elsewhere).map(|change| change.session).collect()
}
