//! Overrides over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::model::Override;
use super::store;
use crate::access::Action;
use crate::db::Answer;
use crate::full_powers::api::Because;
use crate::full_powers::commands::find as find_full_powers;
use crate::full_powers::model::Bar;
use crate::http::{self, Call, Json};
use crate::ids::{AccountId, FullPowersId, OverrideId};
use crate::input::Faults;
use crate::page::Page;
use crate::problem::Problem;
use crate::text::{ParticipantCode, Reason};

/// What is to be lifted, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewOverride {
    /// The bars to lift, each of R6–R9; whatever is not named stays.
    lifts: Vec<Bar>,
    /// Why, in the officer's own words: it is shown for ever beside the record.
    reason: Reason,
}

/// An override of R6–R9 (R12).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Override)]
pub struct OverrideView {
    id: OverrideId,
    full_powers: FullPowersId,
    participant: ParticipantCode,
    /// What it lifts.
    lifts: Vec<Bar>,
    reason: Reason,
    /// Whether a second officer has approved it. Until then it lifts nothing.
    is_approved: bool,
    proposed_by: AccountId,
    proposed_at: DateTime<Utc>,
    approved_by: Option<AccountId>,
    approved_at: Option<DateTime<Utc>>,
    /// Who took it back before anybody approved it.
    withdrawn_by: Option<AccountId>,
    withdrawn_at: Option<DateTime<Utc>>,
    /// Why.
    withdrawn_reason: Option<Reason>,
}

impl From<&Override> for OverrideView {
    fn from(made: &Override) -> Self {
        Self {
            id: made.id,
            full_powers: made.full_powers,
            participant: made.participant.clone(),
            lifts: made.lifts.clone(),
            reason: made.reason.clone(),
            is_approved: made.approved.is_some(),
            proposed_by: made.proposed.by,
            proposed_at: made.proposed.at,
            approved_by: made.approved.map(|mark| mark.by),
            approved_at: made.approved.map(|mark| mark.at),
            withdrawn_by: made.withdrawn.as_ref().map(|(mark, _)| mark.by),
            withdrawn_at: made.withdrawn.as_ref().map(|(mark, _)| mark.at),
            withdrawn_reason: made.withdrawn.as_ref().map(|(_, reason)| reason.clone()),
        }
    }
}

impl Answer for Override {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&OverrideView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version().etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/overrides/{}", self.id))
    }
}

/// Proposes to override R6–R9 for these full powers (R12). A second treaty officer approves it.
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/overrides", tag = "full powers", request_body = NewOverride,
    params(("id" = FullPowersId, Path)),
    responses((status = 201, body = OverrideView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn propose(
    call: Call<Json<NewOverride>>,
    id: web::Path<FullPowersId>,
) -> Result<HttpResponse, Problem> {
    let Json(NewOverride { lifts, reason }) = &call.body;
    http::written(commands::propose(&call.app.db, &call.actor, *id, lifts, reason).await?)
}

/// Lists the overrides of full powers in the order of proposal, all of them.
#[utoipa::path(get, path = "/api/v1/full-powers/{id}/overrides", tag = "full powers",
    params(("id" = FullPowersId, Path)), responses((status = 200, body = Page<OverrideView>)))]
pub async fn list(call: Call, id: web::Path<FullPowersId>) -> Result<HttpResponse, Problem> {
    let seen = find_full_powers(&call.app.db, &call.actor, *id).await?;
    let scope = call.actor.see(Action::ReadFullPowers(&seen.application.participant))?;
    let mut tx = call.app.db.read(&scope).await?;
    let items = store::list(&mut tx, *id).await?.iter().map(OverrideView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Reads an override.
#[utoipa::path(get, path = "/api/v1/overrides/{id}", tag = "full powers", params(("id" = OverrideId, Path)),
    responses((status = 200, body = OverrideView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<OverrideId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find(&call.app.db, &call.actor, *id).await?)
}

/// Approves an override: by another treaty officer than who proposed it (R12).
#[utoipa::path(post, path = "/api/v1/overrides/{id}/approve", tag = "full powers", params(("id" = OverrideId, Path)),
    responses((status = 200, body = OverrideView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn approve(call: Call, id: web::Path<OverrideId>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    http::written(commands::approve(&call.app.db, &call.actor, *id, if_match).await?)
}

/// Takes an override back that nobody has approved, with a reason; it is kept, and nobody approves it any more.
#[utoipa::path(post, path = "/api/v1/overrides/{id}/withdraw", tag = "full powers", params(("id" = OverrideId, Path)),
    request_body = Because,
    responses((status = 200, body = OverrideView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call<Json<Because>>,
    id: web::Path<OverrideId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let Json(Because { reason }) = &call.body;
    http::written(commands::withdraw(&call.app.db, &call.actor, *id, if_match, reason).await?)
}
