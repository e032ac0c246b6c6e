//! Forgetting, at the end of a period or at an officer's word; holds; and what is still held.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::model::{Certificate, Datum, LegalHold, Lifted, Outcome, Rule};
use super::store::{self, Forgotten, HoldsWanted};
use super::view::{Erased, ReportView};
use crate::access::{Action, Actor, Denied, Permit};
use crate::ceremony::Ceremony;
use crate::db::{Created, Db, Event, Scope, Shut, Tx, Written};
use crate::delegations::{self, WrongState, find_member, lock_member};
use crate::documents::{self, Papers};
use crate::ids::{CertificateId, LegalHoldId, MemberId};
use crate::input::Faults;
use crate::page::{IfMatch, Limit, Stale, Version};
use crate::text::{Fault, ParticipantCode, Reason};

/// How many members are forgotten in one transaction, and so in one certificate.
const BATCH_MEMBERS: i64 = 500;

/// Why a command on retention was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A legal hold keeps it.
    #[error("a legal hold keeps these data")]
    Held,
    /// The rules know no such step from here.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Values that are not accepted.
    #[error("some values are not accepted")]
    Faults(Faults),
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

/// What one transaction of a run forgets.
#[derive(Debug, Clone, Copy)]
enum Share<'a> {
    /// Data of some members.
    Members(&'a [Datum]),
    /// Papers that identify persons and were handed in for nobody in particular.
    LoosePapers,
    /// Where delegations are reached.
    Contacts,
    /// Drafts that their missions removed.
    Removed,
}

impl Share<'_> {
    fn data(self) -> Vec<Datum> {
        match self {
            Self::Members(data) => data.to_vec(),
            Self::LoosePapers => vec![Datum::IdentityPapers],
            Self::Contacts => vec![Datum::DelegationContact],
            Self::Removed => vec![Datum::Name],
        }
    }

    async fn waits(self, db: &Db) -> Result<bool, Error> {
        let mut tx = db.read(&Scope::all()).await?;
        Ok(match self {
            Self::Members(data) => {
                !store::list_due(&mut tx, data, false, Some(1)).await?.is_empty()
            }
            Self::LoosePapers => store::are_loose_papers(&mut tx).await?,
            Self::Contacts => store::are_contacts(&mut tx).await?,
            Self::Removed => store::are_removed(&mut tx).await?,
        })
    }

    async fn forget(self, tx: &mut Tx<'_>) -> Result<(Vec<MemberId>, Forgotten), Error> {
        let now = tx.now;
        Ok(match self {
            Self::Members(data) => {
                let members = store::list_due(tx, data, false, Some(BATCH_MEMBERS)).await?;
                let forgotten = store::forget(tx, &members, data, now).await?;
                (members, forgotten)
            }
            Self::LoosePapers => (Vec::new(), store::forget_loose_papers(tx).await?),
            Self::Contacts => (Vec::new(), store::forget_contacts(tx, now).await?),
            Self::Removed => (Vec::new(), store::forget_removed(tx).await?),
        })
    }
}

/// Forgets what is past its day and not held; a trial only says how many members it would be.
pub async fn run(
    db: &Db,
    papers: &Papers,
    ceremony: &Ceremony,
    is_trial: bool,
) -> Result<Outcome, Error> {
    let due = ceremony.retention.due(ceremony.event.last_day, db.clock.now().date_naive());
    let of_members: Vec<_> =
        due.iter().filter(|data| Datum::OF_A_MEMBER.contains(data)).copied().collect();
    let mut outcome = Outcome { due, ..Outcome::default() };
    let mut tx = db.read(&Scope::all()).await?;
    let held = store::list_due(&mut tx, &of_members, true, None).await?.len();
    outcome.skipped = i64::try_from(held).unwrap_or(i64::MAX);
    if is_trial {
        let free = store::list_due(&mut tx, &of_members, false, None).await?.len();
        outcome.counts.members = i64::try_from(free).unwrap_or(i64::MAX);
        return Ok(outcome);
    }
    drop(tx);
    for share in [Share::Members(&of_members), Share::LoosePapers, Share::Contacts, Share::Removed]
    {
        let is_due = share.data().iter().any(|data| outcome.due.contains(data));
        while is_due && share.waits(db).await? {
            let Erased { certificate, files } = forget_a_share(db, share).await?;
            outcome.counts += certificate.counts;
            outcome.certificates.push(certificate.id);
            documents::discard(papers, &files).await;
        }
    }
    Ok(outcome)
}

async fn forget_a_share(db: &Db, share: Share<'_>) -> Result<Erased, Error> {
    let written = db
        .write(Permit::service("retention"), async |tx| {
            let now = tx.now;
            store::take_turn(tx).await?;
            let (members, Forgotten { counts, files }) = share.forget(tx).await?;
            let certificate = Certificate {
                id: CertificateId::fresh(),
                issued_at: now,
                account: None,
                rule: Rule::Period,
                reason: None,
                data: share.data(),
                members,
                counts,
            };
            store::insert_certificate(tx, &certificate).await?;
            let event = Event::at_large("retention.period_ended")
                .with(&json!({ "certificate": certificate.id, "data": certificate.data }));
            Ok::<_, Error>((Erased { certificate, files }, event))
        })
        .await?;
    match written {
        Written::Fresh(erased) | Written::DryRun(erased) => Ok(erased),
        // The service's own work has no key under which it could be asked for again.
        Written::Replayed(_) => Err(Shut::KeyMismatch.into()),
    }
}

/// Erases a member at an officer's word: somebody who does not come, or anybody once the event is over.
pub async fn erase(
    db: &Db,
    papers: &Papers,
    actor: &Actor,
    (code, id): (&ParticipantCode, MemberId),
    if_match: &IfMatch,
    reason: &Reason,
    last_day: NaiveDate,
) -> Result<Written<Created<Erased>>, Error> {
    let permit = actor.permit(Action::ForgetMember(code))?;

    let written = db
        .write(permit, async |tx| {
            let now = tx.now;
            store::take_turn(tx).await?;
            let member = lock_member(tx, code, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(member.version)?;
            if member.status.name().stands() && now.date_naive() <= last_day {
                return Err(Error::WrongState(member.status.refuse("erase")));
            }
            let Forgotten { counts, files } =
                store::forget(tx, &[id], Datum::OF_A_MEMBER, now).await?;
            if counts.members == 0 {
                return Err(Error::Held);
            }
            let certificate = Certificate {
                id: CertificateId::fresh(),
                issued_at: now,
                account: Some(actor.account()),
                rule: Rule::Request,
                reason: Some(reason.clone()),
                data: Datum::OF_A_MEMBER.to_vec(),
                members: vec![id],
                counts,
            };
            store::insert_certificate(tx, &certificate).await?;
            let event = Event::of("member.erased", id.uuid())
                .participant(code)
                .with(&json!({ "certificate": certificate.id }))
                .because(Some(reason));
            Ok((Created(Erased { certificate, files }), event))
        })
        .await?;
    if let Written::Fresh(Created(erased)) = &written {
        documents::discard(papers, &erased.files).await;
    }
    Ok(written)
}

/// Keeps data from being forgotten, a member's or a whole delegation's.
pub async fn hold(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    member: Option<MemberId>,
    reason: &Reason,
) -> Result<Written<Created<LegalHold>>, Error> {
    let permit = actor.permit(Action::ForgetMember(code))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        store::take_turn(tx).await?;
        delegations::find(tx, code).await?.ok_or_else(|| unknown("/participant"))?;
        if let Some(id) = member {
            find_member(tx, code, id).await?.ok_or_else(|| unknown("/member"))?;
        }
        let hold = LegalHold {
            id: LegalHoldId::fresh(),
            participant: code.clone(),
            member,
            reason: reason.clone(),
            placed_by: actor.account(),
            placed_at: now,
            lifted: None,
            version: Version(1),
        };
        store::insert_hold(tx, &hold).await?;
        let event = about("legal_hold.placed", &hold).because(Some(reason));
        Ok((Created(hold), event))
    })
    .await
}

/// Ends a hold.
pub async fn lift(
    db: &Db,
    actor: &Actor,
    id: LegalHoldId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<LegalHold>, Error> {
    let known = find_hold(db, actor, id).await?;
    let permit = actor.permit(Action::ForgetMember(&known.participant))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        store::take_turn(tx).await?;
        let hold = store::lock_hold(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(hold.version)?;
        let lifted = Lifted { by: actor.account(), at: now, reason: reason.clone() };
        let hold = hold.lift(lifted)?;
        store::save_hold(tx, &hold).await?;
        let event = about("legal_hold.lifted", &hold).because(Some(reason));
        Ok((hold, event))
    })
    .await
}

/// A hold, for who may know of holds.
pub async fn find_hold(db: &Db, actor: &Actor, id: LegalHoldId) -> Result<LegalHold, Error> {
    let mut tx = db.read(&actor.see(Action::ReadLegalHolds)?).await?;
    let wanted = HoldsWanted { id: Some(id), ..HoldsWanted::default() };
    let found = store::list_holds(&mut tx, &wanted, Limit::default()).await?.pop();
    Ok(found.ok_or(Denied::Invisible)?)
}

/// What is still held of whom, what for and until when.
pub async fn report(db: &Db, ceremony: &Ceremony) -> Result<ReportView, Error> {
    let mut tx = db.read(&Scope::all()).await?;
    Ok(still_held(&mut tx, ceremony, db.clock.now()).await?)
}

/// The same, where it is read together with other things.
pub async fn still_held(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
    now: DateTime<Utc>,
) -> Result<ReportView, sqlx::Error> {
    let still = store::count_held(conn).await?;
    let (holds, certificates) = store::count_papers_of_ours(conn).await?;
    Ok(ReportView::of(ceremony, now, &still, holds, certificates))
}

fn about(kind: &'static str, hold: &LegalHold) -> Event {
    Event::of(kind, hold.id.uuid())
        .participant(&hold.participant)
        .with(&json!({ "member": hold.member }))
}

fn unknown(pointer: &str) -> Error {
    let fault =
        Fault::new("unknown_value", "one that has a delegation, and a member of it, is expected");
    Error::Faults(Faults::at(pointer, fault))
}
