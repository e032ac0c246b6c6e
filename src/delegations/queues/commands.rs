//! Taking what waits, handing it to a colleague, giving it back.

use serde_json::json;
use sqlx::PgConnection;

use super::model::{Holder, Queue, Waiting};
use crate::access::{self, Action, Actor, Denied};
use crate::db::{Answer, Db, Event, Shut, Written};
use crate::delegations::api::Shown as ShownDelegation;
use crate::delegations::changes::{self, ChangeRequest, ShownRequest};
use crate::delegations::commands::Error;
use crate::delegations::members::{self, Member, ShownMember};
use crate::delegations::model::{Delegation, StageName};
use crate::delegations::sight::Sight;
use crate::delegations::store;
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::text::{Fault, ParticipantCode};

/// What somebody took.
#[derive(Debug)]
pub enum Item {
    /// A delegation.
    Delegation(ShownDelegation),
    /// A member.
    Member(Box<ShownMember>),
    /// A change that is asked for.
    Change(Box<ShownRequest>),
}

impl Item {
    fn answer(&self) -> &dyn Answer {
        match self {
            Self::Delegation(shown) => shown,
            Self::Member(shown) => shown.as_ref(),
            Self::Change(shown) => shown.as_ref(),
        }
    }
}

impl Answer for Item {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.answer().body()
    }
    fn etag(&self) -> Option<String> {
        self.answer().etag()
    }
    fn location(&self) -> Option<String> {
        self.answer().location()
    }
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Nothing waits that nobody has taken.
    #[error("nothing waits here")]
    Empty,
    /// Anything else.
    #[error(transparent)]
    Refused(#[from] Error),
}

impl From<sqlx::Error> for NotTaken {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Shut> for NotTaken {
    fn from(shut: Shut) -> Self {
        Self::Refused(shut.into())
    }
}

/// Whose work a list is to show, where whoever asks may know who works on what.
pub fn for_filter(actor: &Actor, holder: Holder) -> Result<Holder, Denied> {
    may_work(actor)?;
    Ok(holder.said_by(actor.account()))
}

/// Refuses who works no queue at all.
pub fn may_work(actor: &Actor) -> Result<(), Denied> {
    let review = actor.see(Action::WorkReviewQueues);
    review.or_else(|_| actor.see(Action::WorkClearanceQueues)).map(drop)
}

/// Takes what has waited longest in a queue and nobody has taken. Two who ask at once get two different things.
pub async fn take(db: &Db, actor: &Actor, queue: Queue) -> Result<Written<Item>, NotTaken> {
    let permit = actor.permit(queue.action()).map_err(Error::Denied)?;

    db.write(permit, async |tx| {
        let me = Some(actor.account());
        match queue.waiting() {
            Waiting::Delegations => {
                let before = store::next(tx).await?.ok_or(NotTaken::Empty)?;
                let (delegation, event) = hand_delegation(tx, before, me).await?;
                Ok((Item::Delegation(shown_delegation(actor, delegation)), event))
            }
            Waiting::Members(status) => {
                let before = members::next_member(tx, status).await?.ok_or(NotTaken::Empty)?;
                let (member, event) = hand_member(tx, before, me).await?;
                Ok((Item::Member(Box::new(shown_member(actor, member))), event))
            }
            Waiting::Changes => {
                let before = changes::next_request(tx).await?.ok_or(NotTaken::Empty)?;
                let (request, event) = hand_change(tx, before, me).await?;
                Ok((Item::Change(Box::new(shown_change(actor, request))), event))
            }
        }
    })
    .await
}

/// Hands a member who waits to a colleague, to oneself, or back to the queue.
pub async fn assign_member(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: MemberId,
    if_match: &IfMatch,
    to: Holder,
) -> Result<Written<ShownMember>, Error> {
    let review = actor.permit(Action::WorkReviewQueues);
    let permit = review.or_else(|_| actor.permit(Action::WorkClearanceQueues))?;

    db.write(permit, async |tx| {
        let before = members::lock_member(tx, code, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let queue = Queue::of(before.status.name());
        let queue = queue.ok_or_else(|| before.status.refuse("assign"))?;
        let to = colleague(tx, actor, queue, to).await?;
        let (member, event) = hand_member(tx, before, to).await?;
        Ok((shown_member(actor, member), event))
    })
    .await
}

/// Hands a delegation that waits to a colleague, to oneself, or back to the queue.
pub async fn assign_delegation(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    if_match: &IfMatch,
    to: Holder,
) -> Result<Written<ShownDelegation>, Error> {
    let permit = actor.permit(Queue::Delegations.action())?;

    db.write(permit, async |tx| {
        let before = store::lock(tx, code).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        if before.stage.name() != StageName::Submitted {
            return Err(before.stage.refuse("assign").into());
        }
        let to = colleague(tx, actor, Queue::Delegations, to).await?;
        let (delegation, event) = hand_delegation(tx, before, to).await?;
        Ok((shown_delegation(actor, delegation), event))
    })
    .await
}

/// Hands a change that is asked for to a colleague, to oneself, or back to the queue.
pub async fn assign_change(
    db: &Db,
    actor: &Actor,
    id: ChangeRequestId,
    if_match: &IfMatch,
    to: Holder,
) -> Result<Written<ShownRequest>, Error> {
    let permit = actor.permit(Queue::Changes.action())?;

    db.write(permit, async |tx| {
        let before = changes::lock_request(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let to = colleague(tx, actor, Queue::Changes, to).await?;
        let (request, event) = hand_change(tx, before, to).await?;
        Ok((shown_change(actor, request), event))
    })
    .await
}

/// Who is to work on something of a queue. Both who hands it over and who gets it must be of its office.
async fn colleague(
    conn: &mut PgConnection,
    actor: &Actor,
    queue: Queue,
    to: Holder,
) -> Result<Option<AccountId>, Error> {
    actor.permit(queue.action())?;
    let to = to.said_by(actor.account()).account();
    if let Some(account) = to.filter(|account| *account != actor.account())
        && !access::may_another(conn, account, queue.action()).await?
    {
        let detail = "the open account of somebody who works this queue is expected";
        return Err(Faults::at("/to", Fault::new("not_of_this_office", detail)).into());
    }
    Ok(to)
}

async fn hand_member(
    conn: &mut PgConnection,
    before: Member,
    to: Option<AccountId>,
) -> Result<(Member, Event), sqlx::Error> {
    let was = before.assigned_to;
    let member = before.assigned(to);
    members::save_member_status(conn, &member).await?;
    let event = Event::of("member.assigned", member.id.uuid())
        .participant(&member.participant)
        .changed(&json!({ "assigned_to": was }), &json!({ "assigned_to": to }));
    Ok((member, event))
}

async fn hand_delegation(
    conn: &mut PgConnection,
    before: Delegation,
    to: Option<AccountId>,
) -> Result<(Delegation, Event), sqlx::Error> {
    let was = before.assigned_to;
    let delegation = before.assigned(to);
    store::save(conn, &delegation).await?;
    let event = Event::of("delegation.assigned", delegation.id.uuid())
        .participant(&delegation.participant)
        .changed(&json!({ "assigned_to": was }), &json!({ "assigned_to": to }));
    Ok((delegation, event))
}

async fn hand_change(
    conn: &mut PgConnection,
    before: ChangeRequest,
    to: Option<AccountId>,
) -> Result<(ChangeRequest, Event), Error> {
    let was = before.assigned_to;
    let request = before.assigned(to)?;
    changes::save_request_assigned(conn, &request).await?;
    let event = Event::of("member.change_assigned", request.member.uuid())
        .participant(&request.participant)
        .changed(
            &json!({ "assigned_to": was }),
            &json!({ "assigned_to": to, "change_request": request.id }),
        );
    Ok((request, event))
}

fn shown_member(actor: &Actor, member: Member) -> ShownMember {
    let sight = Sight::of(actor, &member.participant);
    ShownMember { member, identity: None, sight, lost: None, warnings: None }
}

fn shown_delegation(actor: &Actor, delegation: Delegation) -> ShownDelegation {
    ShownDelegation { sight: Sight::of(actor, &delegation.participant), delegation }
}

fn shown_change(actor: &Actor, request: ChangeRequest) -> ShownRequest {
    let sight = Sight::of(actor, &request.participant);
    ShownRequest { request, secret: None, sight, corrected: None }
}
