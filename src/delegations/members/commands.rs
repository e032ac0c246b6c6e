//! What missions, the secretariat and security do with members.

use chrono::NaiveDate;
use serde_json::json;

use super::body::MemberPatch;
use super::model::{Calendar, Identity, Member, Person};
use super::person::{Function, Rank};
use super::status::{Lost, StatusName, Step};
use super::store;
use super::told;
use super::view::{PassportView, Shown};
use crate::access::{Action, Actor, Denied};
use crate::ceremony::Ceremony;
use crate::db::{Created, Db, Event, Tx, Written};
use crate::delegations::changes;
use crate::delegations::checklist;
use crate::delegations::commands::{Error, Taken};
use crate::delegations::quotas::{self, Seat};
use crate::delegations::sight::Sight;
use crate::ids::MemberId;
use crate::input::Faults;
use crate::page::IfMatch;
use crate::text::{ParticipantCode, Reason};

/// Enters a person into a delegation, as a draft.
pub async fn enter(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    person: &Person,
    identity: &Identity,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        let (member, event) = entered(tx, code, person, identity).await?;
        Ok((Created(shown(actor, member, identity.clone())), event))
    })
    .await
}

/// The same within a write of which it is a part: whoever is permitted to prepare the delegation.
pub async fn entered(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    person: &Person,
    identity: &Identity,
) -> Result<(Member, Event), Error> {
    must_take_part(tx, code, "enter", false).await?;
    let member = Member::begun(code.clone(), person.clone(), tx.now);
    let vault = tx.vault;
    store::insert(tx, vault, &member, identity).await.map_err(taken)?;
    let event = Event::of("member.created", member.id.uuid())
        .participant(code)
        .with(&told::all(person, identity));
    Ok((member, event))
}

/// Changes what is said of a person, while nobody has passed it on.
pub async fn change(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    if_match: &IfMatch,
    patch: &MemberPatch,
    ceremony: &Ceremony,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        must_take_part(tx, code, "change", ceremony.quotas.must_be_counted()).await?;
        let before = store::lock(tx, code, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let vault = tx.vault;
        let sealed = store::open(tx, vault, id).await?;
        let mut faults = Faults::default();
        let (person, identity) =
            patch.clone().apply(before.person.clone(), sealed.clone(), &mut faults);
        let member = before.clone().changed(person, tx.now)?;
        if member.status.takes_a_place() {
            complete(tx, &member, &identity, ceremony.event.last_day, &mut faults).await?;
        }
        faults.none_or()?;
        if member.status.takes_a_place() {
            let (was, is) = (Seat::of(&before.person), Seat::of(&member.person));
            quotas::must_fit(tx, &ceremony.quotas, code, Some(was), is).await?;
        }
        store::save(tx, vault, &member, &identity).await.map_err(taken)?;
        let (was, is) = told::difference((&before.person, &sealed), (&member.person, &identity));
        let event = Event::of("member.changed", id.uuid()).participant(code).changed(&was, &is);
        Ok((shown(actor, member, identity), event))
    })
    .await
}

/// Takes a member a step further: submit, pre-approve, approve, reject, hold, suspend, revoke, withdraw.
pub async fn go(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    if_match: &IfMatch,
    step: &Step,
    ceremony: &Ceremony,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(action(step, code))?;

    db.write(permit, async |tx| {
        let is_submitted = matches!(step, Step::Submit(_));
        if step.is_forward() {
            let alone = is_submitted && ceremony.quotas.must_be_counted();
            must_take_part(tx, code, step.verb(), alone).await?;
        }
        let before = store::lock(tx, code, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let (member, lost) = before.clone().go(step.clone(), tx.now)?;
        let vault = tx.vault;
        let identity = store::open(tx, vault, id).await?;
        if is_submitted {
            let mut faults = Faults::default();
            complete(tx, &member, &identity, ceremony.event.last_day, &mut faults).await?;
            faults.none_or()?;
            let seat = Seat::of(&member.person);
            quotas::must_fit(tx, &ceremony.quotas, code, None, seat).await?;
        }
        if let Some(step) = step.checked() {
            let today = tx.now.date_naive();
            checklist::member_may(tx, &ceremony.checklists, code, id, step, today).await?;
        }
        store::save_status(tx, &member).await?;
        if !member.status.stands() {
            changes::lapse(tx, &[id], actor.account(), member.updated_at).await?;
        }
        let event = event(step, before.status.name(), &member, lost);
        Ok((Shown { lost, ..shown(actor, member, identity) }, event))
    })
    .await
}

/// What somebody must be permitted to take a member this step further.
pub(super) fn action<'a>(step: &Step, code: &'a ParticipantCode) -> Action<'a> {
    match step {
        Step::Submit(_) | Step::Withdraw(_) => Action::PrepareDelegation(code),
        Step::PreApprove(_) => Action::ReviewDelegation(code),
        Step::Approve(_) => Action::ClearMember(code),
        Step::Reject(_) | Step::Hold(_) | Step::Suspend(_) | Step::Revoke(_) => {
            Action::RefuseMember(code)
        }
    }
}

/// What the audit trail says of a step.
pub(super) fn event(step: &Step, was: StatusName, member: &Member, lost: Option<Lost>) -> Event {
    Event::of(step.event(), member.id.uuid())
        .participant(&member.participant)
        .changed(
            &json!({ "status": was }),
            &json!({ "status": member.status.name(), "revoked": lost }),
        )
        .because(step.reason())
}

/// Removes a draft, which nobody but its mission has dealt with.
pub async fn delete(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    if_match: &IfMatch,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        let member = store::lock(tx, code, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(member.version)?;
        if !store::delete_draft(tx, id).await.map_err(taken)? {
            return Err(member.status.refuse("delete").into());
        }
        Ok(((), Event::of("member.deleted", id.uuid()).participant(code)))
    })
    .await
}

/// Reads a passport in clear. The reading is itself an entry of the audit trail, with its reason (R50).
pub async fn read_passport(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    reason: &Reason,
) -> Result<Written<PassportView>, Error> {
    let permit = actor.permit(Action::ReadPassport(code))?;

    db.write(permit, async |tx| {
        store::find(tx, code, id).await?.ok_or(Denied::Invisible)?;
        let vault = tx.vault;
        let identity = store::open(tx, vault, id).await?;
        let event =
            Event::of("member.passport_read", id.uuid()).participant(code).because(Some(reason));
        Ok((PassportView::from(&identity), event))
    })
    .await
}

/// Holds the delegation as it is until the transaction ends; it must take part, or may come to. Who is `alone` with it
/// counts its members while nobody else adds one.
pub async fn must_take_part(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    wanted: &'static str,
    alone: bool,
) -> Result<(), Error> {
    use crate::delegations::store::{hold, lock};

    let delegation = if alone { lock(tx, code).await? } else { hold(tx, code).await? };
    Ok(delegation.ok_or(Denied::Invisible)?.must_be_open(wanted)?)
}

/// R36: everything that must be known before others look at an entry; adds what is missing or wrong to `faults`.
pub async fn complete(
    tx: &mut Tx<'_>,
    member: &Member,
    identity: &Identity,
    last_day: NaiveDate,
    faults: &mut Faults,
) -> Result<(), Error> {
    let accompanies_exempt = member.person.function == Function::Spouse
        && store::has_rank(tx, &member.participant, Rank::EXEMPT).await?;
    member.person.missing(identity, accompanies_exempt, faults);
    let calendar = Calendar { today: tx.now.date_naive(), last_day };
    calendar.judge(identity.date_of_birth, identity.passport_expires_on, faults);
    Ok(())
}

fn shown(actor: &Actor, member: Member, identity: Identity) -> Shown {
    let sight = Sight::of(actor, &member.participant);
    Shown { member, identity: Some(identity), sight, lost: None, warnings: None }
}

/// Which of the claims of the database a row would have broken (R33, R36).
pub fn taken(error: sqlx::Error) -> Error {
    let claims = [
        ("delegation_has_one_head", Taken::Head),
        ("delegation_has_one_alternate_head", Taken::AlternateHead),
        ("member_email_once", Taken::Email),
    ];
    match claims.into_iter().find(|(constraint, _)| crate::db::broke(&error, constraint)) {
        Some((_, taken)) => Error::Taken(taken),
        None if crate::db::sqlstate(&error).as_deref() == Some("23503") => {
            Error::Taken(Taken::Reference)
        }
        None => Error::Database(error),
    }
}
