//! What is needed and what is missing, over HTTP.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::look::{Looked, look};
use super::model::Requirement;
use crate::access::{Action, Denied};
use crate::ceremony::PlaceCode;
use crate::delegations::{self, Rank};
use crate::full_powers::commands;
use crate::full_powers::model::{Bar, Basis, Gap};
use crate::full_powers::overrides::Lifted;
use crate::full_powers::store;
use crate::http::Call;
use crate::ids::{FullPowersId, MemberId};
use crate::problem::Problem;
use crate::text::ParticipantCode;

/// What a person needs in order to sign (R6).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningRequirement)]
pub struct RequirementView {
    rank: Option<Rank>,
    /// The offices that this person may hold and that need no paper; the office is verified and confirmed all the same.
    exempt_as: Vec<Basis>,
    /// The offices in which this person may be acting, with the same effect.
    exempt_acting_as: Vec<Basis>,
    /// Whether this person signs by full powers and in no other way.
    needs_full_powers: bool,
}

impl RequirementView {
    fn of(rank: Option<Rank>) -> Self {
        let needed = rank.map(Requirement::of);
        let needs_full_powers = needed.as_ref().is_none_or(Requirement::is_a_paper);
        let (exempt_as, exempt_acting_as) =
            needed.map(|needed| (needed.exempt_as, needed.exempt_acting_as)).unwrap_or_default();
        Self { rank, exempt_as, exempt_acting_as, needs_full_powers }
    }
}

/// Something that is missing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MissingToSign)]
pub struct Missing {
    code: &'static str,
    /// The field in which it is missing, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<&'static str>,
    detail: &'static str,
}

/// All that full powers still lack, and all that still keeps the signer from signing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckOfFullPowers)]
pub struct CheckView {
    full_powers: FullPowersId,
    participant: ParticipantCode,
    requirement: RequirementView,
    /// What keeps them from being verified, all of it (R7).
    gaps: Vec<Missing>,
    /// Where and when the signature is looked at: by the appointment, or else where the treaty is open next.
    place: PlaceCode,
    day: NaiveDate,
    /// What keeps the signer from signing there and then, all of it (R6–R11).
    bars: Vec<Missing>,
    /// What would, had two officers not lifted it (R12).
    lifted: Vec<Lifted>,
}

/// Says what a member of a delegation needs in order to sign (R6).
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members/{id}/signing-requirement", tag = "full powers",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)),
    responses((status = 200, body = RequirementView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    call: Call,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    let scope = call.actor.see(Action::ReadFullPowers(&code))?;
    let mut tx = call.app.db.read(&scope).await?;
    let member = delegations::find_member(&mut tx, &code, id).await?;
    let member = member.filter(store::is_of_delegation).ok_or(Denied::Invisible)?;
    Ok(HttpResponse::Ok().json(RequirementView::of(Some(member.person.rank))))
}

/// Looks at full powers as an officer would: every gap (R7) and every bar (R6–R11) there is now, at once.
#[utoipa::path(get, path = "/api/v1/full-powers/{id}/check", tag = "full powers", params(("id" = FullPowersId, Path)),
    responses((status = 200, body = CheckView), (status = 404, body = crate::problem::Body)))]
pub async fn check(call: Call, id: web::Path<FullPowersId>) -> Result<HttpResponse, Problem> {
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    let found = commands::find(db, &call.actor, *id).await?;
    let scope = call.actor.see(Action::ReadFullPowers(&found.application.participant))?;
    let mut tx = db.read(&scope).await?;
    let looked = look(&mut tx, ceremony, found, db.clock.now()).await?;
    Ok(HttpResponse::Ok().json(CheckView::from(looked)))
}

impl From<Looked> for CheckView {
    fn from(looked: Looked) -> Self {
        let of_gap = |gap: &Gap| Missing {
            code: gap.as_str(),
            pointer: Some(gap.pointer()),
            detail: gap.sentence(),
        };
        let of_bar =
            |bar: &Bar| Missing { code: bar.as_str(), pointer: None, detail: bar.sentence() };
        let full_powers = &looked.entitlement.full_powers;
        Self {
            full_powers: full_powers.id,
            participant: full_powers.application.participant.clone(),
            requirement: RequirementView::of(looked.entitlement.rank),
            gaps: looked.gaps.iter().map(of_gap).collect(),
            place: looked.place,
            day: looked.day,
            bars: looked.bars.iter().map(of_bar).collect(),
            lifted: looked.lifted,
        }
    }
}
