//! How people are invited, and come in.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde_json::json;

use super::focal_points;
use super::model::{Invitation, InvitationState, Issued, fresh_code};
use super::store;
use crate::access::{
    self, Account, Action, Actor, Attempt, Code, Denied, Door, Password, Passwords, Permit,
    Refused, Role, Tries, Who,
};
use crate::db::{Created, Db, Event, Shut, Tx, Written};
use crate::ids::{AccountId, FocalPointId, InvitationId};
use crate::input::Faults;
use crate::mail::{Letter, LetterKind, LetterLanguage, Mail, Reader};
use crate::network::Network;
use crate::page::{IfMatch, Stale, Version};
use crate::text::{Email, PersonName};

/// Why a command on invitations and focal points was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The register does not know the participant.
    #[error("the register does not know this participant")]
    ParticipantUnknown,
    /// The code opens nothing for whoever brings it. Why, the answer does not say.
    #[error("the code opens nothing")]
    NothingOpens,
    /// A try was not granted.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The account that is logged in has another office than the one that it is invited to.
    #[error("the account has another office")]
    OtherOffice,
    /// The account that is logged in speaks for this participant already.
    #[error("the account speaks for this participant already")]
    SpeaksAlready,
    /// Another is the primary focal point: this one.
    #[error("another is the primary focal point")]
    PrimaryStands(FocalPointId),
    /// Whoever has this address stands in the list already: here.
    #[error("this address stands in the list already")]
    Listed(FocalPointId),
    /// A mission has as many focal points as it may appoint itself.
    #[error("the mission has as many focal points as it may")]
    QuotaExceeded(u32),
    /// The state does not allow it.
    #[error("what is {current} does not take this step")]
    WrongState {
        /// The state that stands.
        current: &'static str,
        /// The verbs that are open.
        allowed: Vec<&'static str>,
    },
    /// The primary focal point hands over before it goes, where there is somebody to hand over to.
    #[error("the primary focal point hands over first")]
    HandOverFirst,
    /// Nobody would speak for the participant any more.
    #[error("this is the last focal point")]
    LastOne,
    /// Values that are not accepted, or not there.
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

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

/// Whom the organizer wants for an office.
#[derive(Debug, Clone)]
pub struct Officer {
    /// The address that they will log in with.
    pub email: Email,
    /// Their name.
    pub name: PersonName,
    /// Their office.
    pub role: Role,
    /// The language that they are written to in.
    pub language: LetterLanguage,
}

/// How people are invited, as the settings say.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long a code is good.
    pub hours: u32,
    /// Whether whoever invites sees the code. Where letters reach people, the person who is invited alone has it.
    pub shows_code: bool,
}

impl Terms {
    /// The code for the answer.
    pub fn shown(self, code: &Code) -> Option<Code> {
        self.shows_code.then(|| code.clone())
    }
}

/// Invites somebody to an office of the organizer. Whether the address has an account, the answer does not tell.
pub async fn invite_officer(
    db: &Db,
    actor: &Actor,
    wanted: &Officer,
    terms: Terms,
) -> Result<Written<Created<Issued>>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;
    let (id, code) = (InvitationId::fresh(), fresh_code());

    db.write(permit, async |tx| {
        let now = tx.now;
        let invitation = Invitation {
            id,
            focal_point: None,
            participant: None,
            email: wanted.email.clone(),
            name: wanted.name.clone(),
            role: wanted.role,
            language: wanted.language,
            state: InvitationState::Open,
            invited_by: actor.account(),
            invited_at: now,
            expires_at: expiry(now, terms.hours),
            accepted_at: None,
            withdrawn_at: None,
            version: Version(1),
        };
        store::insert(tx, &invitation, &code).await?;
        let event = Event::of("invitation.made", id.uuid())
            .with(&json!({ "role": invitation.role }))
            .mailing(letter(&invitation, &code));
        Ok((Created(Issued { invitation, code: terms.shown(&code) }), event))
    })
    .await
}

/// Sends somebody who has not come in a fresh code; the one before is good no more.
pub async fn renew(
    db: &Db,
    actor: &Actor,
    id: InvitationId,
    if_match: &IfMatch,
    terms: Terms,
) -> Result<Written<Issued>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;
    let code = fresh_code();

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = held(tx, id, if_match).await?;
        store::renew(tx, before.id, &code, actor.account(), now, expiry(now, terms.hours)).await?;
        let invitation = store::find(tx, id, now).await?.ok_or(Denied::Invisible)?;
        let event =
            Event::of("invitation.made_again", id.uuid()).mailing(letter(&invitation, &code));
        Ok((Issued { invitation, code: terms.shown(&code) }, event))
    })
    .await
}

/// The letter that brings a code to whom it is for.
pub fn letter(invitation: &Invitation, code: &Code) -> Mail {
    let kind = match invitation.focal_point {
        Some(_) => LetterKind::FocalPointInvitation,
        None => LetterKind::Invitation,
    };
    let letter = Letter::opening(kind, code.expose(), invitation.expires_at);
    Mail { to: Reader::Invited(invitation.id), participant: invitation.participant.clone(), letter }
}

/// Takes an invitation to an office back.
pub async fn withdraw(
    db: &Db,
    actor: &Actor,
    id: InvitationId,
    if_match: &IfMatch,
) -> Result<Written<Invitation>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        held(tx, id, if_match).await?;
        store::withdraw(tx, id, actor.account(), now).await?;
        let invitation = store::find(tx, id, now).await?.ok_or(Denied::Invisible)?;
        Ok((invitation, Event::of("invitation.withdrawn", id.uuid())))
    })
    .await
}

/// An invitation to an office that nobody has used or taken back, its row locked.
async fn held(tx: &mut Tx<'_>, id: InvitationId, if_match: &IfMatch) -> Result<Invitation, Error> {
    let now = tx.now;
    let before = store::lock(tx, id, now).await?.ok_or(Denied::Invisible)?;
    if_match.check(before.version)?;
    match before.state {
        InvitationState::Open | InvitationState::Expired => Ok(before),
        InvitationState::Accepted | InvitationState::Withdrawn => {
            Err(Error::WrongState { current: before.state.as_str(), allowed: Vec::new() })
        }
    }
}

/// Who brings a code and is not known yet.
pub struct Stranger<'a> {
    /// The code.
    pub code: &'a Code,
    /// The password that they choose.
    pub password: &'a Password,
    /// Where they are.
    pub from: Network,
    /// The request's id.
    pub request_id: &'a str,
}

/// Lets in who brings a code and is not known yet: they choose their password, and the account is made.
///
/// Where the address has an account the code opens nothing for a stranger, whoever they say they are: its owner logs in
/// and accepts as [`accept_as_known`] has it. The password is hashed before anything is looked up, so that every refusal
/// takes as long.
pub async fn accept_as_stranger(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    stranger: Stranger<'_>,
) -> Result<Account, Error> {
    let Stranger { code, password, from, request_id } = stranger;
    let attempt = Attempt { door: Door::Invitation, who: Who::Nobody, from };
    let (granted, place) = tries.take_with_place(db, passwords, &attempt).await?;
    let hash = place.hash(password).await.map_err(Refused::from)?;
    let id = AccountId::fresh();

    let written = db
        .write(Permit::service(request_id), async |tx| {
            let now = tx.now;
            let invitation = store::find_open(tx, code, now).await?.ok_or(Error::NothingOpens)?;
            password
                .apart_from(&invitation.email, &invitation.name)
                .map_err(|fault| Faults::at("/password", fault))?;
            let account = Account {
                id,
                email: invitation.email.clone(),
                name: invitation.name.clone(),
                role: invitation.role,
                participants: Vec::new(),
                must_change_password: false,
                disabled_at: None,
                created_at: now,
                updated_at: now,
                version: Version(1),
            };
            if !access::insert_account(tx, &account, &hash).await? {
                return Err(Error::NothingOpens);
            }
            access::save_language(tx, id, invitation.language).await?;
            let event = come_in(tx, &invitation, code, id).await?;
            granted.succeed(tx).await?;
            granted.remember(tx, id, now).await?;
            let account = reread(tx, id, now.date_naive()).await?;
            Ok((account, event))
        })
        .await?;
    match written {
        Written::Fresh(account) | Written::DryRun(account) => Ok(account),
        Written::Replayed(_) => Err(Error::NothingOpens),
    }
}

/// Lets somebody who is logged in speak for one more participant. The code must be for the address of their account: it
/// opens nothing for anybody else.
pub async fn accept_as_known(
    db: &Db,
    actor: &Actor,
    code: &Code,
) -> Result<Written<Account>, Error> {
    let permit = actor.permit(Action::AcceptInvitation)?;

    db.write(permit, async |tx| {
        let (now, id) = (tx.now, actor.account());
        let today = now.date_naive();
        let account = reread(tx, id, today).await?;
        let invitation = store::find_open(tx, code, now)
            .await?
            .filter(|invitation| invitation.email == account.email)
            .ok_or(Error::NothingOpens)?;
        let speaks =
            [invitation.role, account.role].iter().all(|role| role.speaks_for_a_participant());
        if !speaks {
            return Err(Error::OtherOffice);
        }
        let event = come_in(tx, &invitation, code, id).await?;
        access::touch_account(tx, id, now).await?;
        Ok((reread(tx, id, today).await?, event))
    })
    .await
}

/// Uses the invitation for an account, and opens what it is for.
async fn come_in(
    tx: &mut Tx<'_>,
    invitation: &Invitation,
    code: &Code,
    id: AccountId,
) -> Result<Event, Error> {
    let now = tx.now;
    let event = match (invitation.focal_point, &invitation.participant) {
        (Some(focal_point), Some(participant)) => {
            access::hold_participant(tx, participant).await?;
            // Whose own appointment ended meanwhile has invited nobody.
            store::find_open(tx, code, now).await?.ok_or(Error::NothingOpens)?;
            focal_points::enter(tx, focal_point, participant, id).await?;
            Event::of("focal_point.accepted", focal_point.uuid()).participant(participant)
        }
        _ => Event::of("invitation.accepted", invitation.id.uuid()),
    };
    // The statement carries the guard: of two who bring one code at once, one comes in.
    if !store::take(tx, invitation.id, code, id, now).await? {
        return Err(Error::NothingOpens);
    }
    Ok(event.with(&json!({ "account": id, "role": invitation.role })))
}

async fn reread(tx: &mut Tx<'_>, id: AccountId, today: NaiveDate) -> Result<Account, Error> {
    Ok(access::find_account(tx, id, today).await?.ok_or(Denied::Unknown)?)
}

/// When a code made now is good no more.
pub fn expiry(now: DateTime<Utc>, hours: u32) -> DateTime<Utc> {
    now + Duration::hours(hours.into())
}
