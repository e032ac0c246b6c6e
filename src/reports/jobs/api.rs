//! Exports as jobs over HTTP.

use std::ops::Range;

use actix_web::body::SizedStream;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::commands::{self, Error, Wanted};
use super::keeping;
use super::model::{Job, JobState, Why};
use super::range::Wish;
use crate::db::Answer;
use crate::documents::Digest;
use crate::http::{self, Call, Json};
use crate::ids::JobId;
use crate::input::{Faults, pointer};
use crate::problem::{Code, Problem};
use crate::reports::Format;
use crate::reports::api::EXPORT_ID;
use crate::text::Fault;

/// What is to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct ExportWanted {
    /// The name of a report that `GET /reports` lists.
    report: String,
    /// As what.
    #[schema(value_type = Format)]
    format: String,
    /// What is asked of the report: its parameters, by the names and in the form that its address takes.
    #[deserr(default)]
    #[schema(value_type = Object)]
    parameters: Parameters,
}

/// Parameters of whichever report is meant.
#[derive(Debug, Default)]
pub struct Parameters(pub Map<String, Value>);

impl Deserr<Faults> for Parameters {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        at: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match Value::from(value) {
            Value::Object(parameters) => Ok(Self(parameters)),
            _ => Err(Faults::at(pointer(at), Fault::new("wrong_type", "an object is expected"))),
        }
    }
}

/// Long work, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    id: JobId,
    report: String,
    format: Format,
    #[schema(value_type = Object)]
    parameters: Value,
    state: JobState,
    /// Why it has no result.
    why: Option<Why>,
    /// How many rows there are so far; noted every two seconds.
    rows: i64,
    size_bytes: Option<i64>,
    sha256: Option<Digest>,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    /// Until when the result is kept.
    expires_at: Option<DateTime<Utc>>,
    /// Where the result is, once there is one.
    result: Option<String>,
}

impl JobView {
    fn of(job: Job, now: DateTime<Utc>) -> Self {
        let state = job.state_at(now);
        Self {
            id: job.id,
            report: job.report,
            format: job.format,
            parameters: job.parameters,
            state,
            why: job.why,
            rows: job.row_count,
            size_bytes: job.size_bytes,
            sha256: job.sha256,
            created_at: job.created_at,
            done_at: job.done_at,
            expires_at: job.expires_at,
            result: (state == JobState::Done).then(|| format!("{}/result", address(job.id))),
        }
    }
}

/// Where it is told how far a job is.
#[must_use]
pub fn address(id: JobId) -> String {
    format!("/api/v1/jobs/{id}")
}

/// Something that was begun: 202, with the place where it is told how far it is.
struct Begun(JobView);

impl Answer for Begun {
    fn status(&self) -> u16 {
        202
    }
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
    fn location(&self) -> Option<String> {
        Some(address(self.0.id))
    }
}

/// Has a report made while nobody waits: for what is large, or for a line that breaks. What can be asked of each report,
/// `GET /reports` says. One at a time is made for an account; the refusal of another names it (`job`).
#[utoipa::path(post, path = "/api/v1/exports", tag = "reports", request_body = ExportWanted,
    responses((status = 202, body = JobView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn ask(call: Call<Json<ExportWanted>>) -> Result<HttpResponse, Problem> {
    let (db, Json(ExportWanted { report, format, parameters })) = (&call.app.db, call.body);
    let wanted = Wanted { report, format, parameters: parameters.0 };
    let now = db.clock.now();
    let begun = commands::ask(db, &call.actor, &wanted, |job| Begun(JobView::of(job, now)));
    http::written(begun.await?)
}

/// Reads how far an export is: of one's own, by a login; of its own, by a key.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "reports", params(("id" = JobId, Path)),
    responses((status = 200, body = JobView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<JobId>) -> Result<HttpResponse, Problem> {
    let (job, ..) = commands::find(&call.app.db, &call.actor, *id).await?;
    Ok(HttpResponse::Ok().json(JobView::of(job, call.app.db.clock.now())))
}

/// Takes an export back, finished or not: its result is destroyed. It asks for no version, for one that is being made has
/// another with each row.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "reports", params(("id" = JobId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 409, body = crate::problem::Body)))]
pub async fn cancel(call: Call, id: web::Path<JobId>) -> Result<HttpResponse, Problem> {
    http::written(commands::cancel(&call.app.db, &call.actor, *id).await?)
}

/// Fetches the result of an export, for a day. Its `ETag` is the SHA-256 of its bytes. A transfer that broke off is taken up
/// with `Range: bytes=N-` and `If-Range`; several ranges at once are answered whole.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/result", tag = "reports",
    params(("id" = JobId, Path), ("range" = Option<String>, Header), ("if-range" = Option<String>, Header)),
    responses((status = 200, body = String, content_type = "application/octet-stream"),
        (status = 206, body = String, content_type = "application/octet-stream"),
        (status = 404, body = crate::problem::Body), (status = 409, body = crate::problem::Body),
        (status = 416, body = crate::problem::Body)))]
pub async fn result(
    request: HttpRequest,
    call: Call,
    id: web::Path<JobId>,
) -> Result<HttpResponse, Problem> {
    let db = &call.app.db;
    let (job, key, permit) = commands::fetch(db, &call.actor, *id).await?;
    let size = job.size_bytes.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    let etag = format!("\"{}\"", job.sha256.map_or_else(String::new, |hash| hash.to_string()));
    let asked =
        |name| request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    let wish = match (asked(header::RANGE), asked(header::IF_RANGE)) {
        (Some(range), None) => Wish::read(range, size),
        (Some(range), Some(known)) if known == etag => Wish::read(range, size),
        _ => Wish::Whole,
    };
    let (mut response, bytes) = match wish {
        Wish::Whole => (HttpResponse::Ok(), 0..size),
        Wish::Part(bytes) => {
            let mut response = HttpResponse::PartialContent();
            response.insert_header((header::CONTENT_RANGE, told(&bytes, size)));
            (response, bytes)
        }
        Wish::Nothing => {
            return Err(Problem::of(Code::RangeNotSatisfiable)
                .header(header::CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let length = bytes.end - bytes.start;
    let scope = permit.scope().clone();
    let content = keeping::open(db.clone(), scope, call.actor.clone(), (*id, key), bytes);
    let named = format!("attachment; filename=\"{}.{}\"", job.report, job.format);
    Ok(response
        .content_type(job.format.media_type())
        // Bytes are counted in what was made, and not in what a line compresses it to.
        .insert_header(ContentEncoding::Identity)
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::CONTENT_DISPOSITION, named))
        .insert_header((EXPORT_ID, id.to_string()))
        .body(SizedStream::new(length, Box::pin(content))))
}

fn told(bytes: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", bytes.start, bytes.end.saturating_sub(1))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Faults(faults) => faults.into(),
            Error::Busy(job) => Self::of(Code::QuotaExceeded)
                .detail(
                    "Another export of this account is not finished. Wait for it, or take it back.",
                )
                .with("limit", 1)
                .with("job", address(job)),
            Error::NoResult(state) => Self::of(Code::IllegalTransition)
                .detail(format!("An export that is {state} has no result."))
                .with("current", state),
            Error::Ended(state) => Self::of(Code::IllegalTransition)
                .detail(format!("An export that is {state} has ended."))
                .with("current", state)
                .with("allowed", Vec::<JobState>::new()),
            Error::Unopened(cause) => Self::of(Code::Unavailable).because(cause),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
