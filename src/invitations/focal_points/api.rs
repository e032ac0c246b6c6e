//! Focal points over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::{self, Change, Limits, Wanted};
use super::model::{FocalPointState, PaperState, Predecessor};
use super::store::{self, Filter};
use super::view::{FocalPointView, InvitedView, Renewed, Shown};
use crate::access::{Action, Denied};
use crate::db::Scope;
use crate::http::{self, App, Call, Json, Merge, NoBody};
use crate::ids::{DocumentId, FocalPointId};
use crate::input::{Date, Faults, Patch};
use crate::invitations::api::terms;
use crate::invitations::commands::Error;
use crate::mail::LetterLanguage;
use crate::page::{AnyOf, Cursor, Limit, Page, Truth};
use crate::problem::Problem;
use crate::text::{Email, Fault, ParticipantCode, PersonName, Reason};

/// Who is to be a focal point.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewFocalPoint {
    email: Email,
    name: PersonName,
    /// The language that they are written to in: `en` where nothing is said.
    #[deserr(default)]
    language: Option<LetterLanguage>,
    /// Whether as the one to turn to, which an officer alone says. There is one at a time.
    #[deserr(default)]
    is_primary: bool,
    /// The paper that appoints them, an `appointment_of_focal_point`. Officers name one; where a mission invites a backup
    /// it may follow.
    #[deserr(default)]
    document: Option<DocumentId>,
    /// The last day on which they speak for the participant, by UTC. Where none is said, that of the paper, else the last
    /// day on which the treaty is open for signature.
    #[deserr(default)]
    expires_on: Option<Date>,
}

/// Appoints a focal point and invites them. They are sent a letter with a code; as long as letters do not leave over a mail
/// server, the code is in the answer, too. Officers appoint anybody; a mission's primary focal point invites backups. The answer is the same whether or not the address
/// has an account.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/focal-points", tag = "focal points",
    params(("code" = ParticipantCode, Path)), request_body = NewFocalPoint,
    responses((status = 201, body = InvitedView<'_>), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(
    call: Call<Json<Value>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    call.actor.permit(Action::InviteFocalPoint(&code))?;
    let NewFocalPoint { email, name, language, is_primary, document, expires_on } =
        parsed(&call.body.0)?;
    let expires_on = expires_on.map(|Date(day)| day);
    let language = language.unwrap_or_default();
    let wanted = Wanted { email, name, language, is_primary, document, expires_on };
    let limits = limits(&call.app);
    let appointed =
        commands::appoint(&call.app.db, &call.actor, &code, &wanted, limits, Renewed::from).await;
    http::written(appointed.map_err(|error| match error {
        // Here the participant is in the address: what the register does not know is not there.
        Error::ParticipantUnknown => Denied::Invisible.into(),
        other => Problem::from(other),
    })?)
}

/// What configuration and ceremony say of appointments.
#[must_use]
pub fn limits(app: &App) -> Limits {
    let last_day = app.ceremony.windows.iter().map(|window| window.last_day).max();
    Limits {
        terms: terms(app),
        per_participant: app.config.access.focal_points_per_participant.get(),
        last_day: last_day.unwrap_or(app.ceremony.event.last_day),
    }
}

/// Which focal points to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FocalPointFilter {
    /// Of these participants: `FRA,VNM`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these states: `invited,in_force`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<FocalPointState>>,
    /// `true`: primary ones; `false`: backups.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    primary: Option<Truth>,
    /// Whose paper is in one of these states: `missing,refused,expired`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    document: Option<AnyOf<PaperState>>,
    /// Whose last day is before this one.
    #[deserr(default)]
    #[param(value_type = Option<String>, format = Date)]
    expires_before: Option<Date>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the focal points that one may see, by participant and in the order of their appointment.
#[utoipa::path(get, path = "/api/v1/focal-points", tag = "focal points", params(FocalPointFilter),
    responses((status = 200, body = Page<FocalPointView>)))]
pub async fn list_all(call: Call<NoBody, FocalPointFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListFocalPoints)?;
    let FocalPointFilter { participant, state, primary, document, expires_before, limit, cursor } =
        call.query;
    let expires_before = expires_before.map(|Date(day)| day);
    let filter = Filter { participant, state, primary, document, expires_before };
    page(&call.app, &scope, &filter, limit, cursor.as_ref()).await
}

/// Which focal points of a participant to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnFilter {
    /// In one of these states: `invited,in_force`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<FocalPointState>>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the focal points of a participant, past ones included, in the order of their appointment.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/focal-points", tag = "focal points",
    params(("code" = ParticipantCode, Path), OwnFilter),
    responses((status = 200, body = Page<FocalPointView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(
    call: Call<NoBody, OwnFilter>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadFocalPoints(&code))?;
    let OwnFilter { state, limit, cursor } = call.query;
    let participant = Some(AnyOf(vec![code.into_inner()]));
    let filter = Filter { participant, state, ..Filter::default() };
    page(&call.app, &scope, &filter, limit, cursor.as_ref()).await
}

async fn page(
    app: &App,
    scope: &Scope,
    filter: &Filter,
    limit: Limit,
    cursor: Option<&Cursor>,
) -> Result<HttpResponse, Problem> {
    let after = cursor.map(place).transpose()?;
    let mut tx = app.db.read(scope).await?;
    let today = app.db.clock.now().date_naive();
    let rows = store::list(&mut tx, filter, today, after, limit).await?;
    let page =
        Page::cut(rows, limit, |row| Cursor(vec![row.participant.to_string(), row.id.to_string()]));
    Ok(http::page(&page.map(|row| FocalPointView::from(&row))))
}

/// A place in the order of the list, as a cursor holds it.
fn place(cursor: &Cursor) -> Result<(ParticipantCode, uuid::Uuid), Faults> {
    let code = cursor.key(0).and_then(|code| ParticipantCode::parse(code).ok());
    let id = cursor.key(1).and_then(|id| uuid::Uuid::try_parse(id).ok());
    code.zip(id)
        .ok_or_else(|| Fault::new("invalid_cursor", "a cursor of this list is expected"))
        .map_err(|fault| Faults::at("/cursor", fault))
}

/// Reads a focal point.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/focal-points/{id}", tag = "focal points",
    params(("code" = ParticipantCode, Path), ("id" = FocalPointId, Path)),
    responses((status = 200, body = FocalPointView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    path: web::Path<(ParticipantCode, FocalPointId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    let scope = call.actor.see(Action::ReadFocalPoints(&code))?;
    let today = call.app.db.clock.now().date_naive();
    let mut tx = call.app.db.read(&scope).await?;
    let focal_point = store::find(&mut tx, &code, id, today).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &Shown(focal_point))
}

/// What changes of an appointment.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct FocalPointPatch {
    /// The paper that appoints the person.
    #[deserr(default)]
    #[schema(value_type = Option<DocumentId>)]
    document: Patch<DocumentId>,
    /// The last day on which they speak for the participant, by UTC.
    #[deserr(default)]
    #[schema(value_type = Option<Date>)]
    expires_on: Patch<Date>,
}

/// Names the paper that appoints a focal point, or another last day (JSON Merge Patch).
#[utoipa::path(patch, path = "/api/v1/delegations/{code}/focal-points/{id}", tag = "focal points",
    params(("code" = ParticipantCode, Path), ("id" = FocalPointId, Path)),
    request_body(content = FocalPointPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = FocalPointView), (status = 422, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<Value>>,
    path: web::Path<(ParticipantCode, FocalPointId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::AppointFocalPoint(&code))?;
    let if_match = call.if_match()?;
    let FocalPointPatch { document, expires_on } = parsed(&call.body.0)?;
    let mut faults = Faults::default();
    let document = document.required("/document", &mut faults);
    let expires_on = expires_on.required("/expires_on", &mut faults).map(|Date(day)| day);
    faults.none_or()?;
    let change = Change { document, expires_on };
    http::written(commands::change(&call.app.db, &call.actor, &code, id, if_match, change).await?)
}

/// How an appointment ends.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndQuery {
    /// Why; kept in the history.
    #[deserr(default)]
    reason: Option<Reason>,
    /// `true`: the officer knows that nobody speaks for the participant afterwards.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    leaves_none: Option<Truth>,
}

/// Ends a focal point's appointment, or takes the invitation to it back. What it gave is gone with the next request.
/// Officers end anybody's, a mission's primary focal point those of backups, everybody their own. The primary one is
/// handed over from first; the last one in force is ended by an officer who says so.
#[utoipa::path(delete, path = "/api/v1/delegations/{code}/focal-points/{id}", tag = "focal points",
    params(("code" = ParticipantCode, Path), ("id" = FocalPointId, Path), EndQuery),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn delete(
    call: Call<NoBody, EndQuery>,
    path: web::Path<(ParticipantCode, FocalPointId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::InviteFocalPoint(&code))?;
    let if_match = call.if_match()?;
    let EndQuery { reason, leaves_none } = &call.query;
    let (db, actor) = (&call.app.db, &call.actor);
    let leaves_none = *leaves_none == Some(Truth::Yes);
    let ended = commands::end(db, actor, &code, id, if_match, leaves_none, reason.as_ref()).await?;
    http::written(ended)
}

/// Why somebody is invited once more, where one wants to say so.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct InviteAgain {
    /// Kept in the history.
    #[deserr(default)]
    reason: Option<Reason>,
}

/// Sends a focal point who has not come in a fresh code; the one before is good no more.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/focal-points/{id}/invite", tag = "focal points",
    params(("code" = ParticipantCode, Path), ("id" = FocalPointId, Path)), request_body = InviteAgain,
    responses((status = 200, body = InvitedView<'_>), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn invite(
    call: Call<Json<Value>>,
    path: web::Path<(ParticipantCode, FocalPointId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::InviteFocalPoint(&code))?;
    let (if_match, terms) = (call.if_match()?, terms(&call.app));
    let InviteAgain { reason } = parsed(&call.body.0)?;
    let (db, actor) = (&call.app.db, &call.actor);
    let renewed = commands::renew(db, actor, &code, id, if_match, terms, reason.as_ref()).await?;
    http::written(renewed)
}

/// How one focal point hands over to another.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct HandOver {
    /// The paper that appoints the new one; theirs as a backup where nothing is said.
    #[deserr(default)]
    document: Option<DocumentId>,
    /// What becomes of the one before: `backup` where nothing is said.
    #[deserr(default)]
    predecessor: Option<Predecessor>,
}

/// Makes a backup the primary focal point. The one before goes on as a backup, or ends, in the same moment.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/focal-points/{id}/make-primary", tag = "focal points",
    params(("code" = ParticipantCode, Path), ("id" = FocalPointId, Path)), request_body = HandOver,
    responses((status = 200, body = FocalPointView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn make_primary(
    call: Call<Json<Value>>,
    path: web::Path<(ParticipantCode, FocalPointId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::AppointFocalPoint(&code))?;
    let if_match = call.if_match()?;
    let HandOver { document, predecessor } = parsed(&call.body.0)?;
    let predecessor = predecessor.unwrap_or(Predecessor::Backup);
    let (db, actor) = (&call.app.db, &call.actor);
    let handed_over =
        commands::hand_over(db, actor, &code, id, if_match, document, predecessor).await?;
    http::written(handed_over)
}

/// Reads a body once it is known that there is something for the caller: to others there is nothing to be wrong with
/// (R38).
fn parsed<T: Deserr<Faults>>(body: &Value) -> Result<T, Faults> {
    deserr::deserialize::<T, _, Faults>(body.clone())
}
