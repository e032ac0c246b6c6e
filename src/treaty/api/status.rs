//! The treaty and its status over HTTP, for the world.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::{sheet, xml};
use crate::ceremony::{PlaceCode, SigningWindow, Title, Treaty};
use crate::db::Scope;
use crate::http::{self, App, NoBody, Public, Visit};
use crate::input::{Date, Faults, Moment};
use crate::page::AnyOf;
use crate::participants::{ParticipantKind, RegionalGroup};
use crate::problem::{Code, Problem};
use crate::table::cell;
use crate::text::{Fault, Label, Translated};
use crate::treaty::board;
use crate::treaty::model::{self, Act, Force, Listed, Only, Record, Standing, Status};
use crate::treaty::store::{self, Which};

/// How long what may change with the next signature can be kept.
const LIVE_SECONDS: u32 = 5;
/// How long what only a new release of the service changes can be kept.
const STEADY_SECONDS: u32 = 300;

/// The columns of the Depositary's table (R27).
pub(super) const COLUMNS: [&str; 3] =
    ["Participant", "Signature", "Ratification, Acceptance(A), Approval(AA), Accession(a)"];

/// The treaty, and where and when it can be signed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TreatyOpen)]
pub struct TreatyView<'a> {
    #[serde(flatten)]
    #[schema(value_type = Treaty)]
    treaty: &'a Treaty,
    signing_windows: Vec<WindowView<'a>>,
}

/// A place and the days on which the treaty can be signed there (R1).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningWindow)]
pub struct WindowView<'a> {
    place: &'a PlaceCode,
    #[schema(value_type = Translated<Label>)]
    name: &'a Translated<Label>,
    /// The zone in which the days are counted.
    time_zone: &'static str,
    first_day: NaiveDate,
    /// Until its midnight.
    last_day: NaiveDate,
}

impl<'a> From<&'a SigningWindow> for WindowView<'a> {
    fn from(window: &'a SigningWindow) -> Self {
        Self {
            place: &window.place,
            name: &window.name,
            time_zone: window.time_zone.name(),
            first_day: window.first_day,
            last_day: window.last_day,
        }
    }
}

/// The treaty, its clauses on entry into force, and the windows for signature.
#[utoipa::path(get, path = "/api/v1/treaty", tag = "treaty", security(()),
    responses((status = 200, body = TreatyView)))]
pub async fn treaty(request: HttpRequest, visit: Visit) -> Result<HttpResponse, Problem> {
    let ceremony = &visit.app.ceremony;
    let signing_windows = ceremony.windows.iter().map(WindowView::from).collect();
    let view = TreatyView { treaty: &ceremony.treaty, signing_windows };
    Ok(http::public(&request, "application/json", STEADY_SECONDS, json(&view)?))
}

/// Which status is asked for.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatusQuery {
    /// The day up to which legal dates are counted; today where nothing is said.
    #[deserr(default)]
    as_of: Option<Date>,
    /// What the record held at this moment; all that it holds now where nothing is said.
    #[deserr(default)]
    known_at: Option<Moment>,
    /// The table of these regional groups alone, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    group: Option<AnyOf<RegionalGroup>>,
    /// The table of these kinds of participants alone, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<ParticipantKind>>,
}

/// The status of the treaty.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TreatyStatus)]
pub struct StatusView<'a> {
    /// The number in the Depositary's list.
    number: &'a Label,
    /// The full title.
    title: &'a Title,
    /// The moment whose record this is, where one was asked for.
    known_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    status: &'a Status,
}

/// The status of the treaty (R27), on a day, as known now or at a moment (R28).
#[utoipa::path(get, path = "/api/v1/treaty/status", tag = "treaty", security(()), params(StatusQuery),
    responses((status = 200, body = StatusView), (status = 422, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    visit: Visit<NoBody, StatusQuery>,
) -> Result<HttpResponse, Problem> {
    let treaty = &visit.app.ceremony.treaty;
    let make = async || {
        let status = Known::read(&visit.app, &visit.query, false).await?.status(&visit);
        let view = StatusView {
            number: &treaty.number,
            title: &treaty.title.en,
            known_at: visit.query.known_at.map(|moment| moment.kept().to_utc()),
            status: &status,
        };
        Ok(Public::of("application/json", LIVE_SECONDS, json(&view)?))
    };
    prepared(&request, &visit.app, make).await
}

/// The same as a table, in the columns of the Depositary (RFC 4180).
#[utoipa::path(get, path = "/api/v1/treaty/status.csv", tag = "treaty", security(()), params(StatusQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 422, body = crate::problem::Body)))]
pub async fn csv(
    request: HttpRequest,
    visit: Visit<NoBody, StatusQuery>,
) -> Result<HttpResponse, Problem> {
    let make = async || {
        let status = Known::read(&visit.app, &visit.query, false).await?.status(&visit);
        let bytes = table(&status).map_err(|e| Problem::of(Code::Unavailable).because(e))?;
        Ok(Public::of("text/csv; charset=utf-8; header=present", LIVE_SECONDS, bytes))
    };
    prepared(&request, &visit.app, make).await
}

/// The same as XML, in the shape of the table that the Depositary publishes, with the declarations word for word.
#[utoipa::path(get, path = "/api/v1/treaty/status.xml", tag = "treaty", security(()), params(StatusQuery),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 422, body = crate::problem::Body)))]
pub async fn as_xml(
    request: HttpRequest,
    visit: Visit<NoBody, StatusQuery>,
) -> Result<HttpResponse, Problem> {
    let make = async || {
        let known = Known::read(&visit.app, &visit.query, true).await?;
        let standing = known.standing.clone();
        let (status, treaty) = (known.status(&visit), &visit.app.ceremony.treaty);
        let bytes = xml::document(treaty, &status, &standing);
        let bytes = bytes.map_err(|e| Problem::of(Code::Unavailable).because(e))?;
        Ok(Public::of("application/xml; charset=utf-8", LIVE_SECONDS, bytes))
    };
    prepared(&request, &visit.app, make).await
}

/// The same as a paper (PDF/A, tagged), with the declarations word for word. The same record gives the same paper.
#[utoipa::path(get, path = "/api/v1/treaty/status.pdf", tag = "treaty", security(()), params(StatusQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 422, body = crate::problem::Body)))]
pub async fn as_pdf(
    request: HttpRequest,
    visit: Visit<NoBody, StatusQuery>,
) -> Result<HttpResponse, Problem> {
    let make = async || {
        let known = Known::read(&visit.app, &visit.query, true).await?;
        let (standing, recorded_at) = (known.standing.clone(), known.recorded_at);
        let (status, treaty) = (known.status(&visit), &visit.app.ceremony.treaty);
        let paper = sheet::paper(treaty, &status, &standing, recorded_at);
        let bytes = http::paper::set(&visit.app, paper).await?;
        Ok(Public::of("application/pdf", LIVE_SECONDS, bytes))
    };
    prepared(&request, &visit.app, make).await
}

/// On which day.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForceQuery {
    /// The day up to which deposits are counted; today where nothing is said.
    #[deserr(default)]
    as_of: Option<Date>,
    /// What the record held at this moment; all that it holds now where nothing is said.
    #[deserr(default)]
    known_at: Option<Moment>,
}

/// The entry into force: the count, the day, and the day for each party.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryIntoForceStatus)]
pub struct ForceView {
    as_of: NaiveDate,
    /// In words.
    line: String,
    #[serde(flatten)]
    force: Force,
}

/// When the treaty enters into force, and for whom (R20).
#[utoipa::path(get, path = "/api/v1/treaty/entry-into-force", tag = "treaty", security(()), params(ForceQuery),
    responses((status = 200, body = ForceView)))]
pub async fn entry_into_force(
    request: HttpRequest,
    visit: Visit<NoBody, ForceQuery>,
) -> Result<HttpResponse, Problem> {
    let ForceQuery { as_of, known_at } = visit.query;
    let make = async || {
        let query = StatusQuery { as_of, known_at, group: None, kind: None };
        let Known { standing, listed, as_of, .. } = Known::read(&visit.app, &query, false).await?;
        let clauses = &visit.app.ceremony.treaty.entry_into_force;
        let force = model::force_of(&standing.as_of(as_of), &listed, clauses, as_of);
        let view = ForceView { as_of, line: force.line(as_of), force };
        Ok(Public::of("application/json", LIVE_SECONDS, json(&view)?))
    };
    prepared(&request, &visit.app, make).await
}

/// An answer about the record, made once for all who ask until the record moves, or it is older than anybody may keep it.
async fn prepared(
    request: &HttpRequest,
    app: &App,
    make: impl AsyncFnOnce() -> Result<Public, Problem>,
) -> Result<HttpResponse, Problem> {
    app.prepared.answer(request, (&app.db, board::CHANNEL), make).await
}

/// What stands as known at the moment asked for, and who has done anything.
struct Known {
    standing: Standing,
    listed: Vec<Listed>,
    as_of: NaiveDate,
    /// When the last entry was recorded.
    recorded_at: Option<DateTime<Utc>>,
}

impl Known {
    async fn read(app: &App, query: &StatusQuery, has_words: bool) -> Result<Self, Problem> {
        let now = app.db.clock.now();
        let mut tx = app.db.read(&Scope::public()).await?;
        let acts = store::load(&mut tx, Which::All, has_words).await?;
        // Read second: whoever is in the acts is listed.
        let listed = store::listed(&mut tx).await?;
        let as_of = query.as_of.map_or_else(|| app.ceremony.latest_day(now), |Date(day)| day);
        let until = query.known_at.map(|moment| past(moment, now, &acts)).transpose()?;
        let record =
            until.map_or_else(|| Record::of(&acts), |moment| Record::known_at(&acts, moment));
        let recorded = acts.iter().map(|act| act.recorded_at);
        let known = recorded.filter(|at| until.is_none_or(|until| *at <= until));
        Ok(Self { standing: record.standing(), listed, as_of, recorded_at: known.max() })
    }

    fn status(self, visit: &Visit<NoBody, StatusQuery>) -> Status {
        let clauses = &visit.app.ceremony.treaty.entry_into_force;
        model::status(self.standing, &self.listed, visit.query.only(), clauses, self.as_of)
    }
}

impl StatusQuery {
    fn only(&self) -> Only<'_> {
        Only {
            groups: self.group.as_ref().map(|AnyOf(groups)| groups.as_slice()),
            kinds: self.kind.as_ref().map(|AnyOf(kinds)| kinds.as_slice()),
        }
    }
}

/// What will be known is not known: the same question must have the same answer tomorrow (R28).
fn past(moment: Moment, now: DateTime<Utc>, acts: &[Act]) -> Result<DateTime<Utc>, Faults> {
    let moment = moment.kept().to_utc();
    let last = acts.last().map_or(now, |act| act.recorded_at.max(now));
    if moment <= last {
        Ok(moment)
    } else {
        Err(Faults::at(
            "/known_at",
            Fault::new("too_late", "a moment not in the future is expected"),
        ))
    }
}

fn table(status: &Status) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &status.rows {
        let signature = row.signature.as_ref().map_or("", |signature| &signature.text);
        let consent = row.consent.as_ref().map_or("", |consent| &consent.text);
        let cells = [row.name.as_str(), signature, consent].map(cell);
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

fn json(view: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(view).map_err(|e| Problem::of(Code::Unavailable).because(e))
}
