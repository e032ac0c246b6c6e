//! Making feeds, and ending them.

use serde_json::json;

use super::model::{Feed, FeedOf, PREFIX};
use super::store;
use super::view::{Issued, Shown};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Written};
use crate::delegations;
use crate::ids::CalendarFeedId;
use crate::input::Faults;
use crate::page::{IfMatch, Version};
use crate::programme::error::Error;
use crate::programme::rooms;
use crate::secret;
use crate::text::Fault;

/// Makes a feed, with an address that is shown once.
pub async fn make(db: &Db, actor: &Actor, of: &FeedOf) -> Result<Written<Created<Issued>>, Error> {
    let permit = actor.permit(wanted(of))?;
    let token = format!("{PREFIX}{}", secret::random_text());

    db.write(permit, async |tx| {
        let is_there = match of {
            FeedOf::Room(room) => rooms::store::find(tx, *room).await?.is_some(),
            FeedOf::Delegation(code) => delegations::find(tx, code).await?.is_some(),
            FeedOf::Member(code, member) => {
                delegations::find_member(tx, code, *member).await?.is_some()
            }
        };
        if !is_there {
            let pointer = match of {
                FeedOf::Room(_) => "/room",
                FeedOf::Delegation(_) => "/participant",
                FeedOf::Member(..) => "/member",
            };
            let fault = Fault::new("unknown", "something that there is is expected");
            return Err(Faults::at(pointer, fault).into());
        }
        let (id, of) = (CalendarFeedId::fresh(), of.clone());
        let feed = Feed { id, of, made_at: tx.now, revoked_at: None, version: Version(1) };
        store::insert(tx, &feed, &token, actor.account()).await?;
        Ok((
            Created(Issued { feed: feed.clone(), token: token.clone() }),
            about("calendar_feed.made", &feed),
        ))
    })
    .await
}

/// Ends an address: whoever has it reads nothing any more.
pub async fn revoke(
    db: &Db,
    actor: &Actor,
    id: CalendarFeedId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let mut tx = db.read(&actor.see(Action::ListSeats)?).await?;
    let found = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let permit = actor.permit(wanted(&found.of))?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        if before.revoked_at.is_some() {
            return Err(Error::FeedRevoked);
        }
        let (revoked_at, version) = (Some(tx.now), before.version.next());
        let feed = Feed { revoked_at, version, ..before };
        store::revoke(tx, &feed, actor.account()).await?;
        let event = about("calendar_feed.revoked", &feed);
        Ok((Shown(feed), event))
    })
    .await
}

fn wanted(of: &FeedOf) -> Action<'_> {
    of.participant().map_or(Action::KeepProgramme, Action::BookSeats)
}

fn about(kind: &'static str, feed: &Feed) -> Event {
    let event = Event::of(kind, feed.id.uuid());
    match &feed.of {
        FeedOf::Room(room) => event.with(&json!({ "room": room })),
        FeedOf::Delegation(code) => event.participant(code),
        FeedOf::Member(code, member) => event.participant(code).with(&json!({ "member": member })),
    }
}
