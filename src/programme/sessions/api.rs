//! Sessions over HTTP, for those who plan them.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::body::{NewSession, SessionPatch};
use super::commands;
use super::model::SessionKind;
use super::store::{self, Wanted};
use super::view::{SessionView, Shown};
use crate::access::{Action, Denied};
use crate::http::{self, Call, Json, Merge, NoBody};
use crate::ids::{RoomId, SessionId};
use crate::input::{Faults, Moment};
use crate::page::{AnyOf, Cursor, Limit, Page, Truth};
use crate::problem::Problem;
use crate::text::Reason;

/// Which sessions to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SessionFilter {
    /// Of any of these kinds, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<SessionKind>>,
    /// In this room.
    #[deserr(default)]
    room: Option<RoomId>,
    /// That end after this moment.
    #[deserr(default)]
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<Moment>,
    /// That begin before this moment.
    #[deserr(default)]
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    until: Option<Moment>,
    /// `true`: such as are cancelled; `false`: such as are not.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    cancelled: Option<Truth>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the sessions of the draft in the order of time.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "programme", params(SessionFilter),
    responses((status = 200, body = Page<SessionView>)))]
pub async fn list(call: Call<NoBody, SessionFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let SessionFilter { kind, room, from, until, cancelled, limit, cursor } = call.query;
    let moment = |moment: Moment| moment.kept().to_utc();
    let wanted = Wanted { kind, room, from: from.map(moment), until: until.map(moment), cancelled };
    let after = cursor.as_ref().map(Cursor::moment_and_id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, after, limit).await?;
    let page = Page::cut(rows, limit, |session| {
        Cursor::by_time(session.facts.starts_at, session.id.uuid())
    });
    let zone = call.app.ceremony.programme.time_zone;
    let shown: Vec<_> = page.items.into_iter().map(|session| Shown::at(zone, session)).collect();
    let items = shown.iter().map(Shown::view).collect();
    Ok(http::page(&Page { items, next: page.next, count: None }))
}

/// Reads a session of the draft.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", tag = "programme", params(("id" = SessionId, Path)),
    responses((status = 200, body = SessionView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let mut tx = call.app.db.read(&scope).await?;
    let session = store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &Shown::at(call.app.ceremony.programme.time_zone, session))
}

/// Plans a session. Nobody else sees it before the programme is released (R46). The answer says what does not fit yet.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "programme", request_body = NewSession,
    responses((status = 201, body = SessionView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewSession>>) -> Result<HttpResponse, Problem> {
    let facts = call.body.0.facts()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    http::written(commands::plan(db, frame, &call.actor, &facts).await?)
}

/// Changes or moves a session, which keeps its identity.
#[utoipa::path(patch, path = "/api/v1/sessions/{id}", tag = "programme", params(("id" = SessionId, Path)),
    request_body(content = SessionPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = SessionView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<SessionPatch>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    let Merge(patch) = &call.body;
    http::written(commands::change(db, frame, &call.actor, *id, if_match, patch).await?)
}

/// Why a session does not take place.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Cancellation {
    reason: Reason,
}

/// Calls a session off. It stays in the programme as cancelled.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/cancel", tag = "programme", params(("id" = SessionId, Path)),
    request_body = Cancellation,
    responses((status = 200, body = SessionView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn cancel(
    call: Call<Json<Cancellation>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    let Json(Cancellation { reason }) = &call.body;
    http::written(commands::cancel(db, frame, &call.actor, *id, if_match, reason).await?)
}
