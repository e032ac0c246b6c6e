//! What is done with full powers and appointments.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value as Json, json};

use super::model::{
    Application, Appointment, Bar, Basis, Examined, FullPowers, Mark, Paper, Refusal, Signer,
    Stage, StageColumns, WrongStage,
};
use super::overrides;
use super::store;
use crate::access::{Action, Actor, Denied, Permit};
use crate::ceremony::{Ceremony, PlaceCode};
use crate::db::{Created, Db, Event, Events, Shut, Tx, Written};
use crate::delegations;
use crate::ids::{AppointmentId, FullPowersId, MemberId};
use crate::input::Faults;
use crate::page::{IfMatch, Stale};
use crate::text::{Fault, Label, ParticipantCode, PersonName, Reason};

/// Why a command on full powers was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What was lodged cannot be taken in as it is.
    #[error("what was lodged cannot be taken in as it is")]
    Faulty(Faults),
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An appointment stands already for these full powers.
    #[error("an appointment stands already for these full powers")]
    AppointedAlready,
    /// Somebody changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<WrongStage> for Error {
    fn from(wrong: WrongStage) -> Self {
        Self::Refused(wrong.into())
    }
}

/// What somebody hands in.
#[derive(Debug, Clone)]
pub struct Lodged {
    /// For whom the signer signs.
    pub participant: ParticipantCode,
    /// Who signs: a person of the delegation (R11).
    pub member: MemberId,
    /// What entitles them.
    pub basis: Basis,
    /// Whether the office of the basis is held by acting in it.
    pub acting: bool,
    /// What the paper says.
    pub paper: Paper,
}

/// An hour at which somebody is to sign.
#[derive(Debug, Clone)]
pub struct Hour {
    /// By which full powers.
    pub full_powers: FullPowersId,
    /// Where.
    pub place: PlaceCode,
    /// When, with the offset as given.
    pub at: DateTime<FixedOffset>,
}

/// Takes full powers in, gaps and all.
pub async fn lodge(
    db: &Db,
    actor: &Actor,
    lodged: &Lodged,
) -> Result<Written<Created<FullPowers>>, Error> {
    let permit = actor.permit(Action::LodgeFullPowers(&lodged.participant))?;
    let id = FullPowersId::fresh();

    db.write(permit, async |tx| {
        let Lodged { participant, basis, acting, paper, .. } = lodged.clone();
        let signer = signer(tx, lodged).await?;
        if let Some(document) = paper.document
            && !store::hold_copy(tx, &participant, document).await?
        {
            let detail = "full powers or credentials of this participant are expected, not refused";
            return Err(fault("/document", Fault::new("unknown_document", detail)));
        }
        let application = Application { participant, signer, basis, acting, paper };
        let by = Mark { by: actor.account(), at: tx.now };
        let full_powers = FullPowers::lodge(id, application, by).map_err(Error::Faulty)?;
        store::insert(tx, &full_powers).await?;
        let event = Event::of("full_powers.lodged", id.uuid())
            .participant(&full_powers.application.participant)
            .with(&facts(&full_powers));
        Ok((Created(full_powers), event))
    })
    .await
}

/// A treaty officer finds them without a gap (R7).
pub async fn verify(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
) -> Result<Written<FullPowers>, Error> {
    let step = FullPowers::verify;
    examine(db, ceremony, actor, id, if_match, "full_powers.verified", step).await
}

/// A second officer finds the same (R9).
pub async fn confirm(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
) -> Result<Written<FullPowers>, Error> {
    let participant = find(db, actor, id).await?.application.participant;
    actor.permit(Action::ConfirmFullPowers(&participant))?;
    let step = FullPowers::confirm;
    examine(db, ceremony, actor, id, if_match, "full_powers.confirmed", step).await
}

/// An officer does not accept them.
pub async fn refuse(
    db: &Db,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<FullPowers>, Error> {
    go(db, actor, id, if_match, "full_powers.refused", |before, by| {
        Ok(before.refuse(by, reason.clone())?)
    })
    .await
}

/// The participant has taken them back (R10).
pub async fn revoke(
    db: &Db,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<FullPowers>, Error> {
    go(db, actor, id, if_match, "full_powers.revoked", |before, by| {
        Ok(before.revoke(by, reason.clone())?)
    })
    .await
}

/// The original has arrived.
pub async fn receive_original(
    db: &Db,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
) -> Result<Written<FullPowers>, Error> {
    go(db, actor, id, if_match, "full_powers.original_received", |before, by| {
        Ok(before.receive_original(by)?)
    })
    .await
}

/// Gives the holder of full powers an hour at the table (R9).
pub async fn appoint(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    hour: &Hour,
) -> Result<Written<Created<Appointment>>, Error> {
    let permit = checker(db, actor, hour.full_powers).await?;
    let id = AppointmentId::fresh();

    db.write(permit, async |tx| {
        let full_powers = store::lock(tx, hour.full_powers).await?.ok_or(Denied::Invisible)?;
        let overrides = overrides::list(tx, hour.full_powers).await?;
        let is_lifted = overrides.iter().any(|made| made.lifts(Bar::NotVerified));
        let by = Mark { by: actor.account(), at: tx.now };
        let (windows, place) = (&ceremony.windows, hour.place.clone());
        let made = Appointment::make(id, &full_powers, is_lifted, windows, place, hour.at, by)?;
        if !store::insert_appointment(tx, &made).await? {
            return Err(Error::AppointedAlready);
        }
        let event = Event::of("appointment.made", id.uuid())
            .participant(&made.participant)
            .with(&json!({ "full_powers": made.full_powers, "place": made.place, "at": made.at }));
        Ok((Created(made), event))
    })
    .await
}

/// Takes an hour back.
pub async fn cancel(
    db: &Db,
    actor: &Actor,
    id: AppointmentId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Appointment>, Error> {
    let participant = find_appointment(db, actor, id).await?.participant;
    let permit = actor.permit(Action::CheckFullPowers(&participant))?;

    db.write(permit, async |tx| {
        let before = store::lock_appointment(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let by = Mark { by: actor.account(), at: tx.now };
        let after = before.cancel(by, reason.clone())?;
        store::save_appointment(tx, &after).await?;
        let event = told_of_cancelling(&after, reason);
        Ok((after, event))
    })
    .await
}

/// Full powers, for who may see them.
pub async fn find(db: &Db, actor: &Actor, id: FullPowersId) -> Result<FullPowers, Error> {
    let mut tx = db.read(&actor.see(Action::ListFullPowers)?).await?;
    let found = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(Action::ReadFullPowers(&found.application.participant))?;
    Ok(found)
}

/// An appointment, for who may see it.
pub async fn find_appointment(
    db: &Db,
    actor: &Actor,
    id: AppointmentId,
) -> Result<Appointment, Error> {
    let mut tx = db.read(&actor.see(Action::ListFullPowers)?).await?;
    let found = store::find_appointment(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(Action::ReadFullPowers(&found.participant))?;
    Ok(found)
}

/// The permit of who may check these full powers.
pub(super) async fn checker(db: &Db, actor: &Actor, id: FullPowersId) -> Result<Permit, Error> {
    let participant = find(db, actor, id).await?.application.participant;
    Ok(actor.permit(Action::CheckFullPowers(&participant))?)
}

/// A step for which the paper, the signer and the day are looked at.
async fn examine(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
    what: &'static str,
    step: impl Fn(FullPowers, &Label, &Examined, Mark) -> Result<FullPowers, Refusal>,
) -> Result<Written<FullPowers>, Error> {
    let permit = checker(db, actor, id).await?;

    db.write(permit, async |tx| {
        // Papers, then persons, then what is said of them: the order of locks.
        let seen = store::find(tx, id).await?.ok_or(Denied::Invisible)?;
        let Application { participant, paper, .. } = &seen.application;
        let has_copy = match paper.document {
            Some(document) => store::hold_copy(tx, participant, document).await?,
            None => false,
        };
        let rank = store::lock_rank(tx, &seen).await?;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let examined = Examined { rank, has_copy, today: ceremony.latest_day(tx.now) };
        let by = Mark { by: actor.account(), at: tx.now };
        let after = step(before, &ceremony.treaty.number, &examined, by)?;
        store::save(tx, &after).await?;
        Ok(moved(what, after))
    })
    .await
}

async fn go(
    db: &Db,
    actor: &Actor,
    id: FullPowersId,
    if_match: &IfMatch,
    what: &'static str,
    step: impl Fn(FullPowers, Mark) -> Result<FullPowers, Refusal>,
) -> Result<Written<FullPowers>, Error> {
    let permit = checker(db, actor, id).await?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let by = Mark { by: actor.account(), at: tx.now };
        let after = step(before, by)?;
        store::save(tx, &after).await?;
        let cancelled = cancel_with(tx, &after, by).await?;
        let (after, event) = moved(what, after);
        let mut events = Events::from(event);
        if let Some(event) = cancelled {
            events.push(event);
        }
        Ok((after, events))
    })
    .await
}

/// An hour to sign by papers that entitle nobody any more is taken back with them.
async fn cancel_with(
    tx: &mut Tx<'_>,
    after: &FullPowers,
    by: Mark,
) -> Result<Option<Event>, Error> {
    let Some(reason) = end(after) else { return Ok(None) };
    let Some(standing) = store::lock_standing(tx, after.id).await? else { return Ok(None) };
    let cancelled = standing.cancel(by, reason.clone())?;
    store::save_appointment(tx, &cancelled).await?;
    Ok(Some(told_of_cancelling(&cancelled, reason)))
}

fn told_of_cancelling(appointment: &Appointment, reason: &Reason) -> Event {
    Event::of("appointment.cancelled", appointment.id.uuid())
        .participant(&appointment.participant)
        .because(Some(reason))
}

/// Why full powers entitle nobody any more, where they do not.
fn end(full_powers: &FullPowers) -> Option<&Reason> {
    match full_powers.stage() {
        Stage::Refused { reason, .. } | Stage::Revoked { reason, .. } => Some(reason),
        Stage::Lodged | Stage::Verified { .. } | Stage::Confirmed { .. } => None,
    }
}

fn moved(what: &'static str, after: FullPowers) -> (FullPowers, Event) {
    let event = Event::of(what, after.id.uuid())
        .participant(&after.application.participant)
        .with(&facts(&after))
        .because(end(&after));
    (after, event)
}

/// What the audit trail keeps of full powers.
fn facts(full_powers: &FullPowers) -> Json {
    let Application { signer, basis, acting, paper, .. } = &full_powers.application;
    json!({
        "member": signer.member,
        "basis": basis,
        "acting": acting,
        "acts": paper.acts,
        "document": paper.document,
        "stage": StageColumns::from(full_powers.stage().clone()).stage,
    })
}

/// The signer with name and office as they shall stand in the record.
async fn signer(tx: &mut Tx<'_>, lodged: &Lodged) -> Result<Signer, Error> {
    let unknown = || {
        let detail = "a person of the participant's delegation is expected (R11)";
        fault("/member", Fault::new("unknown_member", detail))
    };
    let Lodged { participant, member, .. } = lodged;
    let member = delegations::find_member(tx, participant, *member).await?.ok_or_else(unknown)?;
    if !store::is_of_delegation(&member) {
        return Err(unknown());
    }
    let name = PersonName::parse(&member.person.full_name()).map_err(|f| fault("/member", f))?;
    let office = member.person.functional_title.ok_or_else(|| {
        let detail = "the person's functional title is expected: it shall stand in the record";
        fault("/member", Fault::new("functional_title_required", detail))
    })?;
    Ok(Signer { member: member.id, name, office })
}

fn fault(pointer: &str, fault: Fault) -> Error {
    Error::Faulty(Faults::at(pointer, fault))
}
