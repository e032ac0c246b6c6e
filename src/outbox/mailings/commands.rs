//! How a letter to many is written, looked at, and let go.

use chrono::NaiveDate;
use deserr::Deserr;
use serde_json::{Map, Value, json};

use super::model::{Audience, Mailing, MailingState, Refusal, Subject, Words};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Shut, Tx, Written};
use crate::delegations::members::{self, MembersWanted};
use crate::delegations::{self, Function, MemberSort, Rank, StatusName};
use crate::ids::{AccountId, MailingId};
use crate::input::{Date, Faults};
use crate::invitations::focal_points::{self, FocalPointState, FocalPointsWanted, PaperState};
use crate::mail::{Letter, Mail, Reader};
use crate::page::{AnyOf, Cursor, IfMatch, Limit, Stale, Truth, Version};
use crate::text::{Fault, ParticipantCode, Translated};

/// Why a command on letters to many was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The state does not allow it.
    #[error("a letter to many that is {current} does not take this step")]
    WrongState {
        /// The state that stands.
        current: MailingState,
        /// The verbs that are open.
        allowed: &'static [&'static str],
    },
    /// Who wrote it does not let it go as well.
    #[error("a second officer lets it go")]
    SamePerson,
    /// Values that are not accepted.
    #[error("some values are not accepted")]
    Faults(Faults),
    /// Somebody changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The list of members.
    #[error(transparent)]
    Members(#[from] delegations::Error),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

/// What an officer writes, and to whom.
#[derive(Debug, Clone)]
pub struct New {
    /// Of which list the readers are.
    pub audience: Audience,
    /// Who of them.
    pub filter: Map<String, Value>,
    /// What stands above it.
    pub subject: Translated<Subject>,
    /// What it says.
    pub words: Translated<Words>,
}

/// Which focal points are written to: parameters of their list.
#[derive(Debug, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
struct OfFocalPoints {
    #[deserr(default)]
    participant: Option<AnyOf<ParticipantCode>>,
    #[deserr(default)]
    primary: Option<Truth>,
    #[deserr(default)]
    document: Option<AnyOf<PaperState>>,
    #[deserr(default)]
    expires_before: Option<Date>,
}

/// Which members are written to: parameters of their list.
#[derive(Debug, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
struct OfMembers {
    #[deserr(default)]
    participant: Option<AnyOf<ParticipantCode>>,
    #[deserr(default)]
    status: Option<AnyOf<StatusName>>,
    #[deserr(default)]
    function: Option<AnyOf<Function>>,
    #[deserr(default)]
    rank: Option<AnyOf<Rank>>,
}

/// Writes a letter to many. Nobody gets it before a second officer has let it go.
pub async fn make(db: &Db, actor: &Actor, new: &New) -> Result<Written<Created<Mailing>>, Error> {
    let permit = actor.permit(Action::WriteMailings)?;
    check(new)?;
    let id = MailingId::fresh();

    db.write(permit, async |tx| {
        let mailing = Mailing {
            id,
            audience: new.audience,
            filter: new.filter.clone(),
            subject: new.subject.clone(),
            words: new.words.clone(),
            state: MailingState::Draft,
            readers: None,
            made_by: actor.account(),
            made_at: tx.now,
            approved_by: None,
            approved_at: None,
            withdrawn_by: None,
            withdrawn_at: None,
            version: Version(1),
        };
        store::insert(tx, &mailing).await?;
        let told = json!({ "audience": mailing.audience, "filter": mailing.filter });
        Ok((Created(mailing), Event::of("mailing.made", id.uuid()).with(&told)))
    })
    .await
}

/// Sends a letter to many to oneself alone, as each of its readers will get it.
pub async fn try_out(db: &Db, actor: &Actor, id: MailingId) -> Result<Written<Mailing>, Error> {
    let permit = actor.permit(Action::WriteMailings)?;

    db.write(permit, async |tx| {
        let mailing = store::find(tx, id).await?.ok_or(Denied::Invisible)?;
        let letter = to_one(&mailing, Reader::Account(actor.account()), None);
        Ok((mailing, Event::of("mailing.tried", id.uuid()).mailing(letter)))
    })
    .await
}

/// Lets a letter to many go: it is written to everybody who is on the list now.
pub async fn approve(
    db: &Db,
    actor: &Actor,
    id: MailingId,
    if_match: &IfMatch,
) -> Result<Written<Mailing>, Error> {
    let permit = actor.permit(Action::ApproveMailing)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = held(tx, id, if_match).await?;
        let readers = readers(tx, &before, now.date_naive()).await?;
        let count = i32::try_from(readers.len()).unwrap_or(i32::MAX);
        let mailing = before.clone().approved(actor.account(), count, now);
        let mailing = mailing.map_err(|refusal| refused(&before, refusal))?;
        if readers.is_empty() {
            let detail = "somebody who is reached by it is expected";
            return Err(Faults::at("/filter", Fault::new("no_readers", detail)).into());
        }
        store::save(tx, &mailing, now).await?;
        let event = Event::of("mailing.approved", id.uuid()).with(&json!({ "readers": count }));
        let letters = readers.into_iter();
        let event = letters.fold(event, |event, (reader, participant)| {
            event.mailing(to_one(&mailing, reader, Some(participant)))
        });
        Ok((mailing, event))
    })
    .await
}

/// Takes a letter to many back. Where it was let go, what has not left does not leave.
pub async fn withdraw(
    db: &Db,
    actor: &Actor,
    id: MailingId,
    if_match: &IfMatch,
) -> Result<Written<Mailing>, Error> {
    let permit = actor.permit(Action::WriteMailings)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = held(tx, id, if_match).await?;
        let mailing = before.clone().withdrawn(actor.account(), now);
        let mailing = mailing.map_err(|refusal| refused(&before, refusal))?;
        store::save(tx, &mailing, now).await?;
        let stopped = store::cancel_letters(tx, id).await?;
        let event = Event::of("mailing.withdrawn", id.uuid()).with(&json!({ "stopped": stopped }));
        Ok((mailing, event))
    })
    .await
}

async fn held(tx: &mut Tx<'_>, id: MailingId, if_match: &IfMatch) -> Result<Mailing, Error> {
    let mailing = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
    if_match.check(mailing.version)?;
    Ok(mailing)
}

fn refused(mailing: &Mailing, refusal: Refusal) -> Error {
    match refusal {
        Refusal::SamePerson => Error::SamePerson,
        Refusal::WrongState => {
            Error::WrongState { current: mailing.state, allowed: mailing.allowed() }
        }
    }
}

fn to_one(mailing: &Mailing, to: Reader, participant: Option<ParticipantCode>) -> Mail {
    Mail { to, participant, letter: Letter::announcement(mailing.id) }
}

/// Whether the filter is one of its list.
fn check(new: &New) -> Result<(), Faults> {
    match new.audience {
        Audience::FocalPoints => read::<OfFocalPoints>(&new.filter).map(drop),
        Audience::Members => read::<OfMembers>(&new.filter).map(drop),
    }
}

fn read<T: Deserr<Faults>>(filter: &Map<String, Value>) -> Result<T, Faults> {
    let read = deserr::deserialize::<T, _, Faults>(Value::Object(filter.clone()));
    read.map_err(|mut faults| {
        for fault in &mut faults.0 {
            fault.pointer = format!("/filter{}", fault.pointer);
        }
        faults
    })
}

/// Everybody who is on the list and can be reached, each once for each participant.
pub async fn readers(
    conn: &mut sqlx::PgConnection,
    mailing: &Mailing,
    today: NaiveDate,
) -> Result<Vec<(Reader, ParticipantCode)>, Error> {
    match mailing.audience {
        Audience::FocalPoints => of_focal_points(conn, read(&mailing.filter)?, today).await,
        Audience::Members => of_members(conn, read(&mailing.filter)?).await,
    }
}

async fn of_focal_points(
    conn: &mut sqlx::PgConnection,
    filter: OfFocalPoints,
    today: NaiveDate,
) -> Result<Vec<(Reader, ParticipantCode)>, Error> {
    let wanted = FocalPointsWanted {
        participant: filter.participant,
        state: Some(AnyOf(vec![FocalPointState::InForce])),
        primary: filter.primary,
        document: filter.document,
        expires_before: filter.expires_before.map(|Date(day)| day),
    };
    let (mut readers, mut after) = (Vec::new(), None);
    loop {
        let page = focal_points::list(conn, &wanted, today, after.take(), Limit::LARGEST).await?;
        let is_last = page.len() <= Limit::LARGEST.rows();
        for one in page.into_iter().take(Limit::LARGEST.rows()) {
            after = Some((one.participant.clone(), one.id.uuid()));
            let account: Option<AccountId> = one.account;
            readers.extend(account.map(|account| (Reader::Account(account), one.participant)));
        }
        if is_last {
            return Ok(readers);
        }
    }
}

async fn of_members(
    conn: &mut sqlx::PgConnection,
    filter: OfMembers,
) -> Result<Vec<(Reader, ParticipantCode)>, Error> {
    let OfMembers { participant, status, function, rank } = filter;
    let wanted = MembersWanted { participant, status, function, rank, ..MembersWanted::default() };
    let (mut readers, mut after) = (Vec::new(), None);
    loop {
        let sort = MemberSort::Name;
        let page = members::list(conn, &wanted, sort, after.as_ref(), Limit::LARGEST).await?;
        let is_last = page.len() <= Limit::LARGEST.rows();
        for one in page.into_iter().take(Limit::LARGEST.rows()) {
            after = Some(Cursor(vec![one.person.sort_name(), one.id.to_string()]));
            let has_address = one.person.email.is_some();
            readers.extend(has_address.then_some((Reader::Member(one.id), one.participant)));
        }
        if is_last {
            return Ok(readers);
        }
    }
}
