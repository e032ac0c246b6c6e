//! Proposing and approving overrides (R12).

use serde_json::json;

use super::model::{NotProposed, Override};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Written};
use crate::full_powers::commands::{self, Error};
use crate::full_powers::model::{Bar, Mark};
use crate::full_powers::store as papers;
use crate::ids::{FullPowersId, OverrideId};
use crate::page::IfMatch;
use crate::text::Reason;

/// A first officer proposes to lift some bars from full powers.
pub async fn propose(
    db: &Db,
    actor: &Actor,
    full_powers: FullPowersId,
    lifts: &[Bar],
    reason: &Reason,
) -> Result<Written<Created<Override>>, Error> {
    let permit = commands::checker(db, actor, full_powers).await?;
    let id = OverrideId::fresh();

    db.write(permit, async |tx| {
        let full_powers = papers::lock(tx, full_powers).await?.ok_or(Denied::Invisible)?;
        let by = Mark { by: actor.account(), at: tx.now };
        let made = Override::propose(id, &full_powers, lifts.to_vec(), reason.clone(), by)?;
        store::insert(tx, &made).await?;
        let event = told("full_powers.override_proposed", &made);
        Ok((Created(made), event))
    })
    .await
}

/// A second officer approves: what the override names keeps nobody from signing any more.
pub async fn approve(
    db: &Db,
    actor: &Actor,
    id: OverrideId,
    if_match: &IfMatch,
) -> Result<Written<Override>, Error> {
    let seen = find(db, actor, id).await?;
    let permit = actor.permit(Action::ConfirmFullPowers(&seen.participant))?;

    db.write(permit, async |tx| {
        let full_powers = papers::lock(tx, seen.full_powers).await?.ok_or(Denied::Invisible)?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version())?;
        let by = Mark { by: actor.account(), at: tx.now };
        let after = before.approve(&full_powers, by)?;
        store::save(tx, &after).await?;
        let event = told("full_powers.override_approved", &after);
        Ok((after, event))
    })
    .await
}

/// An officer takes back what nobody has approved.
pub async fn withdraw(
    db: &Db,
    actor: &Actor,
    id: OverrideId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Override>, Error> {
    let seen = find(db, actor, id).await?;
    let permit = commands::checker(db, actor, seen.full_powers).await?;

    db.write(permit, async |tx| {
        papers::lock(tx, seen.full_powers).await?.ok_or(Denied::Invisible)?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version())?;
        let by = Mark { by: actor.account(), at: tx.now };
        let after = before.withdraw(by, reason.clone())?;
        store::save(tx, &after).await?;
        let event = told("full_powers.override_withdrawn", &after).because(Some(reason));
        Ok((after, event))
    })
    .await
}

/// An override, for who may see the full powers.
pub async fn find(db: &Db, actor: &Actor, id: OverrideId) -> Result<Override, Error> {
    let mut tx = db.read(&actor.see(Action::ListFullPowers)?).await?;
    let found = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(Action::ReadFullPowers(&found.participant))?;
    Ok(found)
}

/// What the audit trail keeps, in the history of the full powers.
fn told(what: &'static str, made: &Override) -> Event {
    Event::of(what, made.full_powers.uuid())
        .participant(&made.participant)
        .with(&json!({ "override": made.id, "lifts": made.lifts }))
        .because(Some(&made.reason))
}

impl From<NotProposed> for Error {
    fn from(refused: NotProposed) -> Self {
        match refused {
            NotProposed::Faulty(faults) => Self::Faulty(faults),
            NotProposed::Refused(refusal) => Self::Refused(refusal),
        }
    }
}
