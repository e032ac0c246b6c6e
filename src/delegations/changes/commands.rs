//! What missions ask to change of those whom others have passed on, and what the secretariat decides.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::body::within;
use super::model::{ChangeRequest, Difference, Verdict};
use super::store;
use super::view::Shown;
use crate::access::{Action, Actor, Denied};
use crate::ceremony::Ceremony;
use crate::db::{Created, Db, Event, Tx, Written};
use crate::delegations::commands::Error;
use crate::delegations::members::body::{self, MemberPatch};
use crate::delegations::members::commands::{complete, must_take_part, taken};
use crate::delegations::members::model::Calendar;
use crate::delegations::members::status::Lost;
use crate::delegations::members::{self, Identity, Member, Person, told};
use crate::delegations::quotas::{self, Seat};
use crate::delegations::sight::Sight;
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::text::{Fault, ParticipantCode, Reason};

/// A request that is to be made, with what of it is to be sealed, and what the audit trail says of it.
pub struct Ask {
    /// The request.
    pub request: ChangeRequest,
    /// What of it is to be sealed.
    pub secret: Difference,
    told: (Told, Told),
}

impl Ask {
    /// For a person, from what stands to what is wanted.
    #[must_use]
    pub fn of(
        member: &Member,
        stands: &Identity,
        wanted: (&Person, &Identity),
        note: Option<&Reason>,
        by: AccountId,
        now: DateTime<Utc>,
    ) -> Self {
        let stands = (&member.person, stands);
        let difference = Difference::between(stands, wanted);
        let code = member.participant.clone();
        let request = ChangeRequest::made(code, member.id, &difference, note.cloned(), by, now);
        let (_, secret) = difference.split();
        Self { request, secret, told: told::difference(stands, wanted) }
    }

    /// What the audit trail says of it.
    #[must_use]
    pub fn event(&self, more: &Told) -> Event {
        let (was, is) = &self.told;
        about(ASKED, &self.request)
            .changed(was, &told_of(is.clone(), &self.request, more))
            .because(self.request.note.as_ref())
    }
}

/// What the history calls it.
pub const ASKED: &str = "member.change_requested";

/// Asks for a change. What was approved stands until it is decided.
pub async fn ask(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    patch: &MemberPatch,
    note: Option<&Reason>,
    ceremony: &Ceremony,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        must_take_part(tx, code, "request-change", false).await?;
        let member = members::store::lock(tx, code, id).await?.ok_or(Denied::Invisible)?;
        if !member.status.takes_requests() {
            return Err(member.status.refuse("request-change").into());
        }
        let vault = tx.vault;
        let sealed = members::store::open(tx, vault, id).await?;
        let mut faults = Faults::default();
        let (person, identity) =
            patch.clone().apply(member.person.clone(), sealed.clone(), &mut faults);
        let wanted = Member { person, ..member.clone() };
        complete(tx, &wanted, &identity, ceremony.event.last_day, &mut faults).await?;
        faults.none_or().map_err(within)?;
        let by = actor.account();
        let ask = Ask::of(&member, &sealed, (&wanted.person, &identity), note, by, now);
        if ask.request.plain.0.is_empty() && ask.secret.0.is_empty() {
            let fault = Fault::new("no_change", "something other than what stands is expected");
            return Err(Faults::at("/changes", fault).into());
        }
        if !store::insert(tx, vault, &ask.request, &ask.secret).await? {
            let first = store::find_open(tx, id).await?;
            return Err(first.map_or(Error::Denied(Denied::Invisible), Error::Asked));
        }
        let event = ask.event(&Map::new());
        let Ask { request, secret, .. } = ask;
        let sight = Sight::of(actor, code);
        let secret = sight.identity.then_some(secret);
        Ok((Created(Shown { request, secret, sight, corrected: None }), event))
    })
    .await
}

/// A request, for who may see its delegation. What is sealed is opened while it waits for a decision.
pub async fn find(db: &Db, actor: &Actor, id: ChangeRequestId) -> Result<Shown, Error> {
    let mut tx = db.read(&actor.see(Action::ListDelegations)?).await?;
    let request = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(Action::ReadDelegation(&request.participant))?;
    let sight = Sight::of(actor, &request.participant);
    let secret =
        if sight.identity { Some(store::open(&mut tx, &db.vault, &request).await?) } else { None };
    Ok(Shown { request, secret, sight, corrected: None })
}

/// Agrees: the member is as it was asked for. Where the change is material, security looks at the person anew (R37).
pub async fn accept(
    db: &Db,
    actor: &Actor,
    id: ChangeRequestId,
    if_match: &IfMatch,
    note: Option<&Reason>,
    ceremony: &Ceremony,
) -> Result<Written<Shown>, Error> {
    let ChangeRequest { participant: code, member, .. } = &find(db, actor, id).await?.request;
    let permit = actor.permit(Action::ReviewDelegation(code))?;

    db.write(permit, async |tx| {
        let (now, vault) = (tx.now, tx.vault);
        must_take_part(tx, code, "accept", ceremony.quotas.must_be_counted()).await?;
        let before = members::store::lock(tx, code, *member).await?.ok_or(Denied::Invisible)?;
        let asked = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(asked.version)?;
        let request =
            asked.clone().decided(Verdict::Accept(note.cloned()), actor.account(), now)?;
        let secret = store::open(tx, vault, &asked).await?;
        let difference = asked.plain.join(secret);
        let (was, is, corrected) = correct(tx, before, &difference, ceremony).await?;
        store::save(tx, &request).await?;
        let event = about("member.change_accepted", &request)
            .changed(&was, &told_of(Map::new(), &request, &is))
            .because(note);
        let sight = Sight::of(actor, code);
        Ok((Shown { request, secret: None, sight, corrected: Some(corrected) }, event))
    })
    .await
}

/// Does not agree: the member stays as it was.
pub async fn refuse(
    db: &Db,
    actor: &Actor,
    id: ChangeRequestId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Shown>, Error> {
    close(db, actor, id, if_match, &Verdict::Refuse(reason.clone()), "member.change_refused").await
}

/// Takes a request back.
pub async fn withdraw(
    db: &Db,
    actor: &Actor,
    id: ChangeRequestId,
    if_match: &IfMatch,
    note: Option<&Reason>,
) -> Result<Written<Shown>, Error> {
    let verdict = Verdict::Withdraw(note.cloned());
    close(db, actor, id, if_match, &verdict, "member.change_withdrawn").await
}

/// Decides a request without changing the member.
async fn close(
    db: &Db,
    actor: &Actor,
    id: ChangeRequestId,
    if_match: &IfMatch,
    verdict: &Verdict,
    event: &'static str,
) -> Result<Written<Shown>, Error> {
    let ChangeRequest { participant: code, .. } = &find(db, actor, id).await?.request;
    let permit = actor.permit(match verdict {
        Verdict::Withdraw(_) => Action::PrepareDelegation(code),
        Verdict::Accept(_) | Verdict::Refuse(_) => Action::ReviewDelegation(code),
    })?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let asked = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(asked.version)?;
        let request = asked.decided(verdict.clone(), actor.account(), now)?;
        store::save(tx, &request).await?;
        let event = about(event, &request)
            .with(&told_of(Map::new(), &request, &Map::new()))
            .because(request.reason.as_ref());
        let sight = Sight::of(actor, code);
        Ok((Shown { request, secret: None, sight, corrected: None }, event))
    })
    .await
}

/// What the audit trail says of a request that was taken back.
#[must_use]
pub fn told_withdrawn(request: &ChangeRequest, more: &Told) -> Event {
    about("member.change_withdrawn", request).with(&told_of(Map::new(), request, more))
}

type Told = Map<String, Value>;

/// Brings a difference about on the member's locked row. What the audit trail says of it, before and after; and the
/// member, with what was lost.
async fn correct(
    tx: &mut Tx<'_>,
    before: Member,
    difference: &Difference,
    ceremony: &Ceremony,
) -> Result<(Told, Told, (Member, Option<Lost>)), Error> {
    let (now, vault, last_day) = (tx.now, tx.vault, ceremony.event.last_day);
    let sealed = members::store::open(tx, vault, before.id).await?;
    let overtaken = difference.overtaken(&before.person, &sealed);
    if !overtaken.is_empty() {
        return Err(Error::Overtaken(overtaken));
    }
    let calendar = Calendar { today: now.date_naive(), last_day };
    let patch = body::read::<MemberPatch>(difference.patch(), calendar).map_err(within)?;
    let mut faults = Faults::default();
    let (person, identity) = patch.apply(before.person.clone(), sealed.clone(), &mut faults);
    let (member, lost) = before.clone().corrected(person, difference.is_material(), now)?;
    complete(tx, &member, &identity, last_day, &mut faults).await?;
    faults.none_or().map_err(within)?;
    // Nobody comes into a full category by another door (R33).
    let (was, is) = (Seat::of(&before.person), Seat::of(&member.person));
    quotas::must_fit(tx, &ceremony.quotas, &member.participant, Some(was), is).await?;
    members::store::save(tx, vault, &member, &identity).await.map_err(taken)?;
    let (mut was, mut is) =
        told::difference((&before.person, &sealed), (&member.person, &identity));
    if before.status.name() != member.status.name() {
        was.insert("status".to_owned(), json!(before.status.name()));
        is.insert("status".to_owned(), json!(member.status.name()));
        is.insert("revoked".to_owned(), json!(lost));
    }
    Ok((was, is, (member, lost)))
}

fn about(kind: &'static str, request: &ChangeRequest) -> Event {
    Event::of(kind, request.member.uuid()).participant(&request.participant)
}

/// What the audit trail says, with the request that it is about.
fn told_of(mut told: Told, request: &ChangeRequest, more: &Told) -> Told {
    told.extend(more.clone());
    told.insert("change_request".to_owned(), json!(request.id));
    told.insert("is_material".to_owned(), json!(request.is_material));
    told
}
