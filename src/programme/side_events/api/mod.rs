//! Side events over HTTP.

mod problems;

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use crate::access::{Action, Denied};
use crate::delegations::Calendar;
use crate::http::{self, App, Call, Json, Merge, NoBody};
use crate::ids::{RoomId, SideEventId};
use crate::input::Faults;
use crate::page::{AnyOf, Cursor, Limit, Page};
use crate::problem::Problem;
use crate::programme::api::{HappenedView, Paging};
use crate::programme::rooms::FrameKey;
use crate::programme::side_events::body::{NewSideEvent, SideEventPatch};
use crate::programme::side_events::model::{Answer, SideEventState, Step};
use crate::programme::side_events::store::{self, Wanted};
use crate::programme::side_events::view::{Shown, SideEventView};
use crate::programme::side_events::{commands, scheduling};
use crate::programme::store::history as happened;
use crate::text::{ParticipantCode, Reason};

/// The days by which dates of those who are to be accredited are judged.
fn calendar(app: &App) -> Calendar {
    Calendar { today: app.db.clock.now().date_naive(), last_day: app.ceremony.event.last_day }
}

/// Which side events to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SideEventFilter {
    /// Of these sponsors: `FRA,VNM`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these states: `submitted,accepted`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<SideEventState>>,
    /// That this participant is asked to organize as well.
    #[deserr(default)]
    co_sponsor: Option<ParticipantCode>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists side events: a mission its own, and those that it is asked to organize as well.
#[utoipa::path(get, path = "/api/v1/side-events", tag = "side events", params(SideEventFilter),
    responses((status = 200, body = Page<SideEventView>)))]
pub async fn list(call: Call<NoBody, SideEventFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSideEvents)?;
    let SideEventFilter { participant, state, co_sponsor, limit, cursor } = call.query;
    let wanted = Wanted { participant, state, co_sponsor };
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, after, limit).await?;
    let page = Page::cut(rows, limit, |event| Cursor(vec![event.id.to_string()]));
    let rules = &call.app.ceremony.programme.side_events;
    let events = page.items.into_iter();
    let shown: Vec<_> = events.map(|event| Shown::to(&call.actor, rules, event)).collect();
    let items = shown.iter().map(Shown::view).collect();
    Ok(http::page(&Page { items, next: page.next, count: None }))
}

/// Reads a side event.
#[utoipa::path(get, path = "/api/v1/side-events/{id}", tag = "side events", params(("id" = SideEventId, Path)),
    responses((status = 200, body = SideEventView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSideEvents)?;
    let mut tx = call.app.db.read(&scope).await?;
    let event = store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &Shown::to(&call.actor, &call.app.ceremony.programme.side_events, event))
}

/// Begins to apply for a side event (R45). Speakers with `accreditation` are entered into the delegation with it.
#[utoipa::path(post, path = "/api/v1/side-events", tag = "side events", request_body = NewSideEvent,
    responses((status = 201, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewSideEvent>>) -> Result<HttpResponse, Problem> {
    let (code, application, entering) = call.body.0.read(calendar(&call.app))?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    let begun = commands::begin(db, frame, &call.actor, &code, &application, &entering).await?;
    http::written(begun)
}

/// Changes what is asked for: title and abstract, speakers and material until their milestones, all else until
/// applications close. Officers also later.
#[utoipa::path(patch, path = "/api/v1/side-events/{id}", tag = "side events", params(("id" = SideEventId, Path)),
    request_body(content = SideEventPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<SideEventPatch>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Merge(patch) = call.body;
    let wanted = patch.read(calendar(&call.app))?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    http::written(commands::change(db, frame, &call.actor, *id, &if_match, &wanted).await?)
}

/// Hands an application in. Its sponsor is a participant whose delegation is accepted (R45).
#[utoipa::path(post, path = "/api/v1/side-events/{id}/submit", tag = "side events", params(("id" = SideEventId, Path)),
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn submit(call: Call, id: web::Path<SideEventId>) -> Result<HttpResponse, Problem> {
    go(&call, *id, &Step::Submit).await
}

/// Why, where somebody wants to say so.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = SideEventNote)]
pub struct Note {
    #[deserr(default)]
    reason: Option<Reason>,
}

/// Why an application is rejected.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = SideEventRejection)]
pub struct Rejection {
    reason: Reason,
}

/// Takes a side event back, as long as it has no place in the programme.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/withdraw", tag = "side events", params(("id" = SideEventId, Path)),
    request_body = Note,
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call<Json<Note>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    go(&call, *id, &Step::Withdraw(call.body.0.reason.clone())).await
}

/// Accepts an application that was reviewed.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/accept", tag = "side events", params(("id" = SideEventId, Path)),
    request_body = Note,
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn accept(
    call: Call<Json<Note>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    go(&call, *id, &Step::Accept(call.body.0.reason.clone())).await
}

/// Rejects an application, with a reason.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/reject", tag = "side events", params(("id" = SideEventId, Path)),
    request_body = Rejection,
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn reject(
    call: Call<Json<Rejection>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    go(&call, *id, &Step::Reject(call.body.0.reason.clone())).await
}

async fn go<B>(call: &Call<B>, id: SideEventId, step: &Step) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    http::written(commands::go(db, frame, &call.actor, id, if_match, step).await?)
}

/// The place of a side event.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = PlaceOfSideEvent)]
pub struct NewPlace {
    /// The key of a slot of the ceremony: `sunday_noon`.
    slot: FrameKey,
    room: RoomId,
}

/// Gives an accepted side event its place: it becomes a session of the draft, which is moved and called off like any
/// other. The answer says what does not fit yet.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/schedule", tag = "side events", params(("id" = SideEventId, Path)),
    request_body = NewPlace,
    responses((status = 200, body = SideEventView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn schedule(
    call: Call<Json<NewPlace>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    let Json(NewPlace { slot, room }) = &call.body;
    let placed = scheduling::schedule(db, frame, &call.actor, *id, if_match, (slot, *room)).await?;
    http::written(placed)
}

/// Says that a participant organizes a side event with its sponsor: the participant itself, and nobody for it.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/co-sponsors/{code}/confirm", tag = "side events",
    params(("id" = SideEventId, Path), ("code" = ParticipantCode, Path)),
    responses((status = 200, body = SideEventView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn confirm(
    call: Call,
    path: web::Path<(SideEventId, ParticipantCode)>,
) -> Result<HttpResponse, Problem> {
    answer(&call, path.into_inner(), Answer::Confirmed).await
}

/// Says that it does not. From then on it does not see the side event any more.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/co-sponsors/{code}/decline", tag = "side events",
    params(("id" = SideEventId, Path), ("code" = ParticipantCode, Path)),
    responses((status = 200, body = SideEventView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn decline(
    call: Call,
    path: web::Path<(SideEventId, ParticipantCode)>,
) -> Result<HttpResponse, Problem> {
    answer(&call, path.into_inner(), Answer::Declined).await
}

async fn answer(
    call: &Call,
    (id, code): (SideEventId, ParticipantCode),
    answer: Answer,
) -> Result<HttpResponse, Problem> {
    // Whose word it is comes first: to others there is nothing to have a version.
    call.actor.permit(Action::CoSponsorSideEvent(&code))?;
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    http::written(commands::answer(db, frame, &call.actor, id, &code, if_match, answer).await?)
}

/// Lists what happened to a side event, the latest first, as far as it is the reader's business.
#[utoipa::path(get, path = "/api/v1/side-events/{id}/history", tag = "side events",
    params(("id" = SideEventId, Path), Paging),
    responses((status = 200, body = Page<HappenedView>), (status = 404, body = crate::problem::Body)))]
pub async fn history(
    call: Call<NoBody, Paging>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSideEvents)?;
    let Paging { limit, cursor } = call.query;
    let before = cursor.as_ref().map(Cursor::moment_and_id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    let rows = happened(&mut tx, id.uuid(), "side_event.", before, limit).await?;
    let page = Page::cut(rows, limit, |event| Cursor::by_time(event.happened_at, event.id.uuid()));
    Ok(http::page(&page.map(HappenedView::from)))
}
