//! Feeds over HTTP.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::commands;
use super::model::{FeedOf, Known};
use super::store;
use super::view::{FeedView, Shown};
use crate::access::{Action, Denied};
use crate::db::Scope;
use crate::delegations;
use crate::http::{self, Call, Json, NoBody, Visit};
use crate::ids::{CalendarFeedId, MemberId, RoomId};
use crate::input::Faults;
use crate::page::{Cursor, Page};
use crate::problem::Problem;
use crate::programme::api::Paging;
use crate::programme::calendar::api::{CALENDAR, named};
use crate::programme::releases::api::{kept, language};
use crate::programme::releases::{Sight, last_seen};
use crate::programme::words::Spoken;
use crate::text::{Fault, ParticipantCode};

/// Of what a feed is wanted: of a room, of a delegation, or of a member of it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewFeed {
    /// What takes place in this room.
    #[deserr(default)]
    room: Option<RoomId>,
    /// What this delegation can go to.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Where this member of it has a seat or is announced.
    #[deserr(default)]
    member: Option<MemberId>,
}

/// Makes a feed for a calendar. Its address lets in whoever has it: it is shown this once, and can be ended.
#[utoipa::path(post, path = "/api/v1/calendar-feeds", tag = "programme", request_body = NewFeed,
    responses((status = 201, body = FeedView), (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewFeed>>) -> Result<HttpResponse, Problem> {
    let Json(NewFeed { room, participant, member }) = &call.body;
    let of = FeedOf::of(*room, participant.clone(), *member).ok_or_else(|| {
        let detail = "a room, a participant, or a participant and a member is expected";
        Faults::at("", Fault::new("invalid", detail))
    })?;
    http::written(commands::make(&call.app.db, &call.actor, &of).await?)
}

/// Lists the feeds that one may see, the oldest first, without their addresses.
#[utoipa::path(get, path = "/api/v1/calendar-feeds", tag = "programme", params(Paging),
    responses((status = 200, body = Page<FeedView>)))]
pub async fn list(call: Call<NoBody, Paging>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let Paging { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, after, limit).await?;
    let page = Page::cut(rows, limit, |feed| Cursor(vec![feed.id.to_string()]));
    let items = page.items.iter().map(FeedView::from).collect();
    Ok(http::page(&Page { items, next: page.next, count: None }))
}

/// Reads a feed, without its address.
#[utoipa::path(get, path = "/api/v1/calendar-feeds/{id}", tag = "programme", params(("id" = CalendarFeedId, Path)),
    responses((status = 200, body = FeedView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<CalendarFeedId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListSeats)?;
    let mut tx = call.app.db.read(&scope).await?;
    let feed = store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &Shown(feed))
}

/// Ends the address of a feed.
#[utoipa::path(delete, path = "/api/v1/calendar-feeds/{id}", tag = "programme", params(("id" = CalendarFeedId, Path)),
    responses((status = 200, body = FeedView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn revoke(call: Call, id: web::Path<CalendarFeedId>) -> Result<HttpResponse, Problem> {
    http::written(commands::revoke(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

/// In which language.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// The language of titles, as far as they are there in it; that of `Accept-Language` where nothing is said.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Spoken>,
}

/// The calendar of a feed, for whoever has its address.
#[utoipa::path(get, path = "/api/v1/calendars/{token}", tag = "programme", security(()),
    params(("token" = String, Path), FeedQuery),
    responses((status = 200, body = String, content_type = "text/calendar"), (status = 404, body = crate::problem::Body)))]
pub async fn read(
    request: HttpRequest,
    visit: Visit<NoBody, FeedQuery>,
    token: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let app = &visit.app;
    let mut tx = app.db.read(&Scope::public()).await?;
    let secret = token.strip_suffix(".ics").unwrap_or(&token);
    let of = store::recognize(&mut tx, secret).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let scope = of.participant().map_or_else(Scope::public, |code| Scope::of([code]));
    let mut tx = app.db.read(&scope).await?;
    let known = known(&mut tx, &of).await?.ok_or(Denied::Invisible)?;
    let mut items = last_seen(&mut tx, Sight::Accredited, app.db.clock.now()).await?;
    items.retain(|item| of.has(item, &known));
    let wanted = language(&request, visit.query.lang);
    let bytes = named(app, &items, wanted).into_bytes();
    let mut response = kept(&request, CALENDAR, bytes);
    // Whoever keeps it in between would keep it for others.
    let caching = HeaderValue::from_static("private, max-age=30");
    response.headers_mut().insert(header::CACHE_CONTROL, caching);
    Ok(response)
}

/// What decides which sessions belong to a feed; nothing where whoever it is of takes no part any more.
async fn known(conn: &mut PgConnection, of: &FeedOf) -> Result<Option<Known>, sqlx::Error> {
    let Some(code) = of.participant() else { return Ok(Some(Known::default())) };
    let delegation = delegations::find(conn, code).await?;
    if !delegation.is_some_and(|delegation| delegation.stage.is_open()) {
        return Ok(None);
    }
    let FeedOf::Member(_, id) = of else {
        return Ok(Some(Known { seated: store::seated(conn, code, None).await?, names: vec![] }));
    };
    let member = delegations::find_member(conn, code, *id).await?;
    let names = member.map(|member| member.person.announced_as()).unwrap_or_default();
    Ok(Some(Known { seated: store::seated(conn, code, Some(*id)).await?, names }))
}
