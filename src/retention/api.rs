//! Forgetting, holds and certificates over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error};
use super::model::{Certificate, LegalHold};
use super::store::{self, HoldsWanted};
use super::view::{CertificateView, HoldView, ReportView};
use crate::access::{Action, Denied};
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{CertificateId, LegalHoldId, MemberId};
use crate::input::Faults;
use crate::page::{Cursor, Limit, Page, Truth};
use crate::problem::{Code, Problem};
use crate::text::{Fault, ParticipantCode, Reason};

/// Why something is done. It is kept for ever: it should name nobody.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = RetentionReason)]
pub struct Grounds {
    reason: Reason,
}

/// Erases a person, with the key that opens what is sealed of them: somebody who does not come, or anybody once the
/// event is over. What they signed and what entitled them to is kept. The certificate is the answer.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/members/{id}/erase", tag = "retention",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)), request_body = Grounds,
    responses((status = 201, body = CertificateView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn erase(
    call: Call<Json<Grounds>>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::ForgetMember(&code))?;
    let (if_match, reason) = (call.if_match()?, &call.body.0.reason);
    let (app, member) = (&call.app, (&code, id));
    let last_day = app.ceremony.event.last_day;
    let (db, papers, actor) = (&app.db, &app.papers, &call.actor);
    http::written(commands::erase(db, papers, actor, member, if_match, reason, last_day).await?)
}

/// Says what is still held of people: of each thing what for, until when, and in how many rows.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention", responses((status = 200, body = ReportView)))]
pub async fn report(call: Call) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ReadRetention)?;
    let report = commands::report(&call.app.db, &call.app.ceremony).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Which certificates to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificateFilter {
    /// About this member.
    #[deserr(default)]
    member: Option<MemberId>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the certificates of erasure, the latest first.
#[utoipa::path(get, path = "/api/v1/erasure-certificates", tag = "retention", params(CertificateFilter),
    responses((status = 200, body = Page<CertificateView>)))]
pub async fn list_certificates(
    call: Call<NoBody, CertificateFilter>,
) -> Result<HttpResponse, Problem> {
    let mut tx = call.app.db.read(&call.actor.see(Action::ReadRetention)?).await?;
    let CertificateFilter { member, limit, cursor } = call.query;
    let before = cursor.map(|cursor| place(&cursor, CertificateId::parse)).transpose()?;
    let rows = store::list_certificates(&mut tx, None, member, before, limit).await?;
    let page = Page::cut(rows, limit, |one: &Certificate| Cursor(vec![one.id.to_string()]));
    Ok(http::page(&page.map(|certificate| CertificateView::from(&certificate))))
}

/// Reads a certificate of erasure.
#[utoipa::path(get, path = "/api/v1/erasure-certificates/{id}", tag = "retention", params(("id" = CertificateId, Path)),
    responses((status = 200, body = CertificateView), (status = 404, body = crate::problem::Body)))]
pub async fn show_certificate(
    call: Call,
    id: web::Path<CertificateId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = call.app.db.read(&call.actor.see(Action::ReadRetention)?).await?;
    let found = store::list_certificates(&mut tx, Some(*id), None, None, Limit::default()).await?;
    let certificate = found.first().ok_or(Denied::Invisible)?;
    Ok(HttpResponse::Ok().json(CertificateView::from(certificate)))
}

/// A hold to be placed.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewLegalHold {
    /// Of whose delegation.
    participant: ParticipantCode,
    /// Of which member; all of the delegation where none is named.
    #[deserr(default)]
    member: Option<MemberId>,
    reason: Reason,
}

/// Keeps data of a member, or of a whole delegation, from being forgotten.
#[utoipa::path(post, path = "/api/v1/legal-holds", tag = "retention", request_body = NewLegalHold,
    responses((status = 201, body = HoldView), (status = 422, body = crate::problem::Body)))]
pub async fn hold(call: Call<Json<NewLegalHold>>) -> Result<HttpResponse, Problem> {
    let NewLegalHold { participant, member, reason } = &call.body.0;
    let (db, actor) = (&call.app.db, &call.actor);
    http::written(commands::hold(db, actor, participant, *member, reason).await?)
}

/// Which holds to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldFilter {
    /// Of this participant.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<ParticipantCode>,
    /// `true`: such as stand; `false`: such as were lifted.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    stands: Option<Truth>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the legal holds, the latest first.
#[utoipa::path(get, path = "/api/v1/legal-holds", tag = "retention", params(HoldFilter),
    responses((status = 200, body = Page<HoldView>)))]
pub async fn list_holds(call: Call<NoBody, HoldFilter>) -> Result<HttpResponse, Problem> {
    let mut tx = call.app.db.read(&call.actor.see(Action::ReadLegalHolds)?).await?;
    let HoldFilter { participant, stands, limit, cursor } = call.query;
    let before = cursor.map(|cursor| place(&cursor, LegalHoldId::parse)).transpose()?;
    let stands = stands.map(|stands| stands.admits(true));
    let wanted = HoldsWanted { id: None, participant: participant.as_ref(), stands, before };
    let rows = store::list_holds(&mut tx, &wanted, limit).await?;
    let page = Page::cut(rows, limit, |one: &LegalHold| Cursor(vec![one.id.to_string()]));
    Ok(http::page(&page.map(|hold| HoldView::from(&hold))))
}

/// Reads a legal hold.
#[utoipa::path(get, path = "/api/v1/legal-holds/{id}", tag = "retention", params(("id" = LegalHoldId, Path)),
    responses((status = 200, body = HoldView), (status = 404, body = crate::problem::Body)))]
pub async fn show_hold(
    request: HttpRequest,
    call: Call,
    id: web::Path<LegalHoldId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find_hold(&call.app.db, &call.actor, *id).await?)
}

/// Ends a legal hold.
#[utoipa::path(post, path = "/api/v1/legal-holds/{id}/lift", tag = "retention", params(("id" = LegalHoldId, Path)),
    request_body = Grounds,
    responses((status = 200, body = HoldView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn lift(
    call: Call<Json<Grounds>>,
    id: web::Path<LegalHoldId>,
) -> Result<HttpResponse, Problem> {
    let (if_match, reason) = (call.if_match()?, &call.body.0.reason);
    http::written(commands::lift(&call.app.db, &call.actor, *id, if_match, reason).await?)
}

fn place<T>(cursor: &Cursor, parse: impl Fn(&str) -> Result<T, Fault>) -> Result<T, Faults> {
    let place = cursor.key(0).and_then(|id| parse(id).ok());
    let fault = || Fault::new("invalid_cursor", "a cursor of this order is expected");
    place.ok_or_else(|| Faults::at("/cursor", fault()))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Held => Self::of(Code::LegalHold),
            Error::WrongState(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!("What is {} cannot take the step {}.", wrong.current, wrong.wanted))
                .with("current", wrong.current)
                .with("allowed", wrong.allowed),
            Error::Faults(faults) => faults.into(),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
