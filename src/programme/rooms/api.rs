//! Rooms over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::model::{Equipment, Furnished, Room, RoomFacts, Span};
use super::store;
use crate::access::{Action, Denied};
use crate::db::Answer;
use crate::http::{self, Call, Json, Merge, NoBody};
use crate::ids::RoomId;
use crate::input::{Faults, Patch};
use crate::page::{Cursor, Page};
use crate::problem::Problem;
use crate::programme::api::Paging;
use crate::programme::words::Words;
use crate::text::{Label, Language, Translated};

/// A room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Room)]
pub struct RoomView<'a> {
    id: RoomId,
    #[serde(flatten)]
    facts: &'a RoomFacts,
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a Room> for RoomView<'a> {
    fn from(room: &'a Room) -> Self {
        Self { id: room.id, facts: &room.facts, updated_at: room.updated_at }
    }
}

impl Answer for Room {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&RoomView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/rooms/{}", self.id))
    }
}

/// A room to be added.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewRoom {
    /// Its name in each language, or in English alone.
    #[schema(value_type = Translated<Label>)]
    name: Words<Label>,
    /// How many it holds at most.
    capacity: u16,
    /// How many it holds in the layouts that it can be given; any, where none is named.
    #[deserr(default)]
    #[schema(required = false)]
    layouts: Vec<Furnished>,
    /// How long it is not to be had after a session; as the ceremony has it where nothing is said.
    #[deserr(default)]
    turn_round_minutes: Option<u16>,
    /// How many booths for interpreters it has.
    #[deserr(default)]
    #[schema(required = false)]
    booths: u16,
    /// The languages into which it can be interpreted there.
    #[deserr(default)]
    #[schema(required = false)]
    languages: Vec<Language>,
    /// What it has.
    #[deserr(default)]
    #[schema(required = false)]
    equipment: Vec<Equipment>,
    /// When it can be had; always, where nothing is said.
    #[deserr(default)]
    #[schema(required = false)]
    availability: Vec<Span>,
}

impl NewRoom {
    fn facts(self, usual_turn_round_minutes: u16) -> Result<RoomFacts, Faults> {
        let turn_round_minutes = self.turn_round_minutes.unwrap_or(usual_turn_round_minutes);
        let facts = RoomFacts {
            name: self.name.0,
            capacity: self.capacity,
            layouts: self.layouts,
            turn_round_minutes,
            booths: self.booths,
            languages: self.languages,
            equipment: self.equipment,
            availability: self.availability,
        };
        let mut faults = Faults::default();
        facts.check(&mut faults);
        faults.none_or().map(|()| facts)
    }
}

/// What is to change of a room (JSON Merge Patch). A name and a list are replaced as a whole.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct RoomPatch {
    #[deserr(default)]
    #[schema(value_type = Option<Translated<Label>>)]
    name: Patch<Words<Label>>,
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    capacity: Patch<u16>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Furnished>>)]
    layouts: Patch<Vec<Furnished>>,
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    turn_round_minutes: Patch<u16>,
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    booths: Patch<u16>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Language>>)]
    languages: Patch<Vec<Language>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Equipment>>)]
    equipment: Patch<Vec<Equipment>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Span>>)]
    availability: Patch<Vec<Span>>,
}

impl RoomPatch {
    /// The facts after the change, with what cannot be of them.
    pub(super) fn apply(self, before: RoomFacts, faults: &mut Faults) -> RoomFacts {
        let name = self.name.required("/name", faults).map_or(before.name, |Words(name)| name);
        let turn_round = self.turn_round_minutes.required("/turn_round_minutes", faults);
        let facts = RoomFacts {
            name,
            capacity: self.capacity.required("/capacity", faults).unwrap_or(before.capacity),
            layouts: self.layouts.apply(Some(before.layouts)).unwrap_or_default(),
            turn_round_minutes: turn_round.unwrap_or(before.turn_round_minutes),
            booths: self.booths.apply(Some(before.booths)).unwrap_or_default(),
            languages: self.languages.apply(Some(before.languages)).unwrap_or_default(),
            equipment: self.equipment.apply(Some(before.equipment)).unwrap_or_default(),
            availability: self.availability.apply(Some(before.availability)).unwrap_or_default(),
        };
        facts.check(faults);
        facts
    }
}

/// Lists the rooms.
#[utoipa::path(get, path = "/api/v1/rooms", tag = "programme", params(Paging),
    responses((status = 200, body = Page<RoomView>)))]
pub async fn list(call: Call<NoBody, Paging>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let Paging { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, after, limit).await?;
    let page = Page::cut(rows, limit, |room| Cursor(vec![room.id.to_string()]));
    let items = page.items.iter().map(RoomView::from).collect();
    Ok(http::page(&Page { items, next: page.next, count: None }))
}

/// Reads a room.
#[utoipa::path(get, path = "/api/v1/rooms/{id}", tag = "programme", params(("id" = RoomId, Path)),
    responses((status = 200, body = RoomView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<RoomId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let mut tx = call.app.db.read(&scope).await?;
    http::item(&request, &store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?)
}

/// Adds a room.
#[utoipa::path(post, path = "/api/v1/rooms", tag = "programme", request_body = NewRoom,
    responses((status = 201, body = RoomView), (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewRoom>>) -> Result<HttpResponse, Problem> {
    let usual = call.app.ceremony.programme.turn_round_minutes;
    let facts = call.body.0.facts(usual)?;
    http::written(commands::add(&call.app.db, &call.actor, &facts).await?)
}

/// Changes a room. What takes place there must still fit.
#[utoipa::path(patch, path = "/api/v1/rooms/{id}", tag = "programme", params(("id" = RoomId, Path)),
    request_body(content = RoomPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = RoomView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<RoomPatch>>,
    id: web::Path<RoomId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, levels) = (&call.app.db, &call.app.ceremony.programme.conflicts);
    let Merge(patch) = &call.body;
    http::written(commands::change(db, levels, &call.actor, *id, if_match, patch).await?)
}
