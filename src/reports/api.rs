//! Reports over HTTP: which there are, each of them, and what became of it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::{OpenApi, RefOr, Required};
use utoipa::{IntoParams as _, ToSchema};

use super::catalogue::composition::{self, COMPOSITION, Moments, Printed};
use super::export::{self, Broken, Export};
use super::formats::Unwritten;
use super::model::{Format, Head, Kind, Tongue};
use super::report::{Asked, Language, Order, Report, Source, permit};
use super::{REPORTS, store};
use crate::access::{Action, Denied, Permit};
use crate::http::{self, App, Call, NoBody, Unread};
use crate::ids::EventId;
use crate::paper::{MAX_ROWS, Unset};
use crate::problem::{Code, Problem};
use crate::text::ParticipantCode;

/// The path of every report.
const PATH: &str = "/api/v1/reports/{report}.{format}";
/// The path of the report that is a delegation's.
const PATH_OF_COMPOSITION: &str = "/api/v1/delegations/{code}/composition.{format}";
/// The header that says under which identity an export is known.
pub const EXPORT_ID: &str = "export-id";

/// What a report is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct ReportView {
    /// As in its address: `/reports/{name}.{format}`.
    name: &'static str,
    /// In the language that was asked for.
    title: &'static str,
    /// As what it can be written.
    formats: &'static [Format],
    /// Its columns, in their order.
    columns: Vec<ColumnView>,
    /// What can be asked of it: a JSON Schema of its parameters.
    #[schema(value_type = Object)]
    parameters: Value,
}

/// A column of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportColumn)]
pub struct ColumnView {
    /// The same in every language, and the key in JSON Lines.
    key: &'static str,
    /// In the language that was asked for.
    title: &'static str,
    /// What its cells hold, where they hold anything.
    kind: Kind,
    /// Where it holds codes, what each is called in the language that was asked for, as workbooks and papers have it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    words: BTreeMap<&'static str, &'static str>,
}

impl ReportView {
    fn of(report: &Report, tongue: Tongue) -> Self {
        let columns = report.columns.iter().map(|column| ColumnView {
            key: column.key,
            title: tongue.of(column.titles),
            kind: column.kind,
            words: column.words.iter().map(|(code, said)| (*code, tongue.of(*said))).collect(),
        });
        Self {
            name: report.name,
            title: tongue.of(report.titles),
            formats: Format::ALL,
            columns: columns.collect(),
            parameters: schema(report),
        }
    }
}

/// The parameters of a report as a JSON Schema.
fn schema(report: &Report) -> Value {
    let properties = all_parameters(report).into_iter().map(|parameter| {
        let mut schema = json!(parameter.schema);
        if let (Some(schema), Some(said)) = (schema.as_object_mut(), parameter.description) {
            schema.insert("description".to_owned(), json!(said));
        }
        (parameter.name, schema)
    });
    let required: Vec<String> = all_parameters(report)
        .into_iter()
        .filter(|parameter| parameter.required == Required::True)
        .map(|parameter| parameter.name)
        .collect();
    let properties: Map<String, Value> = properties.collect();
    json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn all_parameters(report: &Report) -> Vec<Parameter> {
    let language = Language::into_params(|| Some(ParameterIn::Query));
    (report.parameters)().into_iter().chain(language).collect()
}

/// The reports that whoever asks may take away.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reports {
    items: Vec<ReportView>,
    next: Option<String>,
}

/// Lists the reports that the caller may take away.
#[utoipa::path(get, path = "/api/v1/reports", tag = "reports", params(Language),
    responses((status = 200, body = Reports)))]
pub async fn list(call: Call<NoBody, Language>) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ListReports)?;
    let seen = REPORTS
        .iter()
        .filter(|report| report.seen_by.iter().all(|action| call.actor.may(*action)))
        .map(|report| ReportView::of(report, call.query.lang));
    Ok(HttpResponse::Ok().json(Reports { items: seen.collect(), next: None }))
}

/// Takes a report away. What can be asked of each, and what its columns are, `GET /reports` says. Its rows come as they are
/// read; where it breaks half-way, the transfer ends with an error. The header `Export-Id` names its manifest.
#[utoipa::path(get, path = PATH, tag = "reports",
    params(("report" = String, Path), ("format" = Format, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 422, body = crate::problem::Body)))]
pub async fn take(
    call: Call<NoBody, Unread>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, format) = path.into_inner();
    call.actor.permit(Action::ListReports)?;
    let report = REPORTS.iter().find(|report| report.name == name).ok_or(Denied::Invisible)?;
    let permit = report.permit(&call.actor)?;
    let format = Format::parse(&format).map_err(|_| Denied::Invisible)?;
    let asked = Asked { parameters: call.query.0.clone(), now: call.app.db.clock.now() };
    let order = (report.order)(asked).map_err(http::of_parameters)?;
    let source = source(&call.app, &permit, order.tongue).await?;
    send(&call, report.head(order.tongue), format, permit, source, order).await
}

/// The composition of a delegation at a moment (R39), to be taken away.
#[utoipa::path(get, path = PATH_OF_COMPOSITION, tag = "reports",
    params(("code" = ParticipantCode, Path), ("format" = Format, Path), Printed, Language),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = crate::problem::Body)))]
pub async fn composition(
    call: Call<NoBody, Unread>,
    path: web::Path<(ParticipantCode, String)>,
) -> Result<HttpResponse, Problem> {
    let (code, format) = path.into_inner();
    // What is printed says who is what: it is not for those who see persons and not politics (R41).
    let permit = permit(&call.actor, &[Action::ExportMembers(&code), Action::ReadProtocol])?;
    let format = Format::parse(&format).map_err(|_| Denied::Invisible)?;
    let now = call.app.db.clock.now();
    let asked = Asked { parameters: call.query.0.clone(), now };
    let (tongue, printed) = asked.read::<Printed>().map_err(http::of_parameters)?;
    let asked = Moments::of(code, printed, now);
    let mut source = source(&call.app, &permit, tongue).await?;
    if !asked.is_there(&mut source).await? {
        return Err(Denied::Invisible.into());
    }
    let order = Order::of(tongue, asked, composition::fill);
    let head = Head { tongue, ..COMPOSITION };
    send(&call, head, format, permit, source, order).await
}

/// What a report reads from, in one snapshot.
pub async fn source(app: &App, permit: &Permit, tongue: Tongue) -> Result<Source, sqlx::Error> {
    let tx = app.db.read(permit.scope()).await?;
    let (ceremony, now) = (app.ceremony.clone(), app.db.clock.now());
    Ok(Source { tx, ceremony, tongue, now })
}

async fn send<Q>(
    call: &Call<NoBody, Q>,
    head: Head,
    format: Format,
    permit: Permit,
    source: Source,
    order: Order,
) -> Result<HttpResponse, Problem> {
    let id = EventId::fresh();
    let named = format!("attachment; filename=\"{}.{format}\"", head.name);
    let export = Export {
        id,
        head,
        format,
        filter: order.filter,
        permit,
        reader: Some(call.actor.clone()),
        dir: call.app.workshop.to_path_buf(),
        progress: export::Progress::default(),
    };
    let mut chunks = Box::pin(export::begin(call.app.db.clone(), export, source, order.fill));
    // What comes whole or not at all is refused as long as it can be.
    let first = if format.comes_whole() { chunks.try_next().await? } else { None };
    let chunks = stream::iter(first.map(Ok)).chain(chunks);
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header(("content-disposition", named))
        .insert_header((EXPORT_ID, id.to_string()))
        .streaming(Box::pin(chunks.map_ok(web::Bytes::from))))
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Unwritten(Unwritten::Pdf(Unset::TooLong)) => Self::of(Code::TooLarge)
                .detail(format!(
                    "A paper has at most {MAX_ROWS} rows. Ask for less, or for the same as xlsx, csv or jsonl."
                ))
                .with("limit_rows", MAX_ROWS),
            Broken::RightEnded => Denied::Unknown.into(),
            Broken::Database(error) => error.into(),
            Broken::Shut(shut) => shut.into(),
            broken => Self::of(Code::Unavailable).because(broken),
        }
    }
}

/// What became of an export: enough to tell whether a file is what was handed out, and what it holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportManifest)]
pub struct ManifestView {
    /// As the header `Export-Id` of the export has it.
    id: EventId,
    /// When its last row was written.
    exported_at: DateTime<Utc>,
    /// `report`, `format`, `filter`, `rows`, and the `sha256` of its bytes, as the audit trail keeps them.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    about: Value,
}

/// Reads the manifest of an export: of one's own, and of any for whoever reads the audit trail.
#[utoipa::path(get, path = "/api/v1/exports/{id}", tag = "reports", params(("id" = EventId, Path)),
    responses((status = 200, body = ManifestView), (status = 404, body = crate::problem::Body)))]
pub async fn manifest(call: Call, id: web::Path<EventId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadExports)?;
    let mut tx = call.app.db.read(&scope).await?;
    let found = store::find(&mut tx, *id).await?.filter(|exported| {
        exported.account == Some(call.actor.account()) || call.actor.may(Action::ReadAudit)
    });
    let store::Manifest { about, exported_at, .. } = found.ok_or(Denied::Invisible)?;
    Ok(HttpResponse::Ok().json(ManifestView { id: *id, exported_at, about }))
}

/// Completes the description: as what reports come, and what can be asked of them, all together, each with whose it is.
pub fn describe(described: &mut OpenApi) {
    for path in [PATH, PATH_OF_COMPOSITION] {
        let item = described.paths.paths.get_mut(path).and_then(|item| item.get.as_mut());
        let answer = item.and_then(|operation| operation.responses.responses.get_mut("200"));
        if let Some(RefOr::T(answer)) = answer {
            for format in Format::ALL {
                let media_type = format.media_type().split(';').next().unwrap_or_default();
                let as_csv = answer.content.get("text/csv").cloned();
                answer.content.extend(as_csv.map(|content| (media_type.to_owned(), content)));
            }
        }
    }
    let item = described.paths.paths.get_mut(PATH).and_then(|item| item.get.as_mut());
    let Some(operation) = item else { return };
    let mut asked = Language::into_params(|| Some(ParameterIn::Query));
    for report in REPORTS {
        for mut parameter in (report.parameters)() {
            let said = parameter.description.take().unwrap_or_default();
            let of = format!("`{}`: {said}", report.name);
            parameter.required = Required::False;
            let known = asked.iter().position(|known| known.name == parameter.name);
            let mut parameter = match known.map(|at| asked.swap_remove(at)) {
                None => parameter,
                Some(known) if known.schema == parameter.schema => known,
                // What is a day to one and a moment to another is to both a text.
                Some(known) => {
                    let text = Object::with_type(Type::String);
                    ParameterBuilder::from(known).schema(Some(Schema::Object(text))).build()
                }
            };
            let before = parameter.description.take().map_or(String::new(), |said| said + "\n\n");
            parameter.description = Some(before + &of);
            asked.push(parameter);
        }
    }
    asked.sort_by(|one, other| one.name.cmp(&other.name));
    operation.parameters.get_or_insert_default().extend(asked.into_iter().map(RefOr::T));
}
