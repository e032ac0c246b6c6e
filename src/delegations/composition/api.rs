//! Compositions over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;

use super::model;
use super::store::composed;
use super::view::{CompositionView, Shown};
use crate::access::{Action, Denied};
use crate::delegations::members::StatusName;
use crate::delegations::sight::Sight;
use crate::http::{self, Call, NoBody};
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::problem::Problem;
use crate::text::ParticipantCode;

/// Which moment, and who of those who made up the delegation.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompositionFilter {
    /// A moment that has passed (RFC 3339); now, where nothing is said.
    #[deserr(default)]
    as_of: Option<Moment>,
    /// In one of these statuses; where nothing is said, in any but `rejected`, `revoked` and `withdrawn`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    status: Option<AnyOf<StatusName>>,
}

/// Reads who made up a delegation at a moment (R39).
#[utoipa::path(get, path = "/api/v1/delegations/{code}/composition", tag = "delegations",
    params(("code" = ParticipantCode, Path), CompositionFilter),
    responses((status = 200, body = CompositionView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call<NoBody, CompositionFilter>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let db = &call.app.db;
    let CompositionFilter { as_of, status } = call.query;
    let as_of = model::moment(as_of, db.clock.now())?;
    let mut tx = db.read(&scope).await?;
    let found = composed(&mut tx, &code, as_of, &model::statuses(status)).await?;
    let composition = found.ok_or(Denied::Invisible)?;
    http::item(&request, &Shown { composition, sight: Sight::of(&call.actor, &code) })
}
