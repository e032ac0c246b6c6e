//! What delegations do with their seats.

use serde_json::json;

use super::model::{NoSeat, Seat, SeatRules, Seating};
use super::view::{Booked, SeatShown};
use super::{queue, store};
use crate::access::{Action, Actor, Denied};
use crate::db::{self, Created, Db, Event, Tx, Written};
use crate::delegations;
use crate::ids::{MemberId, SeatId, SessionId};
use crate::input::{Faults, Patch};
use crate::page::IfMatch;
use crate::programme::error::Error;
use crate::text::{Fault, ParticipantCode};

/// Books seats for a delegation: all of them or none (R48). Members who are named sit on the first of them.
pub async fn book(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    code: &ParticipantCode,
    seats: u16,
    members: &[MemberId],
) -> Result<Written<Created<Booked>>, Error> {
    let permit = actor.permit(Action::BookSeats(code))?;
    queue::settle(db, rules, session).await?;

    db.write(permit, async |tx| {
        let now = tx.now;
        must_stand(tx, code).await?;
        let mut faults = Faults::default();
        for (place, member) in members.iter().enumerate() {
            check_member(tx, code, *member, &format!("/members/{place}"), &mut faults).await?;
        }
        faults.none_or()?;
        let seating = hold_open(tx, session).await?;
        let count = store::count_of(tx, session, code).await?;
        seating.gives(rules, count, seats.into())?;
        let mut sitting = members.iter().copied();
        let seat = |_| Seat::taken(session, code, sitting.next(), now);
        let taken: Vec<_> = (0..seats).map(seat).collect();
        store::insert(tx, &taken, actor.account()).await.map_err(refused)?;
        let ids: Vec<_> = taken.iter().map(|seat| seat.id).collect();
        let event = about("seat.booked", session, code).with(&json!({ "seats": ids }));
        Ok((Created(Booked(taken)), event))
    })
    .await
}

/// Says who sits on a seat: nobody, somebody, or somebody else of the same delegation.
pub async fn assign(
    db: &Db,
    actor: &Actor,
    session: SessionId,
    id: SeatId,
    if_match: &IfMatch,
    member: &Patch<MemberId>,
) -> Result<Written<SeatShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::BookSeats(code))?;

    db.write(permit, async |tx| {
        must_stand(tx, code).await?;
        let mut faults = Faults::default();
        if let Patch::Set(member) = member {
            check_member(tx, code, *member, "/member", &mut faults).await?;
        }
        faults.none_or()?;
        let before = store::lock(tx, session, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        if before.given_back_at.is_some() {
            return Err(Error::GivenBack);
        }
        let member = member.clone().apply(before.member);
        let seat = Seat { member, version: before.version.next(), ..before.clone() };
        store::save(tx, &seat, actor.account()).await.map_err(refused)?;
        let event = about("seat.assigned", session, code).changed(
            &json!({ "seat": id, "member": before.member }),
            &json!({ "seat": id, "member": member }),
        );
        Ok((SeatShown(seat), event))
    })
    .await
}

/// Gives a seat back. It is offered to whoever waits first.
pub async fn give_back(
    db: &Db,
    rules: SeatRules,
    actor: &Actor,
    session: SessionId,
    id: SeatId,
    if_match: &IfMatch,
) -> Result<Written<()>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::BookSeats(code))?;

    let done = db
        .write(permit, async |tx| {
            store::hold(tx, session).await?;
            let before = store::lock(tx, session, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(before.version)?;
            if before.given_back_at.is_some() {
                return Err(Error::GivenBack);
            }
            let (given_back_at, version) = (Some(tx.now), before.version.next());
            let seat = Seat { given_back_at, version, ..before };
            store::save(tx, &seat, actor.account()).await?;
            let event = about("seat.given_back", session, code).with(&json!({ "seat": id }));
            Ok::<_, Error>(((), event))
        })
        .await?;
    queue::settle(db, rules, session).await?;
    Ok(done)
}

/// The seats of a session that is open, held.
pub async fn hold_open(tx: &mut Tx<'_>, session: SessionId) -> Result<Seating, Error> {
    let now = tx.now;
    let seating = store::hold(tx, session).await?.ok_or(Denied::Invisible)?;
    store::open_until(tx, session, now).await?.ok_or(Denied::Invisible)?;
    Ok(seating)
}

/// A delegation that takes no part takes no seat.
pub async fn must_stand(tx: &mut Tx<'_>, code: &ParticipantCode) -> Result<(), Error> {
    let delegation = delegations::hold(tx, code).await?;
    let stands = delegation.is_some_and(|delegation| delegation.stage.is_open());
    if stands { Ok(()) } else { Err(Error::NoDelegation) }
}

/// Something that happened to the seats of a session.
pub fn about(kind: &'static str, session: SessionId, code: &ParticipantCode) -> Event {
    Event::of(kind, session.uuid()).participant(code)
}

/// What the database refuses of a seat.
pub fn refused(error: sqlx::Error) -> Error {
    if db::broke(&error, "seat_member_once") {
        Error::SitsAlready
    } else if db::broke(&error, "seating_is_never_oversold") {
        Error::NoSeat(NoSeat::Full { free: 0 })
    } else {
        error.into()
    }
}

async fn whose(
    db: &Db,
    actor: &Actor,
    session: SessionId,
    id: SeatId,
) -> Result<ParticipantCode, Error> {
    let mut tx = db.read(&actor.see(Action::ListSeats)?).await?;
    let seat = store::find(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    Ok(seat.participant)
}

async fn check_member(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    member: MemberId,
    pointer: &str,
    faults: &mut Faults,
) -> Result<(), Error> {
    if delegations::find_member(tx, code, member).await?.is_none() {
        let Fault { code, detail } =
            Fault::new("unknown_member", "the id of a member of the delegation is expected");
        faults.add(pointer, code, detail);
    }
    Ok(())
}
