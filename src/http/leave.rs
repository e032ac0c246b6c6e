//! The last thing that touches an answer: the request's id, the headers of safety, problems in the reader's language,
//! and one line in the log.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};

use super::App;
use super::budget::Allowance;
use super::unread::Watched;
use crate::access::Rebuff;
use crate::ids::{AccountId, EventId};
use crate::problem::{Code, Problem, Tongue};

/// The id of a request: the client's where it is sane, else ours.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Whose token a request came with.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub AccountId);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// More headers than anybody has a use for. The framework itself stops reading at twice that.
const HEADER_LIMIT_BYTES: usize = 64 * 1024;

/// Runs a request and finishes its answer.
pub async fn leave(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let watched = Watched::of(&mut request);
    let id = request_id(&request);
    let tongue = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .map(Tongue::accepted);
    let tongue = tongue.unwrap_or_default();
    let is_known = request.headers().contains_key(header::AUTHORIZATION);
    let is_page = request.path().starts_with("/docs");
    request.extensions_mut().insert(RequestId(id.clone()));

    // No clone of the request may be alive while it is routed: the router writes into it.
    let mut response = if header_bytes(&request) > HEADER_LIMIT_BYTES {
        request.into_response(Problem::of(Code::HeadersTooLarge).answer(tongue, &id))
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    forget_what_changed(&response);
    if let Some(answer) = refusal(&response, tongue, &id) {
        response = response.into_response(answer);
    }
    if let Some(watched) = watched {
        response = watched.keep(response);
    }
    finish(&mut response, &id, is_known, is_page);
    tell_allowance(&mut response);
    tell_refusal(&response, &id);
    tell_time(&response, &id, began.elapsed());
    Ok(response)
}

/// One line in the log, and the measures.
fn tell_time(response: &ServiceResponse<BoxBody>, id: &str, took: Duration) {
    let (request, status) = (response.request(), response.status().as_u16());
    let pattern = request.match_pattern();
    if let Some(app) = request.app_data::<web::Data<App>>() {
        app.meters.count(request.method(), pattern.as_deref(), status, took);
    }
    tracing::info!(
        request_id = %id,
        method = %request.method(),
        route = pattern.as_deref().unwrap_or("none"),
        status,
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// What the prepared answers tell of: the record, and the names in the register.
const TOLD_OF: [&str; 2] = ["/api/v1/treaty", "/api/v1/participants"];

/// Whoever has changed something sees it in the next answer.
fn forget_what_changed(response: &ServiceResponse<BoxBody>) {
    let request = response.request();
    let is_told_of = TOLD_OF.iter().any(|path| request.path().starts_with(path));
    if is_told_of
        && !request.method().is_safe()
        && let Some(app) = request.app_data::<web::Data<App>>()
    {
        app.prepared.forget();
    }
}

/// The problem to send where a request was refused, by us or by the framework.
fn refusal(
    response: &ServiceResponse<BoxBody>,
    tongue: Tongue,
    id: &str,
) -> Option<actix_web::HttpResponse> {
    if let Some(problem) = response.response().error().and_then(|e| e.as_error::<Problem>()) {
        if let Some(cause) = std::error::Error::source(problem) {
            if problem.code().status() >= 500 {
                tracing::error!(request_id = %id, code = problem.code().as_str(), cause = %chain(cause), "refused for a cause of ours");
            } else {
                // What a client breaks off or garbles is its own affair, and could quote what it sent.
                tracing::debug!(request_id = %id, code = problem.code().as_str(), "refused for a cause of the client's");
            }
        }
        return Some(problem.answer(tongue, id));
    }
    let is_ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|t| t.as_bytes().starts_with(b"application/problem"));
    if is_ours || response.status().as_u16() < 400 {
        return None;
    }
    let code = match response.status().as_u16() {
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        413 => Code::TooLarge,
        415 => Code::UnsupportedMediaType,
        431 => Code::HeadersTooLarge,
        400..500 => Code::MalformedBody,
        _ => Code::Unavailable,
    };
    Some(Problem::of(code).answer(tongue, id))
}

fn header_bytes(request: &ServiceRequest) -> usize {
    request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok());
    let sane = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    given.filter(sane).map_or_else(|| EventId::fresh().to_string(), ToOwned::to_owned)
}

/// Headers that every answer carries.
fn finish(response: &mut ServiceResponse<BoxBody>, id: &str, is_known: bool, is_page: bool) {
    let policy = if is_page {
        // The viewer of the API description brings its own script and styles, from this server only.
        "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    } else {
        "default-src 'none'; frame-ancestors 'none'"
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    if is_known || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Tells the audit trail what was refused to whom, where it says something of them: what their office does not do, what
/// wanted their second factor anew, what was too much.
fn tell_refusal(response: &ServiceResponse<BoxBody>, id: &str) {
    let request = response.request();
    let account = request.extensions().get::<Caller>().map(|caller| caller.0);
    let kind = match (response.status(), account) {
        (StatusCode::FORBIDDEN, Some(_)) => "request.forbidden",
        (StatusCode::UNAUTHORIZED, Some(_)) => "step_up.refused",
        (StatusCode::TOO_MANY_REQUESTS, _) => "request.throttled",
        _ => return,
    };
    let Some(app) = request.app_data::<web::Data<App>>() else { return };
    let what = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
    app.refusals.note(&app.db, Rebuff { kind, account, what }, id);
}

/// How much more is taken of whoever asks, where a budget was asked.
fn tell_allowance(response: &mut ServiceResponse<BoxBody>) {
    let Some(allowance) = response.request().extensions().get::<Allowance>().copied() else {
        return;
    };
    for (name, value) in [("ratelimit-policy", allowance.policy()), ("ratelimit", allowance.left())]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

/// A cause and the causes behind it. Database messages are cut to their class: they can quote values.
fn chain(cause: &(dyn std::error::Error + 'static)) -> String {
    if let Some(error) = cause.downcast_ref::<sqlx::Error>() {
        return match error.as_database_error() {
            Some(e) => format!(
                "database: {} on {:?}",
                e.code().unwrap_or_default(),
                e.constraint().or(e.table())
            ),
            None => format!("database: {error}"),
        };
    }
    match cause.source() {
        Some(next) => format!("{cause}: {}", chain(next)),
        None => cause.to_string(),
    }
}
