//! Orders over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Error};
use super::model::{Proposal, Refusal};
use crate::access::Denied;
use crate::db::Answer;
use crate::http::{self, Call, Json};
use crate::ids::{AccountId, OrderProposalId};
use crate::input::Faults;
use crate::ledger::commands::Error as LedgerError;
use crate::ledger::model::Order;
use crate::page::Page;
use crate::problem::{Code, Problem};
use crate::text::Reason;

/// What is wanted of the record's log, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewOrder {
    /// `frozen`: nothing is added until it is thawed; `thawed`: it goes on; `closed`: nothing is added any more.
    order: Order,
    /// Why; it is kept.
    reason: Reason,
}

/// An order for the record's log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerOrder)]
pub struct OrderView {
    id: OrderProposalId,
    order: Order,
    reason: Reason,
    /// Whether a second officer has confirmed it. Until then nothing is ordered.
    is_confirmed: bool,
    proposed_by: AccountId,
    proposed_at: DateTime<Utc>,
    confirmed_by: Option<AccountId>,
    confirmed_at: Option<DateTime<Utc>>,
}

impl From<&Proposal> for OrderView {
    fn from(made: &Proposal) -> Self {
        Self {
            id: made.id,
            order: made.order,
            reason: made.reason.clone(),
            is_confirmed: made.confirmed.is_some(),
            proposed_by: made.proposed.by,
            proposed_at: made.proposed.at,
            confirmed_by: made.confirmed.map(|mark| mark.by),
            confirmed_at: made.confirmed.map(|mark| mark.at),
        }
    }
}

impl Answer for Proposal {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&OrderView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version().etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/ledger/orders/{}", self.id))
    }
}

/// Lists what officers wanted of the record's log, in the order of proposal.
#[utoipa::path(get, path = "/api/v1/ledger/orders", tag = "ledger",
    responses((status = 200, body = Page<OrderView>), (status = 403, body = crate::problem::Body)))]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let proposals = commands::read(&call.app.db, &call.actor, None).await?;
    let items = proposals.iter().map(OrderView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Proposes to freeze the record's log, to thaw it, or to close it for good. A second treaty officer confirms it.
#[utoipa::path(post, path = "/api/v1/ledger/orders", tag = "ledger", request_body = NewOrder,
    responses((status = 201, body = OrderView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn propose(call: Call<Json<NewOrder>>) -> Result<HttpResponse, Problem> {
    let Json(NewOrder { order, reason }) = &call.body;
    http::written(commands::propose(&call.app.db, &call.actor, *order, reason).await?)
}

/// Reads an order.
#[utoipa::path(get, path = "/api/v1/ledger/orders/{id}", tag = "ledger", params(("id" = OrderProposalId, Path)),
    responses((status = 200, body = OrderView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<OrderProposalId>,
) -> Result<HttpResponse, Problem> {
    let found = commands::read(&call.app.db, &call.actor, Some(*id)).await?.pop();
    http::item(&request, &found.ok_or(Denied::Invisible)?)
}

/// Confirms an order: by another treaty officer than who proposed it. From now on it is in force.
#[utoipa::path(post, path = "/api/v1/ledger/orders/{id}/confirm", tag = "ledger", params(("id" = OrderProposalId, Path)),
    responses((status = 200, body = OrderView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn confirm(call: Call, id: web::Path<OrderProposalId>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    http::written(commands::confirm(&call.app.db, &call.actor, *id, if_match).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Refused(Refusal::Confirmed) => Self::of(Code::IllegalTransition)
                .detail("The order is confirmed already.")
                .with("current", "confirmed")
                .with("allowed", <&[&str]>::default()),
            Error::Refused(Refusal::SecondPersonRequired) => Self::of(Code::SecondPersonRequired),
            Error::Stale(stale) => stale.into(),
            Error::Ledger(LedgerError::OutOfOrder { last, .. }) => {
                let allowed: Vec<_> =
                    Order::ALL.iter().filter(|order| order.may_follow(last)).collect();
                Self::of(Code::IllegalTransition)
                    .detail("The record's log cannot be ordered that after what was ordered last.")
                    .with("current", last.unwrap_or(Order::Thawed))
                    .with("allowed", allowed)
            }
            Error::Ledger(error) => error.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
