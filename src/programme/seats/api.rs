//! Seats and the waiting list over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::store;
use super::view::{BookedView, GroupShown, GroupView, SeatShown, SeatView, SeatingView};
use super::{commands, queue, waiting};
use crate::access::{Action, Denied};
use crate::http::{self, Call, Json, Merge, NoBody};
use crate::ids::{MemberId, SeatId, SessionId, WaitingGroupId};
use crate::input::{Faults, Patch};
use crate::page::{Cursor, Page};
use crate::problem::Problem;
use crate::programme::api::{HappenedView, Paging};
use crate::programme::rooms::at_most;
use crate::programme::store::history as happened;
use crate::text::{ParticipantCode, Reason};

/// How many seats a session has, and how many are gone. Nobody learns whose.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/seating", tag = "seats", params(("id" = SessionId, Path)),
    responses((status = 200, body = SeatingView), (status = 404, body = crate::problem::Body)))]
pub async fn seating(call: Call, id: web::Path<SessionId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    queue::settle(db, rules, *id).await?;
    let mut tx = db.read(&scope).await?;
    if !call.actor.may(Action::ReadDraftProgramme) {
        store::open_until(&mut tx, *id, db.clock.now()).await?.ok_or(Denied::Invisible)?;
    }
    let seating = store::find_seating(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    Ok(HttpResponse::Ok().json(SeatingView::of(&seating, rules)))
}

/// Lists the seats of a session that somebody has: a mission its own.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/seats", tag = "seats", params(("id" = SessionId, Path), Paging),
    responses((status = 200, body = Page<SeatView>)))]
pub async fn list(
    call: Call<NoBody, Paging>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let Paging { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, *id, after, limit).await?;
    let page = Page::cut(rows, limit, |seat| Cursor(vec![seat.id.to_string()]));
    let items = page.items.iter().map(SeatView::from).collect();
    Ok(http::page(&Page { items, next: page.next, count: None }))
}

/// Reads a seat.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/seats/{seat}", tag = "seats",
    params(("id" = SessionId, Path), ("seat" = SeatId, Path)),
    responses((status = 200, body = SeatView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    path: web::Path<(SessionId, SeatId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let scope = call.actor.see(Action::ListSeats)?;
    let mut tx = call.app.db.read(&scope).await?;
    let seat = store::find(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &SeatShown(seat))
}

/// Seats that are wanted.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewSeats {
    participant: ParticipantCode,
    /// How many, all of them or none; as many as members are named, or one, where nothing is said.
    #[deserr(default)]
    seats: Option<u16>,
    /// Who sits on them.
    #[deserr(default)]
    #[schema(required = false)]
    members: Vec<MemberId>,
}

impl NewSeats {
    /// How many, and who sits on them.
    fn read(self) -> Result<(ParticipantCode, u16, Vec<MemberId>), Faults> {
        let named = u16::try_from(self.members.len()).unwrap_or(u16::MAX);
        let seats = self.seats.unwrap_or(named.max(1));
        let mut faults = Faults::default();
        if seats == 0 {
            faults.add("/seats", "out_of_range", "at least 1 is expected");
        }
        if named > seats {
            faults.add("/members", "too_long", "at most one member for each seat is expected");
        }
        at_most("/members", self.members.len(), &mut faults);
        faults.none_or().map(|()| (self.participant, seats, self.members))
    }
}

/// Books seats for a delegation: all of them or none, within its share, and not before those who wait (R48).
#[utoipa::path(post, path = "/api/v1/sessions/{id}/seats", tag = "seats", params(("id" = SessionId, Path)),
    request_body = NewSeats,
    responses((status = 201, body = BookedView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn book(
    call: Call<Json<NewSeats>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let (code, seats, members) = call.body.0.read()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    let booked = commands::book(db, rules, &call.actor, *id, &code, seats, &members).await?;
    http::written(booked)
}

/// Who sits on a seat (JSON Merge Patch).
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct SeatPatch {
    /// A member of the delegation; null: nobody.
    #[deserr(default)]
    #[schema(value_type = Option<MemberId>)]
    member: Patch<MemberId>,
}

/// Says who sits on a seat, or hands it from one member of the delegation to another.
#[utoipa::path(patch, path = "/api/v1/sessions/{id}/seats/{seat}", tag = "seats",
    params(("id" = SessionId, Path), ("seat" = SeatId, Path)),
    request_body(content = SeatPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = SeatView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn assign(
    call: Call<Merge<SeatPatch>>,
    path: web::Path<(SessionId, SeatId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let if_match = call.if_match()?;
    let Merge(SeatPatch { member }) = &call.body;
    let assigned =
        commands::assign(&call.app.db, &call.actor, session, id, if_match, member).await?;
    http::written(assigned)
}

/// Gives a seat back: it goes to whoever waits first.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}/seats/{seat}", tag = "seats",
    params(("id" = SessionId, Path), ("seat" = SeatId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn give_back(
    call: Call,
    path: web::Path<(SessionId, SeatId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let if_match = call.if_match()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    http::written(commands::give_back(db, rules, &call.actor, session, id, if_match).await?)
}

/// Lists what happened to the seats of a session, the latest first: a mission what happened to its own.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/seating/history", tag = "seats",
    params(("id" = SessionId, Path), Paging), responses((status = 200, body = Page<HappenedView>)))]
pub async fn history(
    call: Call<NoBody, Paging>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let Paging { limit, cursor } = call.query;
    let before = cursor.as_ref().map(Cursor::moment_and_id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = happened(&mut tx, id.uuid(), "seat.", before, limit).await?;
    let page = Page::cut(rows, limit, |event| Cursor::by_time(event.happened_at, event.id.uuid()));
    Ok(http::page(&page.map(HappenedView::from)))
}

/// Lists who waits for seats of a session or has an offer, in the order in which they are offered: a mission itself.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/waiting-list", tag = "seats", params(("id" = SessionId, Path)),
    responses((status = 200, body = Page<GroupView>)))]
pub async fn waiting_list(call: Call, id: web::Path<SessionId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    queue::settle(db, rules, *id).await?;
    let mut tx = db.read(&scope).await?;
    let groups = store::open_groups(&mut tx, *id).await?;
    let items = groups.iter().map(GroupView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Reads a group that waits or waited.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/waiting-list/{group}", tag = "seats",
    params(("id" = SessionId, Path), ("group" = WaitingGroupId, Path)),
    responses((status = 200, body = GroupView), (status = 404, body = crate::problem::Body)))]
pub async fn show_group(
    request: HttpRequest,
    call: Call,
    path: web::Path<(SessionId, WaitingGroupId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let scope = call.actor.see(Action::ListSeats)?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    queue::settle(db, rules, session).await?;
    let mut tx = db.read(&scope).await?;
    let group = store::find_group(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &GroupShown(group))
}

/// A delegation that is to wait.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewGroup {
    participant: ParticipantCode,
    /// For how many seats, all of them or none; one where nothing is said.
    #[deserr(default)]
    seats: Option<u16>,
}

/// Joins the waiting list of a session.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/waiting-list", tag = "seats", params(("id" = SessionId, Path)),
    request_body = NewGroup,
    responses((status = 201, body = GroupView), (status = 409, body = crate::problem::Body)))]
pub async fn join(
    call: Call<Json<NewGroup>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let Json(NewGroup { participant, seats }) = &call.body;
    let wanted = NewSeats { participant: participant.clone(), seats: *seats, members: vec![] };
    let (code, seats, _) = wanted.read()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    http::written(waiting::join(db, rules, &call.actor, *id, &code, seats).await?)
}

/// Takes the seats that are offered.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/waiting-list/{group}/accept", tag = "seats",
    params(("id" = SessionId, Path), ("group" = WaitingGroupId, Path)),
    responses((status = 200, body = GroupView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn accept(
    call: Call,
    path: web::Path<(SessionId, WaitingGroupId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let if_match = call.if_match()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    http::written(waiting::accept(db, rules, &call.actor, session, id, if_match).await?)
}

/// Leaves the waiting list, or lets an offer go.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/waiting-list/{group}/withdraw", tag = "seats",
    params(("id" = SessionId, Path), ("group" = WaitingGroupId, Path)),
    responses((status = 200, body = GroupView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call,
    path: web::Path<(SessionId, WaitingGroupId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let if_match = call.if_match()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    http::written(waiting::withdraw(db, rules, &call.actor, session, id, if_match).await?)
}

/// Another place in the waiting list, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewPlaceInWaitingList)]
pub struct NewPlace {
    /// Counted from 1 among those who wait.
    to: u16,
    reason: Reason,
}

/// Gives a group another place in the waiting list, with a reason (R48).
#[utoipa::path(post, path = "/api/v1/sessions/{id}/waiting-list/{group}/move", tag = "seats",
    params(("id" = SessionId, Path), ("group" = WaitingGroupId, Path)), request_body = NewPlace,
    responses((status = 200, body = GroupView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn move_to(
    call: Call<Json<NewPlace>>,
    path: web::Path<(SessionId, WaitingGroupId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let if_match = call.if_match()?;
    let (db, rules) = (&call.app.db, call.app.ceremony.programme.seats);
    let Json(NewPlace { to, reason }) = &call.body;
    let moved =
        waiting::move_to(db, rules, &call.actor, session, id, if_match, *to, reason).await?;
    http::written(moved)
}
