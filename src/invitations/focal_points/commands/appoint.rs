//! How focal points are appointed, invited, and come in.

use chrono::NaiveDate;

use super::{about, examine, held, may_invite, saved, told_of, wrong};
use crate::access::{self, Action, Actor, Code, Denied, FOCAL_POINT_ROLE};
use crate::db::{Answer, Created, Db, Tx, Written};
use crate::ids::{AccountId, DocumentId, FocalPointId, InvitationId};
use crate::input::Faults;
use crate::invitations::commands::{Error, Terms, expiry, letter};
use crate::invitations::focal_points::model::{FocalPoint, FocalPointState, fault_of_last_day};
use crate::invitations::focal_points::store::{self, New};
use crate::invitations::focal_points::view::Renewed;
use crate::invitations::model::{Invitation, InvitationState, fresh_code};
use crate::invitations::store as invitations;
use crate::mail::LetterLanguage;
use crate::page::{IfMatch, Version};
use crate::text::{Email, ParticipantCode, PersonName, Reason};

/// Who is to be a focal point.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whoever has this address.
    pub email: Email,
    /// Their name.
    pub name: PersonName,
    /// The language that they are written to in.
    pub language: LetterLanguage,
    /// Whether as the one to turn to.
    pub is_primary: bool,
    /// The paper that appoints them.
    pub document: Option<DocumentId>,
    /// The last day on which they speak; where none is said, that of the paper, else the last on which anybody signs.
    pub expires_on: Option<NaiveDate>,
}

/// What configuration and ceremony say.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How people are invited.
    pub terms: Terms,
    /// How many focal points a mission can bring itself to.
    pub per_participant: u32,
    /// The last day on which anybody signs.
    pub last_day: NaiveDate,
}

/// An appointment and its invitation, with the code where whoever invites sees it.
pub struct Appointed {
    /// The appointment.
    pub focal_point: FocalPoint,
    /// The invitation to it.
    pub invitation: Invitation,
    /// What the person brings.
    pub code: Option<Code>,
}

/// Appoints somebody, who is invited by it. Officers name the paper; a mission's primary focal point invites backups, and
/// the paper may follow. Whether the address has an account, the answer does not tell.
pub async fn appoint<A: Answer>(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    wanted: &Wanted,
    limits: Limits,
    told: fn(Appointed) -> A,
) -> Result<Written<Created<A>>, Error> {
    let permit = actor.permit(Action::InviteFocalPoint(code))?;
    let (id, secret) = ((FocalPointId::fresh(), InvitationId::fresh()), fresh_code());

    db.write(permit, async |tx| {
        let today = tx.now.date_naive();
        if !access::hold_participant(tx, code).await? {
            return Err(Error::ParticipantUnknown);
        }
        may_invite(tx, actor, code, wanted.is_primary).await?;
        let is_officer = actor.may(Action::AppointFocalPoint(code));
        let expires_on = checked(tx, code, wanted, is_officer, limits.last_day).await?;
        if let Some(first) = store::find_by_email(tx, code, &wanted.email, today).await? {
            return Err(Error::Listed(first.id));
        }
        let (standing, _) = store::count_of(tx, code, today).await?;
        if !is_officer && standing >= i64::from(limits.per_participant) {
            return Err(Error::QuotaExceeded(limits.per_participant));
        }
        let appointed = invite(tx, actor, (id, &secret), code, wanted, expires_on, limits).await?;
        let event = about("focal_point.invited", &appointed.focal_point)
            .with(&told_of(&appointed.focal_point))
            .mailing(letter(&appointed.invitation, &secret));
        Ok((Created(told(appointed)), event))
    })
    .await
}

/// Gives somebody who has not come in a fresh code; the one before is good no more.
pub async fn renew(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: FocalPointId,
    if_match: &IfMatch,
    terms: Terms,
    reason: Option<&Reason>,
) -> Result<Written<Renewed>, Error> {
    let permit = actor.permit(Action::InviteFocalPoint(code))?;
    let secret = fresh_code();

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = held(tx, code, id, if_match).await?;
        may_invite(tx, actor, code, before.is_primary).await?;
        if before.state != FocalPointState::Invited {
            return Err(wrong(&before));
        }
        let invitation = invitations::find_of(tx, id, now).await?.ok_or(Denied::Invisible)?;
        let expires_at = expiry(now, terms.hours);
        invitations::renew(tx, invitation.id, &secret, actor.account(), now, expires_at).await?;
        let invitation = Invitation { expires_at, ..invitation };
        let focal_point = saved(tx, before.clone().placed(before.is_primary, now)).await?;
        let event = about("focal_point.invited_again", &focal_point)
            .because(reason)
            .mailing(letter(&invitation, &secret));
        Ok((Renewed { focal_point, code: terms.shown(&secret) }, event))
    })
    .await
}

/// Lets an account come in on an appointment of a participant that is held.
pub async fn enter(
    tx: &mut Tx<'_>,
    id: FocalPointId,
    code: &ParticipantCode,
    account: AccountId,
) -> Result<(), Error> {
    let now = tx.now;
    store::end_expired(tx, code, account, now).await?;
    match store::enter(tx, id, account, now).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NothingOpens),
        Err(e) if crate::db::broke(&e, "focal_point_appointed_once") => Err(Error::SpeaksAlready),
        Err(e) => Err(e.into()),
    }
}

/// Whether the paper and the last day go with an appointment today; the day, where none was said.
async fn checked(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    wanted: &Wanted,
    is_officer: bool,
    last_day: NaiveDate,
) -> Result<NaiveDate, Error> {
    let today = tx.now.date_naive();
    let mut faults = Faults::default();
    if is_officer && wanted.document.is_none() {
        faults.add("/document", "required", "the paper that appoints the person is expected");
    }
    let paper = examine(tx, code, wanted.document, &mut faults).await?;
    // Past the last day of signing, an appointment without a day of its own is for today.
    let expires_on = wanted.expires_on.or(paper).unwrap_or(last_day.max(today));
    if let Some(fault) = fault_of_last_day(expires_on, paper, today)
        && faults.0.is_empty()
    {
        faults.add("/expires_on", fault.code, fault.detail);
    }
    faults.none_or()?;
    Ok(expires_on)
}

/// Stores an appointment and the invitation to it.
async fn invite(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ((id, invitation), secret): ((FocalPointId, InvitationId), &Code),
    code: &ParticipantCode,
    wanted: &Wanted,
    expires_on: NaiveDate,
    limits: Limits,
) -> Result<Appointed, Error> {
    let (now, by) = (tx.now, actor.account());
    let (is_primary, document) = (wanted.is_primary, wanted.document);
    let new = New { id, participant: code, is_primary, document, expires_on, by, at: now };
    if !store::insert(tx, &new).await? {
        let first = store::find_primary(tx, code, now.date_naive()).await?;
        return Err(
            first.map_or(Error::Denied(Denied::Invisible), |first| Error::PrimaryStands(first.id))
        );
    }
    let invitation = Invitation {
        id: invitation,
        focal_point: Some(id),
        participant: Some(code.clone()),
        email: wanted.email.clone(),
        name: wanted.name.clone(),
        role: FOCAL_POINT_ROLE,
        language: wanted.language,
        state: InvitationState::Open,
        invited_by: by,
        invited_at: now,
        expires_at: expiry(now, limits.terms.hours),
        accepted_at: None,
        withdrawn_at: None,
        version: Version(1),
    };
    invitations::insert(tx, &invitation, secret).await?;
    let focal_point = store::find(tx, code, id, now.date_naive()).await?;
    let focal_point = focal_point.ok_or(Denied::Invisible)?;
    Ok(Appointed { focal_point, invitation, code: limits.terms.shown(secret) })
}
