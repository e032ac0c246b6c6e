//! Queues over HTTP.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::{self, NotTaken};
use super::model::{Holder, Queue, Waiting};
use super::store::{self, Depth};
use crate::access::Action;
use crate::delegations::api::{DelegationView, parsed};
use crate::delegations::changes::{self, ChangeRequestView};
use crate::delegations::members::MemberView;
use crate::delegations::sight::Sight;
use crate::http::{self, Call, Json};
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::input::{Faults, Patch};
use crate::page::Page;
use crate::problem::Problem;
use crate::text::{Fault, ParticipantCode};

/// Who works on something that waits; those who work queues see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Work {
    assigned_to: Option<AccountId>,
}

impl Work {
    /// What a reader sees of it.
    #[must_use]
    pub fn seen(sight: Sight, assigned_to: Option<AccountId>) -> Option<Self> {
        sight.queues.then_some(Self { assigned_to })
    }
}

/// How much waits in a queue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
pub struct QueueView {
    name: Queue,
    /// How many wait.
    waiting: i64,
    /// How many of them nobody has taken.
    unassigned: i64,
    /// How many of them the reader has taken.
    mine: i64,
    /// Since when the oldest waits.
    oldest_since: Option<DateTime<Utc>>,
    /// Where they are listed, the oldest first. Every filter of that list can be added.
    items: String,
}

impl From<Depth> for QueueView {
    fn from(depth: Depth) -> Self {
        let Depth { queue, waiting, unassigned, mine, oldest_since } = depth;
        let items = match queue.waiting() {
            Waiting::Delegations => {
                "/api/v1/delegations?stage=submitted&sort=stage_since".to_owned()
            }
            Waiting::Members(status) => {
                format!("/api/v1/members?status={status}&sort=status_since")
            }
            Waiting::Changes => "/api/v1/change-requests?state=open".to_owned(),
        };
        Self { name: queue, waiting, unassigned, mine, oldest_since, items }
    }
}

/// Lists the queues that the reader works, and how much waits in each.
#[utoipa::path(get, path = "/api/v1/queues", tag = "queues", responses((status = 200, body = Page<QueueView>)))]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    commands::may_work(&call.actor)?;
    let scope = call.actor.see(Action::ListDelegations)?;
    let queues: Vec<Queue> =
        Queue::ALL.iter().copied().filter(|queue| call.actor.may(queue.action())).collect();
    let mut tx = call.app.db.read(&scope).await?;
    let depths = store::depths(&mut tx, &queues, call.actor.account()).await?;
    let items = depths.into_iter().map(QueueView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Takes what has waited longest and nobody has taken: it is the caller's to work on. Two who ask at once get two
/// different things. 204 where nothing waits.
#[utoipa::path(post, path = "/api/v1/queues/{name}/take", tag = "queues", params(("name" = Queue, Path)),
    responses((status = 200, description = "The delegation, the member or the change request, as its own address shows it", body = MemberView),
        (status = 204), (status = 403, body = crate::problem::Body)))]
pub async fn take(call: Call, name: web::Path<Queue>) -> Result<HttpResponse, Problem> {
    match commands::take(&call.app.db, &call.actor, *name).await {
        Ok(taken) => http::written(taken),
        Err(NotTaken::Empty) => Ok(HttpResponse::NoContent().finish()),
        Err(NotTaken::Refused(error)) => Err(error.into()),
    }
}

/// Who is to work on it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Assignment {
    /// `me`, a colleague's account, or null: back to the queue.
    #[deserr(default)]
    #[schema(value_type = Option<String>, required = true)]
    to: Patch<Holder>,
}

impl Assignment {
    fn read(body: &Value) -> Result<Holder, Faults> {
        let Self { to } = parsed(body)?;
        match to {
            Patch::Set(holder) => Ok(holder),
            Patch::Clear => Ok(Holder::Nobody),
            Patch::Keep => Err(Faults::at("/to", Fault::new("required", "this field is required"))),
        }
    }
}

/// Hands a delegation that was submitted to an officer, or back to the queue.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/assign", tag = "queues", params(("code" = ParticipantCode, Path)),
    request_body = Assignment,
    responses((status = 200, body = DelegationView), (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn assign_delegation(
    call: Call<Json<Value>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ReadDelegation(&code))?;
    call.actor.permit(Queue::Delegations.action())?;
    let if_match = call.if_match()?;
    let to = Assignment::read(&call.body.0)?;
    let (db, actor) = (&call.app.db, &call.actor);
    http::written(commands::assign_delegation(db, actor, &code, if_match, to).await?)
}

/// Hands a member who waits to an officer, or back to the queue.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/members/{id}/assign", tag = "queues",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)), request_body = Assignment,
    responses((status = 200, body = MemberView), (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn assign_member(
    call: Call<Json<Value>>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.see(Action::ReadDelegation(&code))?;
    commands::may_work(&call.actor)?;
    let if_match = call.if_match()?;
    let to = Assignment::read(&call.body.0)?;
    let (db, actor) = (&call.app.db, &call.actor);
    http::written(commands::assign_member(db, actor, &code, id, if_match, to).await?)
}

/// Hands a change that is asked for to an officer, or back to the queue.
#[utoipa::path(post, path = "/api/v1/change-requests/{id}/assign", tag = "queues", params(("id" = ChangeRequestId, Path)),
    request_body = Assignment,
    responses((status = 200, body = ChangeRequestView), (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn assign_change(
    call: Call<Json<Value>>,
    id: web::Path<ChangeRequestId>,
) -> Result<HttpResponse, Problem> {
    let (db, actor) = (&call.app.db, &call.actor);
    changes::find_request(db, actor, *id).await?;
    actor.permit(Queue::Changes.action())?;
    let if_match = call.if_match()?;
    let to = Assignment::read(&call.body.0)?;
    http::written(commands::assign_change(db, actor, *id, if_match, to).await?)
}
