//! What missions do with their side events, and what officers decide.

use sqlx::PgConnection;

use super::body::{Entering, Wanted};
use super::model::{Answer, Application, SideEvent, Step};
use super::refused::Refused;
use super::view::Shown;
use super::{requests, reviews, store};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Events, Tx, Written};
use crate::delegations::{self, StageName};
use crate::ids::SideEventId;
use crate::input::Faults;
use crate::page::IfMatch;
use crate::participants;
use crate::programme::error::Error;
use crate::programme::frame::Frame;
use crate::programme::store::moment;
use crate::text::ParticipantCode;

/// Begins an application, as a draft. Who of the speakers is to be accredited is entered with it.
pub async fn begin(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    code: &ParticipantCode,
    application: &Application,
    entering: &[Entering],
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareSideEvent(code))?;

    db.write(permit, async |tx| {
        must_be_open(db, frame, actor, tx).await?;
        let mut application = application.clone();
        let entered = enter(tx, code, &mut application, entering).await?;
        check(tx, frame, code, &application).await?;
        let event = SideEvent::begun(code.clone(), application, tx.now);
        store::insert(tx, &event, actor.account()).await?;
        let begun = about("side_event.begun", &event).with(&event.application.told());
        let events = entered.into_iter().fold(Events::from(begun), Events::and);
        Ok((Created(Shown::to(actor, &frame.side_events, event)), events))
    })
    .await
}

/// Changes what is asked for, each part until its day.
pub async fn change(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SideEventId,
    if_match: &IfMatch,
    wanted: &Wanted,
) -> Result<Written<Shown>, Error> {
    let code = &sponsor_of(db, actor, id).await?;
    let permit = actor.permit(Action::PrepareSideEvent(code))?;

    let changed = db
        .write(permit, async |tx| {
            delegations::hold(tx, code).await?;
            let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(before.version)?;
            let mut faults = Faults::default();
            let mut application = wanted.apply(before.application.clone(), &mut faults);
            faults.none_or()?;
            if !actor.may(Action::ReviewSideEvents) {
                let now = moment(tx, db.clock.held()).await?;
                let both = (&before.application, &application);
                let late = frame.side_events.too_late(before.state, both, now);
                late.none_or().map_err(Refused::TooLate)?;
            }
            let entered = enter(tx, code, &mut application, &wanted.entering).await?;
            check(tx, frame, code, &application).await?;
            let was = before.application.told();
            let event = before.changed(application, tx.now)?;
            store::save_application(tx, &event).await?;
            let changed =
                about("side_event.changed", &event).changed(&was, &event.application.told());
            let events = entered.into_iter().fold(Events::from(changed), Events::and);
            Ok::<_, Error>((Shown::to(actor, &frame.side_events, event), events))
        })
        .await?;
    requests::tell_after_step(db).await;
    Ok(changed)
}

/// Takes a side event a step further: submit, accept, reject, withdraw.
pub async fn go(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SideEventId,
    if_match: &IfMatch,
    step: &Step,
) -> Result<Written<Shown>, Error> {
    let code = &sponsor_of(db, actor, id).await?;
    let permit = actor.permit(match step {
        Step::Submit | Step::Withdraw(_) => Action::PrepareSideEvent(code),
        Step::Accept(_) | Step::Reject(_) => Action::ReviewSideEvents,
    })?;

    let gone = db
        .write(permit, async |tx| {
            if matches!(step, Step::Submit | Step::Accept(_)) {
                must_be_accepted(tx, code).await?;
            }
            let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(before.version)?;
            let event = before.go(step, actor.account(), tx.now)?;
            match step {
                Step::Submit | Step::Withdraw(_) => must_be_open(db, frame, actor, tx).await?,
                Step::Accept(_) => reviews::must_suffice(tx, &frame.side_events, id).await?,
                Step::Reject(_) => {}
            }
            store::save_state(tx, &event).await?;
            let gone = about(step.event(), &event).because(step.reason());
            Ok::<_, Error>((Shown::to(actor, &frame.side_events, event), gone))
        })
        .await?;
    requests::tell_after_step(db).await;
    Ok(gone)
}

/// Says for a participant whether it organizes a side event with its sponsor.
pub async fn answer(
    db: &Db,
    frame: &Frame,
    actor: &Actor,
    id: SideEventId,
    code: &ParticipantCode,
    if_match: &IfMatch,
    answer: Answer,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::CoSponsorSideEvent(code))?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        let named = before.co_sponsors.iter().find(|other| other.participant == *code);
        let said = named.ok_or(Denied::Invisible)?.answer;
        if_match.check(before.version)?;
        if !before.takes_answers() {
            return Err(before.wrong_step().into());
        }
        let now = tx.now;
        if said != answer {
            store::save_answer(tx, id, code, answer, actor.account(), now).await?;
        }
        let event = before.answered(code, answer, now);
        let kind = match answer {
            Answer::Declined => "side_event.co_sponsor_declined",
            Answer::Asked | Answer::Confirmed => "side_event.co_sponsor_confirmed",
        };
        // It is the co-sponsor's own word: the entry is theirs, and the answer stands in the side event for the sponsor.
        let told = Event::of(kind, id.uuid()).participant(code);
        Ok((Shown::to(actor, &frame.side_events, event), told))
    })
    .await
}

/// Something that happened to a side event.
pub fn about(kind: &'static str, event: &SideEvent) -> Event {
    Event::of(kind, event.id.uuid()).participant(&event.sponsor)
}

/// Whose a side event is, for those who see it.
pub async fn sponsor_of(db: &Db, actor: &Actor, id: SideEventId) -> Result<ParticipantCode, Error> {
    let mut tx = db.read(&actor.see(Action::ListSideEvents)?).await?;
    Ok(store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?.sponsor)
}

/// Missions apply and withdraw until applications close, by the database's clock; officers also later.
async fn must_be_open(db: &Db, frame: &Frame, actor: &Actor, tx: &mut Tx<'_>) -> Result<(), Error> {
    let is_bound = !actor.may(Action::ReviewSideEvents);
    if is_bound && !frame.side_events.are_open(moment(tx, db.clock.held()).await?) {
        return Err(Refused::TooLate(Faults::default()).into());
    }
    Ok(())
}

/// R45: the sponsor is a participant whose delegation is accepted.
async fn must_be_accepted(tx: &mut Tx<'_>, code: &ParticipantCode) -> Result<(), Error> {
    let delegation = delegations::hold(tx, code).await?;
    let is_accepted =
        delegation.is_some_and(|delegation| delegation.stage.name() == StageName::Accepted);
    if is_accepted { Ok(()) } else { Err(Refused::NotAccepted.into()) }
}

/// Enters those of the speakers who are to be accredited, and names their entries.
async fn enter(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    application: &mut Application,
    entering: &[Entering],
) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for Entering { place, person, identity } in entering {
        let (member, event) = delegations::enter_member(tx, code, person, identity).await?;
        if let Some(speaker) = application.speakers.get_mut(*place) {
            speaker.member = Some(member.id);
        }
        events.push(event);
    }
    Ok(events)
}

/// Refuses what cannot be asked for, all at once.
async fn check(
    conn: &mut PgConnection,
    frame: &Frame,
    code: &ParticipantCode,
    application: &Application,
) -> Result<(), Error> {
    let mut faults = Faults::default();
    let slots: Vec<_> = frame.slots.iter().map(|slot| slot.key.clone()).collect();
    application.check(code, &slots, &mut faults);
    for (place, other) in application.co_sponsors.iter().enumerate() {
        if participants::find(conn, other).await?.is_none() {
            let detail = "the code of a participant of the register is expected";
            faults.add(format!("/co_sponsors/{place}"), "unknown_participant", detail);
        }
    }
    for (place, speaker) in application.speakers.iter().enumerate() {
        let Some(member) = speaker.member else { continue };
        if delegations::find_member(conn, code, member).await?.is_none() {
            let detail = "the id of a member of the delegation is expected";
            faults.add(format!("/speakers/{place}/member"), "unknown_member", detail);
        }
    }
    faults.none_or().map_err(Error::Faults)
}
