//! What delegations and officers do in the waiting list.

use serde_json::json;

use super::commands::{about, hold_open, must_stand, refused};
use super::model::{Group, Moved, Seat, SeatRules, WaitingState, WrongWait, within};
use super::view::GroupShown;
use super::{queue, store};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Written};
use crate::ids::{SessionId, WaitingGroupId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::programme::error::Error;
use crate::programme::store::moment;
use crate::text::{Fault, ParticipantCode, Reason};

/// Joins the waiting list, behind all who wait.
pub async fn join(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    code: &ParticipantCode,
    seats: u16,
) -> Result<Written<Created<GroupShown>>, Error> {
    let permit = actor.permit(Action::BookSeats(code))?;

    let joined = db
        .write(permit, async |tx| {
            must_stand(tx, code).await?;
            let seating = hold_open(tx, session).await?;
            within(rules, store::count_of(tx, session, code).await?, seats.into())?;
            seating.may_hold(seats.into())?;
            let now = moment(tx, db.clock.held()).await?;
            let position = store::next_position(tx, session).await?;
            let group = Group::joined(session, code, seats.into(), position, now);
            if !store::insert_group(tx, &group, actor.account()).await? {
                return Err(Error::WaitsAlready);
            }
            let event = about("seat.awaited", session, code)
                .with(&json!({ "group": group.id, "seats": seats }));
            Ok((Created(GroupShown(group)), event))
        })
        .await?;
    queue::settle(db, rules, session).await?;
    Ok(joined)
}

/// Takes what is offered, in time.
pub async fn accept(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    id: WaitingGroupId,
    if_match: &IfMatch,
) -> Result<Written<GroupShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::BookSeats(code))?;
    queue::settle(db, rules, session).await?;

    db.write(permit, async |tx| {
        must_stand(tx, code).await?;
        hold_open(tx, session).await?;
        let group = store::find_group(tx, session, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(group.version)?;
        let now = moment(tx, db.clock.held()).await?;
        let group = group.take(now)?;
        // First it lets go of what was kept for it, then it has it: nobody can come in between.
        store::save_group(tx, &group).await?;
        let seat = |_| Seat::taken(session, code, None, now);
        let seats: Vec<_> = (0..group.seats).map(seat).collect();
        store::insert(tx, &seats, actor.account()).await.map_err(refused)?;
        let ids: Vec<_> = seats.iter().map(|seat| seat.id).collect();
        let event = about("seat.offer_taken", session, code)
            .with(&json!({ "group": group.id, "seats": ids }));
        Ok((GroupShown(group), event))
    })
    .await
}

/// Leaves the list, or lets an offer go: it goes on to the next.
pub async fn withdraw(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    id: WaitingGroupId,
    if_match: &IfMatch,
) -> Result<Written<GroupShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::BookSeats(code))?;

    let done = db
        .write(permit, async |tx| {
            store::hold(tx, session).await?;
            let group = store::find_group(tx, session, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(group.version)?;
            let now = moment(tx, db.clock.held()).await?;
            let group = group.withdraw(now)?;
            store::save_group(tx, &group).await?;
            let event = about("seat.wait_withdrawn", session, code)
                .with(&json!({ "group": group.id, "seats": group.seats }));
            Ok::<_, Error>((GroupShown(group), event))
        })
        .await?;
    queue::settle(db, rules, session).await?;
    Ok(done)
}

/// Gives a group another place in the list, counted from 1 among those who wait: by hand, with a reason.
#[expect(clippy::too_many_arguments, reason = "which group of which session goes where, and why")]
pub async fn move_to(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    id: WaitingGroupId,
    if_match: &IfMatch,
    to: u16,
    reason: &Reason,
) -> Result<Written<GroupShown>, Error> {
    whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::KeepProgramme)?;

    let done = db
        .write(permit, async |tx| {
            let now = tx.now;
            store::hold(tx, session).await?;
            let group = store::find_group(tx, session, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(group.version)?;
            let mut waiting = store::open_groups(tx, session).await?;
            waiting.retain(|group| group.state == WaitingState::Waiting);
            // The positions stay, and the groups change them.
            let positions: Vec<_> = waiting.iter().map(|group| group.position).collect();
            let from = waiting.iter().position(|other| other.id == id);
            let from = from.ok_or(WrongWait(group.state))?;
            let target = usize::from(to).checked_sub(1).filter(|target| *target < positions.len());
            let target = target.ok_or_else(|| {
                let detail = "a place of the list, counted from 1, is expected";
                Faults::at("/to", Fault::new("out_of_range", detail))
            })?;
            let group = waiting.remove(from);
            waiting.insert(target, group);
            let (by, because) = (actor.account(), reason.clone());
            let mut shown = None;
            for (other, position) in waiting.into_iter().zip(positions) {
                let moved =
                    (other.id == id).then(|| Moved { by, at: now, because: because.clone() });
                if other.position == position && moved.is_none() {
                    continue;
                }
                let placed = other.place(position, moved)?;
                store::save_group(tx, &placed).await?;
                shown = Some(placed).filter(|placed| placed.id == id).or(shown);
            }
            let group = shown.ok_or(Denied::Invisible)?;
            let event = about("seat.wait_moved", session, &group.participant)
                .changed(&json!({ "place": from + 1 }), &json!({ "group": id, "place": to }))
                .because(Some(reason));
            Ok::<_, Error>((GroupShown(group), event))
        })
        .await?;
    queue::settle(db, rules, session).await?;
    Ok(done)
}

async fn whose(
    db: &Db,
    actor: &Actor,
    session: SessionId,
    id: WaitingGroupId,
) -> Result<ParticipantCode, Error> {
    let mut tx = db.read(&actor.see(Action::ListSeats)?).await?;
    let group = store::find_group(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    Ok(group.participant)
}
