//! What officers add to the record.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::leaves;
use super::model::{
    Act, Action, ActionKind, CnNumber, Declaration, Draft, Entered, Entry, Notification, Parties,
    Record, Refusal, Signatory, Slot, Value, certify as decide_certification,
    correct as decide_correction, decide, withdraw as decide_withdrawal,
};
use super::session;
use super::store::{self, Which};
use super::told::{because, facts};
use crate::access::{self, Actor, Denied};
use crate::ceremony::{Ceremony, PlaceCode};
use crate::db::{Db, Event, Shut, Tx, Written};
use crate::full_powers::{self, Bar, Entitlement};
use crate::ids::{ActId, FullPowersId, NotificationId};
use crate::ledger::{self, Ledger, Logged};
use crate::page::{IfMatch, Stale, Version};
use crate::text::{ParticipantCode, Reason};

/// Why nothing was added to the record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A treaty action is recorded once, however often the request is repeated: that needs a key.
    #[error("a treaty action is recorded under an Idempotency-Key")]
    KeyRequired,
    /// The register does not know the participant.
    #[error("the register does not know this participant")]
    ParticipantUnknown,
    /// The signatory is not entitled to sign (R6–R11): all that keeps them from it.
    #[error("the signatory is not entitled to sign")]
    NotEntitled(Vec<Bar>),
    /// The rules of the record say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The number is that of a notification of another treaty.
    #[error("the notification is of another treaty")]
    OfAnotherTreaty,
    /// The notification is noted beside this entry already.
    #[error("this notification is noted already")]
    NotedAlready,
    /// Something was said of the entry in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The ledger took nothing, or could not prove what it took.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// An action as an officer types it.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// What was done.
    pub kind: ActionKind,
    /// By whom.
    pub participant: ParticipantCode,
    /// What entitled the signatory; signatures only.
    pub full_powers: Option<FullPowersId>,
    /// Where.
    pub place: PlaceCode,
    /// The moment, with its offset.
    pub done_at: DateTime<FixedOffset>,
    /// Whether a signature is *ad referendum*.
    pub ad_referendum: bool,
    /// Declarations and reservations made with it.
    pub declarations: Vec<Declaration>,
}

/// An entry as the answer shows it.
#[derive(Debug)]
pub struct Shown {
    /// The entry, and what was said of it since.
    pub entered: Entered,
    /// What the Depositary published of it.
    pub notifications: Vec<Notification>,
    /// Where it, and what settled it, and each notification stand in the ledger.
    pub logged: BTreeMap<Uuid, Logged>,
    /// Whether the request added it.
    pub is_new: bool,
}

impl Shown {
    /// Counts what was said of the entry.
    #[must_use]
    pub fn version(&self) -> Version {
        let said = self.entered.entries + self.notifications.len();
        Version(i64::try_from(said).unwrap_or(i64::MAX))
    }
}

/// Who records, in which book, by which rules.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The database.
    pub db: &'a Db,
    /// The log of the record.
    pub ledger: &'a Ledger,
    /// The treaty and its windows.
    pub ceremony: &'a Ceremony,
    /// The officer.
    pub actor: &'a Actor,
}

/// Records what a participant did.
pub async fn record(desk: Desk<'_>, proposed: &Proposed) -> Result<Written<Shown>, Error> {
    let Desk { db, ledger, ceremony, actor } = desk;
    let permit = actor.permit(access::Action::RecordAct)?;
    if permit.idempotency().is_none() {
        return Err(Error::KeyRequired);
    }
    ledger.is_witnessed(db).await?;

    let written = db.write(permit, async |tx| {
        let entitlement = match proposed.full_powers {
            Some(id) => full_powers::lock_entitlement(tx, id).await?,
            None => None,
        };
        lock(db, tx).await?;
        let action = judge(tx, ceremony, proposed, entitlement.as_ref()).await?;
        let entry = Entry::Action(action);
        let act = append(tx, desk, entry).await?;
        if let (ActionKind::Signature, Some(full_powers)) = (proposed.kind, proposed.full_powers) {
            let (participant, by) = (&proposed.participant, actor.account());
            session::sign(tx, ceremony, participant, full_powers, act.id, by).await?;
        }
        let event = Event::of("act.recorded", act.id.uuid())
            .participant(&proposed.participant)
            .with(&facts(&act));
        Ok::<_, Error>((show(tx, act.id, true).await?, event))
    });
    Ok(leaves::acknowledged(db, ledger, written.await?).await?)
}

/// A second officer finds an entry right (R32); a correction takes effect by it (R15).
pub async fn certify(
    desk: Desk<'_>,
    of: ActId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let by = desk.actor.account();
    say(desk, of, if_match, "act.certified", |record, parties, _| {
        decide_certification(record, parties, of, by)
    })
    .await
}

/// The recorder takes an entry back that nobody has certified yet (R32).
pub async fn withdraw(
    desk: Desk<'_>,
    of: ActId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Shown>, Error> {
    let by = desk.actor.account();
    say(desk, of, if_match, "act.withdrawn", |record, parties, _| {
        decide_withdrawal(record, parties, of, by, reason.clone())
    })
    .await
}

/// Proposes a correction of an action (R15). The answer is the correction, which a second officer is to certify.
pub async fn correct(
    desk: Desk<'_>,
    of: ActId,
    if_match: &IfMatch,
    values: &[Value],
    reason: &Reason,
) -> Result<Written<Shown>, Error> {
    say(desk, of, if_match, "act.corrected", |record, parties, now| {
        decide_correction(record, parties, &desk.ceremony.windows, now, of, values, reason.clone())
    })
    .await
}

/// Notes beside an entry what the Depositary published of it (R16).
pub async fn note(
    desk: Desk<'_>,
    of: ActId,
    if_match: &IfMatch,
    number: &CnNumber,
    published_on: Option<NaiveDate>,
) -> Result<Written<Shown>, Error> {
    let Desk { db, ledger, ceremony, actor } = desk;
    let permit = actor.permit(access::Action::RecordAct)?;
    if !number.is_of(&ceremony.treaty.number) {
        return Err(Error::OfAnotherTreaty);
    }
    ledger.is_witnessed(db).await?;

    let written = db.write(permit, async |tx| {
        lock(db, tx).await?;
        let before = show(tx, of, false).await?;
        if_match.check(before.version())?;
        let notification = Notification {
            id: NotificationId::fresh(),
            act: of,
            number: number.clone(),
            published_on,
            noted_by: actor.account(),
            noted_at: tx.now,
        };
        if !store::insert_notification(tx, &notification).await? {
            return Err(Error::NotedAlready);
        }
        leaves::enter_notification(tx, ledger, notification.id).await?;
        let after = show(tx, of, false).await?;
        let event = Event::of("act.notified", of.uuid())
            .participant(&after.entered.participant)
            .with(&json!({ "number": number, "published_on": published_on }));
        Ok::<_, Error>((after, event))
    });
    Ok(leaves::acknowledged(db, ledger, written.await?).await?)
}

/// Reads entries, in the order of the identities given.
pub async fn read(conn: &mut PgConnection, ids: &[ActId]) -> Result<Vec<Shown>, Error> {
    let acts = store::load(conn, Which::About(ids), true).await?;
    let mut notifications = store::notifications(conn, ids).await?;
    let noted = notifications.iter().map(|notification| notification.id.uuid());
    let subjects: Vec<_> = acts.iter().map(|act| act.id.uuid()).chain(noted).collect();
    let places = leaves::places(conn, &subjects).await?;
    let record = Record::of(&acts);
    let show = |id: &ActId| {
        let entered = Entered::of(&record, *id)?;
        let notifications: Vec<_> = notifications.extract_if(.., |n| n.act == *id).collect();
        let settled = entered.settled.as_ref().map(|settled| settled.entry);
        let noted = notifications.iter().map(|notification| notification.id.uuid());
        let told = [Some(*id), settled].into_iter().flatten().map(ActId::uuid).chain(noted);
        let logged = told.filter_map(|subject| Some((subject, places.get(&subject)?.clone())));
        Some(Shown { logged: logged.collect(), entered, notifications, is_new: false })
    };
    Ok(ids.iter().filter_map(show).collect())
}

/// Says something of an earlier entry. Whether that can be said, the whole record decides.
async fn say(
    desk: Desk<'_>,
    of: ActId,
    if_match: &IfMatch,
    what: &'static str,
    decide: impl Fn(&Record<'_>, &Parties, DateTime<Utc>) -> Result<Entry, Refusal>,
) -> Result<Written<Shown>, Error> {
    let Desk { db, ledger, actor, .. } = desk;
    let permit = actor.permit(access::Action::RecordAct)?;
    ledger.is_witnessed(db).await?;

    let written = db.write(permit, async |tx| {
        lock(db, tx).await?;
        let before = show(tx, of, false).await?;
        if_match.check(before.version())?;
        let acts = store::load(tx, Which::All, true).await?;
        let parties = store::parties(tx, None).await?;
        let entry = decide(&Record::of(&acts), &parties, tx.now)?;
        let act = append(tx, desk, entry).await?;
        // A correction is something new; the others say how an entry ends, and the answer is that entry.
        let is_new = matches!(act.entry, Entry::Correction(_));
        let after = show(tx, if is_new { act.id } else { of }, is_new).await?;
        let event = Event::of(what, of.uuid()).participant(&after.entered.participant);
        Ok::<_, Error>((after, because(event, &act)))
    });
    Ok(leaves::acknowledged(db, ledger, written.await?).await?)
}

/// Has the record to itself, and the time: later than that of every entry before, whatever the clock says, so that
/// the order of recording is the order in which entries become visible (R28).
async fn lock(db: &Db, tx: &mut Tx<'_>) -> Result<(), sqlx::Error> {
    let last = store::lock(tx).await?;
    let now = db.clock.now();
    tx.now = last.map_or(now, |last| now.max(last + TimeDelta::microseconds(1)));
    Ok(())
}

/// Decides whether an action is recorded: by the record, then by what entitles its signatory.
async fn judge(
    tx: &mut Tx<'_>,
    ceremony: &Ceremony,
    proposed: &Proposed,
    entitlement: Option<&Entitlement>,
) -> Result<Action, Error> {
    let Proposed { participant, .. } = proposed;
    let parties = store::parties(tx, Some(participant)).await?;
    let party = parties.get(participant).ok_or(Error::ParticipantUnknown)?;
    let concerned: Vec<_> = party.members.iter().chain([participant]).cloned().collect();
    let acts = store::load(tx, Which::Of(&concerned), false).await?;
    let signatory = entitlement.map(|e| {
        let application = &e.full_powers.application;
        Signatory {
            name: application.signer.name.clone(),
            office: application.signer.office.clone(),
            capacity: application.basis,
            acting: application.acting,
        }
    });
    let draft = Draft {
        kind: proposed.kind,
        participant: participant.clone(),
        place: proposed.place.clone(),
        done_at: proposed.done_at,
        signatory,
        full_powers: entitlement.map(|e| e.full_powers.id),
        ad_referendum: proposed.ad_referendum,
        declarations: proposed.declarations.clone(),
    };
    let standing = Record::of(&acts).standing();
    let action = decide(draft, &standing, &parties, &ceremony.windows, tx.now)?;
    let Some(entitled) = entitlement else { return Ok(action) };
    let (bars, overrides) = entitled.judge(participant, &action.place, action.legal_date);
    if bars.is_empty() { Ok(Action { overrides, ..action }) } else { Err(Error::NotEntitled(bars)) }
}

async fn append(tx: &mut Tx<'_>, desk: Desk<'_>, entry: Entry) -> Result<Act, Error> {
    let recorded_by = desk.actor.account();
    let act = Act { id: ActId::fresh(), recorded_by, recorded_at: tx.now, entry };
    match &act.entry {
        Entry::Action(action) => {
            store::insert_action(tx, &act, action).await?;
            let slot = action.kind.slot();
            if let Some(first) = store::take_slot(tx, &action.participant, slot, act.id).await? {
                return Err(taken(slot, first).into());
            }
        }
        Entry::Withdrawal { of, reason } => {
            store::insert_remark(tx, &act, *of).await?;
            store::free_slot(tx, *of).await?;
            session::release(tx, *of, reason, recorded_by).await?;
        }
        Entry::Correction(correction) => store::insert_remark(tx, &act, correction.of).await?,
        Entry::Certification { of } => store::insert_remark(tx, &act, *of).await?,
    }
    leaves::enter_act(tx, desk.ledger, act.id).await?;
    Ok(act)
}

async fn show(conn: &mut PgConnection, id: ActId, is_new: bool) -> Result<Shown, Error> {
    let shown = read(conn, &[id]).await?.pop().ok_or(Denied::Invisible)?;
    Ok(Shown { is_new, ..shown })
}

fn taken(slot: Slot, first: ActId) -> Refusal {
    match slot {
        Slot::Signature => Refusal::AlreadySigned { first },
        Slot::Consent => Refusal::AlreadyBound { first },
        Slot::Confirmation | Slot::NoIntention | Slot::Denunciation => {
            Refusal::AlreadyDone { first }
        }
    }
}
