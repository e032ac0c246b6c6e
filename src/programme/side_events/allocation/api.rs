//! Allocations over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::input::Offer;
use super::proposal::{Allocation, AllocationState, Proposal};
use super::store;
use crate::access::{Action, Denied};
use crate::db::Answer;
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{AccountId, AllocationId, RoomId};
use crate::input::Faults;
use crate::page::{Cursor, Page};
use crate::problem::Problem;
use crate::programme::api::Paging;
use crate::programme::rooms::FrameKey;

/// A proposal which side event gets which place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub struct AllocationView<'a> {
    #[serde(flatten)]
    summary: SummaryView,
    #[serde(flatten)]
    proposal: &'a Proposal,
}

/// Who proposed, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationSummary)]
pub struct SummaryView {
    id: AllocationId,
    state: AllocationState,
    /// With it the same draft gives the same proposal.
    seed: u32,
    /// How many side events get a place.
    placed: usize,
    proposed_by: AccountId,
    proposed_at: DateTime<Utc>,
    applied_by: Option<AccountId>,
    applied_at: Option<DateTime<Utc>>,
}

impl From<&Allocation> for SummaryView {
    fn from(allocation: &Allocation) -> Self {
        let (applied_by, applied_at) = allocation.applied.unzip();
        Self {
            id: allocation.id,
            state: allocation.state,
            seed: allocation.seed,
            placed: allocation.proposal.placements.len(),
            proposed_by: allocation.proposed_by,
            proposed_at: allocation.proposed_at,
            applied_by,
            applied_at,
        }
    }
}

/// An allocation.
#[derive(Debug)]
pub struct Shown(pub Allocation);

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let summary = SummaryView::from(&self.0);
        serde_json::to_vec(&AllocationView { summary, proposal: &self.0.proposal })
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/programme/allocations/{}", self.0.id))
    }
}

/// With what a proposal is to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewAllocation {
    /// Decides between what is equally good; drawn where nothing is said.
    #[deserr(default)]
    seed: Option<u32>,
    /// Which rooms can be used; all that are free where nothing is said.
    #[deserr(default)]
    rooms: Option<Vec<RoomId>>,
    /// In which slots; in all where nothing is said.
    #[deserr(default)]
    slots: Option<Vec<FrameKey>>,
}

/// Proposes places for the accepted side events that have none (R45). Nothing is planned before the proposal is applied.
#[utoipa::path(post, path = "/api/v1/programme/allocations", tag = "side events", request_body = NewAllocation,
    responses((status = 201, body = AllocationView), (status = 422, body = crate::problem::Body)))]
pub async fn propose(call: Call<Json<NewAllocation>>) -> Result<HttpResponse, Problem> {
    let Json(NewAllocation { seed, rooms, slots }) = call.body;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    let (desks, offer) = (&call.app.desks, Offer { rooms, slots });
    http::written(commands::propose(db, frame, &call.actor, desks, offer, seed).await?)
}

/// Lists the proposals that were made, the first one first.
#[utoipa::path(get, path = "/api/v1/programme/allocations", tag = "side events", params(Paging),
    responses((status = 200, body = Page<SummaryView>)))]
pub async fn list(call: Call<NoBody, Paging>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let Paging { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, after, limit).await?;
    let page = Page::cut(rows, limit, |allocation| Cursor(vec![allocation.id.to_string()]));
    Ok(http::page(&page.map(|allocation| SummaryView::from(&allocation))))
}

/// Reads a proposal: who gets which place and what for, who gets none and why.
#[utoipa::path(get, path = "/api/v1/programme/allocations/{id}", tag = "side events", params(("id" = AllocationId, Path)),
    responses((status = 200, body = AllocationView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<AllocationId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let mut tx = call.app.db.read(&scope).await?;
    http::item(&request, &Shown(store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?))
}

/// Plans a session of the draft for each placement, all of them or none; they are moved by hand like any other.
#[utoipa::path(post, path = "/api/v1/programme/allocations/{id}/apply", tag = "side events",
    params(("id" = AllocationId, Path)),
    responses((status = 200, body = AllocationView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn apply(call: Call, id: web::Path<AllocationId>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, frame) = (&call.app.db, &call.app.ceremony.programme);
    http::written(commands::apply(db, frame, &call.actor, *id, if_match).await?)
}
