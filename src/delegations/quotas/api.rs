//! Exceptions from quotas over HTTP.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands;
use super::model::Category;
use super::store::{self, Override};
use crate::access::{Action, Denied};
use crate::db::Answer;
use crate::delegations::api::parsed;
use crate::delegations::store::find;
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{AccountId, QuotaOverrideId};
use crate::input::Faults;
use crate::page::{Cursor, Limit, Page};
use crate::problem::Problem;
use crate::text::{ParticipantCode, Reason};

/// An exception from a quota. Of those of one category the latest stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuotaOverride)]
pub struct OverrideView {
    id: QuotaOverrideId,
    participant: ParticipantCode,
    category: Category,
    /// How many of the category the delegation may have.
    limit: i32,
    reason: Reason,
    /// Who made it.
    account: AccountId,
    made_at: DateTime<Utc>,
}

impl From<Override> for OverrideView {
    fn from(made: Override) -> Self {
        let Override { id, participant, category, limit, reason, account, made_at } = made;
        Self { id, participant, category, limit, reason, account, made_at }
    }
}

impl Answer for OverrideView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/delegations/{}/quota-overrides", self.participant))
    }
}

/// An exception that is wanted.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewQuotaOverride {
    /// A category that is limited for this participant.
    category: Category,
    /// How many of it the delegation may have, instead of what is configured.
    limit: u16,
    /// The mission reads it.
    reason: Reason,
}

/// Makes an exception from a quota for one delegation (R33).
#[utoipa::path(post, path = "/api/v1/delegations/{code}/quota-overrides", tag = "delegations",
    params(("code" = ParticipantCode, Path)), request_body = NewQuotaOverride,
    responses((status = 201, body = OverrideView), (status = 404, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn create(
    call: Call<Json<Value>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ReadDelegation(&code))?;
    call.actor.permit(Action::ReviewDelegation(&code))?;
    let NewQuotaOverride { category, limit, reason } = parsed(&call.body.0)?;
    let (db, quotas) = (&call.app.db, &call.app.ceremony.quotas);
    let made =
        commands::make_exception(db, &call.actor, quotas, &code, &category, limit, &reason).await?;
    http::written(made)
}

/// How many exceptions.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the exceptions made for a delegation, the latest first. Not for security.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/quota-overrides", tag = "delegations",
    params(("code" = ParticipantCode, Path), Span),
    responses((status = 200, body = Page<OverrideView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(
    call: Call<NoBody, Span>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    // Categories are made of functions and ranks (R41).
    call.actor.see(Action::ReadProtocol)?;
    let Span { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::moment_and_id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    find(&mut tx, &code).await?.ok_or(Denied::Invisible)?;
    let rows = store::list(&mut tx, &code, after, limit).await?;
    let page = Page::cut(rows, limit, |made| Cursor::by_time(made.made_at, made.id.uuid()));
    Ok(http::page(&page.map(OverrideView::from)))
}
