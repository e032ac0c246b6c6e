//! Change requests over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde_json::Value;

use super::body::{self, NewChangeRequest};
use super::commands;
use super::model::RequestState;
use super::store::{self, Wanted};
use super::view::{ChangeRequestView, Shown};
use crate::access::{Action, Actor, Denied};
use crate::db::Scope;
use crate::delegations::api::{Note, Why, parsed};
use crate::delegations::members;
use crate::delegations::members::model::Calendar;
use crate::delegations::queues::{self, Holder};
use crate::delegations::sight::Sight;
use crate::http::{self, App, Call, Json, NoBody};
use crate::ids::{ChangeRequestId, MemberId};
use crate::input::Faults;
use crate::page::{AnyOf, Cursor, Include, Limit, Page, Truth};
use crate::problem::Problem;
use crate::text::ParticipantCode;

/// Asks for a change of a member whom others have passed on already (R37). What was approved stands until it is decided.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/members/{id}/change-requests", tag = "change requests",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)), request_body = NewChangeRequest,
    responses((status = 201, body = ChangeRequestView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(
    call: Call<Json<Value>>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::PrepareDelegation(&code))?;
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    let (today, last_day) = (db.clock.now().date_naive(), ceremony.event.last_day);
    let calendar = Calendar { today, last_day };
    let (wanted, note) = body::read(&call.body.0, calendar)?;
    let written =
        commands::ask(db, &call.actor, &code, id, &wanted, note.as_ref(), ceremony).await?;
    http::written(written)
}

/// Reads a change request.
#[utoipa::path(get, path = "/api/v1/change-requests/{id}", tag = "change requests", params(("id" = ChangeRequestId, Path)),
    responses((status = 200, body = ChangeRequestView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<ChangeRequestId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find(&call.app.db, &call.actor, *id).await?)
}

/// Accepts a change. Where it is material the person goes back to vetting: `member_status` and `revoked` say so (R37).
#[utoipa::path(post, path = "/api/v1/change-requests/{id}/accept", tag = "change requests",
    params(("id" = ChangeRequestId, Path)), request_body = Note,
    responses((status = 200, body = ChangeRequestView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn accept(
    call: Call<Json<Value>>,
    id: web::Path<ChangeRequestId>,
) -> Result<HttpResponse, Problem> {
    let (db, actor) = (&call.app.db, &call.actor);
    commands::find(db, actor, *id).await?;
    let if_match = call.if_match()?;
    let Note { reason } = parsed(&call.body.0)?;
    let ceremony = &call.app.ceremony;
    http::written(commands::accept(db, actor, *id, if_match, reason.as_ref(), ceremony).await?)
}

/// Refuses a change: the member stays as it was.
#[utoipa::path(post, path = "/api/v1/change-requests/{id}/refuse", tag = "change requests",
    params(("id" = ChangeRequestId, Path)), request_body = Why,
    responses((status = 200, body = ChangeRequestView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn refuse(
    call: Call<Json<Value>>,
    id: web::Path<ChangeRequestId>,
) -> Result<HttpResponse, Problem> {
    let (db, actor) = (&call.app.db, &call.actor);
    commands::find(db, actor, *id).await?;
    let if_match = call.if_match()?;
    let Why { reason } = parsed(&call.body.0)?;
    http::written(commands::refuse(db, actor, *id, if_match, &reason).await?)
}

/// Takes a change request back.
#[utoipa::path(post, path = "/api/v1/change-requests/{id}/withdraw", tag = "change requests",
    params(("id" = ChangeRequestId, Path)), request_body = Note,
    responses((status = 200, body = ChangeRequestView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call<Json<Value>>,
    id: web::Path<ChangeRequestId>,
) -> Result<HttpResponse, Problem> {
    let (db, actor) = (&call.app.db, &call.actor);
    commands::find(db, actor, *id).await?;
    let if_match = call.if_match()?;
    let Note { reason } = parsed(&call.body.0)?;
    http::written(commands::withdraw(db, actor, *id, if_match, reason.as_ref()).await?)
}

/// Which change requests to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangeRequestFilter {
    /// Of these participants: `FRA,VNM`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these states: `open`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<RequestState>>,
    /// `true`: such as send a person back to vetting; `false`: such as do not.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    material: Option<Truth>,
    /// On which this account works: `me`, an account's id, or `none`. For those who work queues.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    assigned_to: Option<Holder>,
    /// `count`: also say how many there are.
    #[deserr(default)]
    include: Option<Include>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the change requests that one may see, the oldest first.
#[utoipa::path(get, path = "/api/v1/change-requests", tag = "change requests", params(ChangeRequestFilter),
    responses((status = 200, body = Page<ChangeRequestView>)))]
pub async fn list_all(call: Call<NoBody, ChangeRequestFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListDelegations)?;
    let ChangeRequestFilter { participant, state, material, include, limit, cursor, .. } =
        call.query;
    let assigned_to =
        call.query.assigned_to.map(|holder| queues::for_filter(&call.actor, holder)).transpose()?;
    let wanted = Wanted { participant, member: None, state, material, assigned_to };
    page(&call.app, &call.actor, &scope, &wanted, include, limit, cursor.as_ref()).await
}

/// Which change requests of a member to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberRequestFilter {
    /// In one of these states: `open`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<RequestState>>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the change requests about a member, the oldest first.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members/{id}/change-requests", tag = "change requests",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path), MemberRequestFilter),
    responses((status = 200, body = Page<ChangeRequestView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(
    call: Call<NoBody, MemberRequestFilter>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let MemberRequestFilter { state, limit, cursor } = call.query;
    let mut tx = call.app.db.read(&scope).await?;
    members::find_member(&mut tx, &code, id).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let wanted = Wanted { member: Some(id), state, ..Wanted::default() };
    page(&call.app, &call.actor, &scope, &wanted, None, limit, cursor.as_ref()).await
}

async fn page(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    wanted: &Wanted,
    include: Option<Include>,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<HttpResponse, Problem> {
    let after = cursor.map(Cursor::moment_and_id).transpose()?;
    let mut tx = app.db.read(scope).await?;
    let rows = store::list(&mut tx, wanted, after, limit).await?;
    let mut page = Page::cut(rows, limit, |r| Cursor::by_time(r.requested_at, r.id.uuid()));
    if include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, wanted).await?);
    }
    Ok(http::page(&page.map(|request| {
        let sight = Sight::of(actor, &request.participant);
        ChangeRequestView::from(&Shown { request, secret: None, sight, corrected: None })
    })))
}
