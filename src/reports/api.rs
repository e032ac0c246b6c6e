//! Reports over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::export::{self, Broken, CsvSink};
use super::{REPORTS, Report, Tongue, composition, delegations, missing_documents, participants};
use crate::access::{Action, Denied, Permit};
use crate::db::Db;
use crate::delegations::checklist::Level;
use crate::delegations::{StageName, StatusName, composed};
use crate::http::{Call, NoBody};
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::problem::Problem;
use crate::text::ParticipantCode;

/// What a report is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportView {
    /// As in its address: `/reports/{name}.csv`.
    name: &'static str,
    /// In English.
    title: &'static str,
    formats: &'static [&'static str],
    /// The keys of its columns, in their order.
    columns: Vec<&'static str>,
}

impl From<&Report> for ReportView {
    fn from(report: &Report) -> Self {
        let columns = report.columns.iter().map(|column| column.key).collect();
        Self { name: report.name, title: Tongue::En.of(report.titles), formats: &["csv"], columns }
    }
}

/// All reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reports {
    items: Vec<ReportView>,
    next: Option<String>,
}

/// Lists the reports.
#[utoipa::path(get, path = "/api/v1/reports", tag = "reports", responses((status = 200, body = Reports)))]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ListReports)?;
    let items = REPORTS.iter().map(|report| ReportView::from(*report)).collect();
    Ok(HttpResponse::Ok().json(Reports { items, next: None }))
}

/// Which members to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ParticipantsFilter {
    /// Of any of these statuses, divided by commas; `approved` where nothing is said, which is the final list.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    status: Option<AnyOf<StatusName>>,
    /// The language of titles and of participants' names.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Tongue>,
}

/// The list of participants as CSV.
#[utoipa::path(get, path = "/api/v1/reports/participants.csv", tag = "reports", params(ParticipantsFilter),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn participants(call: Call<NoBody, ParticipantsFilter>) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ExportDelegations)?;
    let statuses = call.query.status.map_or_else(|| vec![StatusName::Approved], |AnyOf(all)| all);
    let tongue = call.query.lang.unwrap_or(Tongue::En);
    let filter = json!({ "status": statuses, "lang": tongue });
    let mut tx = call.app.db.read(permit.scope()).await?;
    Ok(stream(
        call.app.db.clone(),
        permit,
        "participants",
        filter,
        async move |sink: &mut CsvSink| {
            sink.head(&participants::REPORT, tongue)?;
            participants::fill(&mut tx, sink, tongue, &statuses).await
        },
    ))
}

/// Which delegations to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DelegationsFilter {
    /// At any of these stages, divided by commas; all of them where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    stage: Option<AnyOf<StageName>>,
    /// The language of titles and of participants' names.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Tongue>,
}

/// The delegations report as CSV.
#[utoipa::path(get, path = "/api/v1/reports/delegations.csv", tag = "reports", params(DelegationsFilter),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn delegations(call: Call<NoBody, DelegationsFilter>) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ExportDelegations)?;
    let stages = call.query.stage.map_or_else(|| StageName::ALL.to_vec(), |AnyOf(all)| all);
    let tongue = call.query.lang.unwrap_or(Tongue::En);
    let filter = json!({ "stage": stages, "lang": tongue });
    let mut tx = call.app.db.read(permit.scope()).await?;
    Ok(stream(
        call.app.db.clone(),
        permit,
        "delegations",
        filter,
        async move |sink: &mut CsvSink| {
            sink.head(&delegations::REPORT, tongue)?;
            delegations::fill(&mut tx, sink, tongue, &stages).await
        },
    ))
}

/// What is looked for, and where.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MissingFilter {
    /// Of delegations at any of these stages, divided by commas; where nothing is said, all but those that are
    /// rejected or withdrawn.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    stage: Option<AnyOf<StageName>>,
    /// Of any of these levels, `required,recommended`; both where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    level: Option<AnyOf<Level>>,
    /// The language of titles and of participants' names.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Tongue>,
}

/// What is missing of each mission as CSV: papers and persons that the checklists ask for and that are not there.
#[utoipa::path(get, path = "/api/v1/reports/missing-documents.csv", tag = "reports", params(MissingFilter),
    responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn missing_documents(call: Call<NoBody, MissingFilter>) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ExportDelegations)?;
    // Half of it would mislead: it is for those who may know of every paper.
    call.actor.see(Action::ListDocuments)?;
    call.actor.see(Action::ListIdentityPapers)?;
    let stages = call.query.stage.map_or_else(
        || vec![StageName::Draft, StageName::Submitted, StageName::Returned, StageName::Accepted],
        |AnyOf(all)| all,
    );
    let levels = call.query.level.map_or_else(|| Level::ALL.to_vec(), |AnyOf(all)| all);
    let tongue = call.query.lang.unwrap_or(Tongue::En);
    let filter = json!({ "stage": stages, "level": levels, "lang": tongue });
    let today = call.app.db.clock.now().date_naive();
    let ceremony = std::sync::Arc::clone(&call.app.ceremony);
    let mut tx = call.app.db.read(permit.scope()).await?;
    Ok(stream(
        call.app.db.clone(),
        permit,
        "missing-documents",
        filter,
        async move |sink: &mut CsvSink| {
            let checklists = &ceremony.checklists;
            let wanted =
                missing_documents::Wanted { stages: &stages, levels: &levels, checklists, today };
            sink.head(&missing_documents::REPORT, tongue)?;
            missing_documents::fill(&mut tx, sink, tongue, &wanted).await
        },
    ))
}

/// Which moment, and who of those who made up the delegation.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PrintFilter {
    /// A moment that has passed (RFC 3339); now, where nothing is said.
    #[deserr(default)]
    as_of: Option<Moment>,
    /// In one of these statuses; where nothing is said, in any but `rejected`, `revoked` and `withdrawn`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    status: Option<AnyOf<StatusName>>,
    /// The language of titles.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Tongue>,
}

/// The composition of a delegation at a moment, as CSV (R39).
#[utoipa::path(get, path = "/api/v1/delegations/{code}/composition.csv", tag = "reports",
    params(("code" = ParticipantCode, Path), PrintFilter),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = crate::problem::Body)))]
pub async fn composition(
    call: Call<NoBody, PrintFilter>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ExportMembers(&code))?;
    // What is printed says who is what: it is not for those who see persons and not politics (R41).
    call.actor.see(Action::ReadProtocol)?;
    let PrintFilter { as_of, status, lang } = call.query;
    let (db, tongue) = (call.app.db.clone(), lang.unwrap_or(Tongue::En));
    let as_of = crate::delegations::moment(as_of, db.clock.now())?;
    let statuses = crate::delegations::statuses(status);
    let mut tx = db.read(permit.scope()).await?;
    let found = composed(&mut tx, &code, as_of, &statuses).await?;
    let composition = found.ok_or(Denied::Invisible)?;
    let filter =
        json!({ "participant": *code, "as_of": as_of, "status": statuses, "lang": tongue });
    Ok(stream(db, permit, "composition", filter, async move |sink: &mut CsvSink| {
        sink.head(&composition::REPORT, tongue)?;
        composition::fill(sink, &composition).await
    }))
}

fn stream(
    db: Db,
    permit: Permit,
    name: &'static str,
    filter: serde_json::Value,
    fill: impl AsyncFnOnce(&mut CsvSink) -> Result<(), Broken> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}.csv\"")))
        .streaming(Box::pin(export::begin(db, permit, name, filter, fill).map_ok(web::Bytes::from)))
}
