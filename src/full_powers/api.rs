//! Full powers and appointments over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error, Hour, Lodged};
use super::model::{Basis, FullPowersStage, Gap, Issuer, Paper, Power, Refusal};
use super::store;
use super::view::{AppointmentView, FullPowersView};
use crate::access::Action;
use crate::ceremony::PlaceCode;
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{AppointmentId, DocumentId, FullPowersId, MemberId};
use crate::input::{Date, Faults, Moment};
use crate::page::{AnyOf, Cursor, Include, Limit, Page, Truth};
use crate::problem::{Code, Problem};
use crate::text::{Fault, Label, ParticipantCode, Reason};

/// What is lodged: who is to sign, and what entitles them. What the paper does not say is left out.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewFullPowers {
    /// For whom the person signs.
    participant: ParticipantCode,
    /// Who signs: a person of that participant's delegation.
    member: MemberId,
    /// What entitles them.
    basis: Basis,
    /// Whether the office of the basis is held by acting in it.
    #[deserr(default)]
    acting: bool,
    /// The number of the treaty that the paper names.
    #[deserr(default)]
    treaty: Option<Label>,
    /// Whether the paper names the person.
    #[deserr(default = true)]
    #[schema(default = true)]
    names_person: bool,
    /// What the paper entitles to.
    #[deserr(default)]
    acts: Vec<Power>,
    /// The paper's date.
    #[deserr(default)]
    issued_on: Option<Date>,
    /// Who issued the paper.
    #[deserr(default)]
    issued_by: Option<Issuer>,
    /// The last day on which the paper holds.
    #[deserr(default)]
    expires_on: Option<Date>,
    /// The copy of the paper.
    #[deserr(default)]
    document: Option<DocumentId>,
}

/// Lodges full powers, or the high office that stands for them. Gaps do not keep them out: an officer points them out.
#[utoipa::path(post, path = "/api/v1/full-powers", tag = "full powers", request_body = NewFullPowers,
    responses((status = 201, body = FullPowersView), (status = 422, body = crate::problem::Body)))]
pub async fn lodge(call: Call<Json<NewFullPowers>>) -> Result<HttpResponse, Problem> {
    let Json(mut body) = call.body;
    body.acts.sort_unstable();
    body.acts.dedup();
    let paper = Paper {
        treaty: body.treaty,
        names_person: body.names_person,
        acts: body.acts,
        issued_on: body.issued_on.map(|Date(day)| day),
        issued_by: body.issued_by,
        expires_on: body.expires_on.map(|Date(day)| day),
        document: body.document,
    };
    let NewFullPowers { participant, member, basis, acting, .. } = body;
    let lodged = Lodged { participant, member, basis, acting, paper };
    http::written(commands::lodge(&call.app.db, &call.actor, &lodged).await?)
}

/// Which full powers to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FullPowersFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Of one person.
    #[deserr(default)]
    member: Option<MemberId>,
    /// In any of these stages, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    stage: Option<AnyOf<FullPowersStage>>,
    /// `count`: also say how many there are.
    #[deserr(default)]
    include: Option<Include>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists full powers in the order in which they were lodged.
#[utoipa::path(get, path = "/api/v1/full-powers", tag = "full powers", params(FullPowersFilter),
    responses((status = 200, body = Page<FullPowersView>)))]
pub async fn list(call: Call<NoBody, FullPowersFilter>) -> Result<HttpResponse, Problem> {
    let FullPowersFilter { participant, member, stage, include, limit, cursor } = call.query;
    let scope = call.actor.see(match &participant {
        Some(code) => Action::ReadFullPowers(code),
        None => Action::ListFullPowers,
    })?;
    let after = behind(cursor.as_ref(), FullPowersId::parse)?;
    let stages = stage.map(|AnyOf(stages)| stages);
    let wanted = store::Wanted { id: None, participant, member, stages, after };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, limit).await?;
    let mut page = Page::cut(rows, limit, |found| Cursor(vec![found.id.to_string()]));
    if include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, &wanted).await?);
    }
    Ok(http::page(&page.map(|found| FullPowersView::from(&found))))
}

/// Reads full powers.
#[utoipa::path(get, path = "/api/v1/full-powers/{id}", tag = "full powers", params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<FullPowersId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find(&call.app.db, &call.actor, *id).await?)
}

/// Finds full powers without a gap (R7). Where there are gaps, the answer lists them all.
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/verify", tag = "full powers",
    params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn verify(call: Call, id: web::Path<FullPowersId>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    http::written(commands::verify(db, ceremony, &call.actor, *id, if_match).await?)
}

/// A second officer finds the same (R9).
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/confirm", tag = "full powers",
    params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn confirm(call: Call, id: web::Path<FullPowersId>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    http::written(commands::confirm(db, ceremony, &call.actor, *id, if_match).await?)
}

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = ReasonOfOfficer)]
pub struct Because {
    pub(super) reason: Reason,
}

/// Does not accept full powers.
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/refuse", tag = "full powers", request_body = Because,
    params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn refuse(
    call: Call<Json<Because>>,
    id: web::Path<FullPowersId>,
) -> Result<HttpResponse, Problem> {
    let Json(Because { reason }) = &call.body;
    let if_match = call.if_match()?;
    http::written(commands::refuse(&call.app.db, &call.actor, *id, if_match, reason).await?)
}

/// Records that the participant has taken full powers back (R10). A signature given by then stands.
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/revoke", tag = "full powers", request_body = Because,
    params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn revoke(
    call: Call<Json<Because>>,
    id: web::Path<FullPowersId>,
) -> Result<HttpResponse, Problem> {
    let Json(Because { reason }) = &call.body;
    let if_match = call.if_match()?;
    http::written(commands::revoke(&call.app.db, &call.actor, *id, if_match, reason).await?)
}

/// Records that the original has arrived.
#[utoipa::path(post, path = "/api/v1/full-powers/{id}/original-received", tag = "full powers",
    params(("id" = FullPowersId, Path)),
    responses((status = 200, body = FullPowersView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn receive_original(
    call: Call,
    id: web::Path<FullPowersId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    http::written(commands::receive_original(&call.app.db, &call.actor, *id, if_match).await?)
}

/// An hour at which somebody is to sign.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewAppointment {
    /// By which full powers.
    full_powers: FullPowersId,
    /// Where.
    place: PlaceCode,
    /// When.
    at: Moment,
}

/// Gives the holder of verified full powers an hour at the table (R9).
#[utoipa::path(post, path = "/api/v1/appointments", tag = "full powers", request_body = NewAppointment,
    responses((status = 201, body = AppointmentView), (status = 409, body = crate::problem::Body)))]
pub async fn appoint(call: Call<Json<NewAppointment>>) -> Result<HttpResponse, Problem> {
    let Json(NewAppointment { full_powers, place, at }) = call.body;
    let hour = Hour { full_powers, place, at: at.kept() };
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    http::written(commands::appoint(db, ceremony, &call.actor, &hour).await?)
}

/// Which appointments to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AppointmentFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// By these full powers.
    #[deserr(default)]
    full_powers: Option<FullPowersId>,
    /// At this place.
    #[deserr(default)]
    place: Option<PlaceCode>,
    /// Whether they were cancelled.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    cancelled: Option<Truth>,
    /// `count`: also say how many there are.
    #[deserr(default)]
    include: Option<Include>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists appointments in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/appointments", tag = "full powers", params(AppointmentFilter),
    responses((status = 200, body = Page<AppointmentView>)))]
pub async fn list_appointments(
    call: Call<NoBody, AppointmentFilter>,
) -> Result<HttpResponse, Problem> {
    let AppointmentFilter { participant, full_powers, place, cancelled, include, limit, cursor } =
        call.query;
    let scope = call.actor.see(match &participant {
        Some(code) => Action::ReadFullPowers(code),
        None => Action::ListFullPowers,
    })?;
    let wanted = store::WantedAppointment {
        id: None,
        participant,
        full_powers,
        place,
        is_cancelled: cancelled.map(|wanted| wanted.admits(true)),
        after: behind(cursor.as_ref(), AppointmentId::parse)?,
    };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list_appointments(&mut tx, &wanted, limit).await?;
    let mut page = Page::cut(rows, limit, |found| Cursor(vec![found.id.to_string()]));
    if include == Some(Include::Count) {
        page.count = Some(store::count_appointments(&mut tx, &wanted).await?);
    }
    Ok(http::page(&page.map(|found| AppointmentView::from(&found))))
}

/// Reads an appointment.
#[utoipa::path(get, path = "/api/v1/appointments/{id}", tag = "full powers", params(("id" = AppointmentId, Path)),
    responses((status = 200, body = AppointmentView), (status = 404, body = crate::problem::Body)))]
pub async fn show_appointment(
    request: HttpRequest,
    call: Call,
    id: web::Path<AppointmentId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find_appointment(&call.app.db, &call.actor, *id).await?)
}

/// Takes an hour back.
#[utoipa::path(post, path = "/api/v1/appointments/{id}/cancel", tag = "full powers", request_body = Because,
    params(("id" = AppointmentId, Path)),
    responses((status = 200, body = AppointmentView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn cancel(
    call: Call<Json<Because>>,
    id: web::Path<AppointmentId>,
) -> Result<HttpResponse, Problem> {
    let Json(Because { reason }) = &call.body;
    let if_match = call.if_match()?;
    http::written(commands::cancel(&call.app.db, &call.actor, *id, if_match, reason).await?)
}

/// The identity behind which a page begins.
fn behind<T>(
    cursor: Option<&Cursor>,
    parse: impl Fn(&str) -> Result<T, Fault>,
) -> Result<Option<T>, Faults> {
    let after = cursor.map(|cursor| parse(cursor.key(0).unwrap_or_default())).transpose();
    after.map_err(|_| {
        let detail = "a cursor from the `next` of an earlier page of this list is expected";
        Faults::at("/cursor", Fault::new("invalid_cursor", detail))
    })
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Faulty(faults) => faults.into(),
            Error::Refused(refusal) => refusal.into(),
            Error::AppointedAlready => Self::of(Code::Duplicate)
                .detail("An appointment stands already for these full powers; cancel it first."),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WrongStage(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!("What is {} cannot take this step.", wrong.current))
                .with("current", wrong.current)
                .with("allowed", wrong.allowed),
            Refusal::Gaps(gaps) => {
                let mut faults = Faults::default();
                for gap in gaps {
                    faults.add(Gap::pointer(gap), gap.as_str(), gap.sentence());
                }
                Self::of(Code::FullPowersMissing)
                    .detail("The full powers have gaps; errors lists them all.")
                    .faults(faults)
            }
            Refusal::SecondPersonRequired => Self::of(Code::SecondPersonRequired),
            Refusal::UnknownPlace => Faults::at(
                "/place",
                Fault::new("unknown_place", "a place of a signing window is expected"),
            )
            .into(),
            Refusal::OutsideWindow => Self::of(Code::NotOpenForSignature),
        }
    }
}
