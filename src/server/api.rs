//! What the service says of itself: health, the description of its API, its problems.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Action;
use crate::http::{self, App, Call, Public, Visit};
use crate::ledger::{self, Findings, Hindrance};
use crate::problem::{Code, Problem, Tongue};
use crate::{audit, documents, treaty};

/// The process answers.
#[utoipa::path(get, path = "/health/live", tag = "service", security(()), responses((status = 200, body = String)))]
pub async fn live(_visit: Visit) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type("text/plain").body("live\n"))
}

/// The service can do its work: the database answers readers and writers, and the papers are in their place. Where nothing
/// is signed, a line says why: the service is ready all the same, for all else.
#[utoipa::path(get, path = "/health/ready", tag = "service", security(()),
    responses((status = 200, body = String), (status = 503, body = crate::problem::Body)))]
pub async fn ready(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.app.db.ping().await?;
    documents::in_place(&visit.app.db, &visit.app.papers)
        .await
        .map_err(|error| Problem::of(Code::Unavailable).because(error))?;
    let frozen = ledger::is_frozen(&visit.app.db, visit.app.ledger.log()).await?;
    let frozen = frozen.then_some(Hindrance::Frozen);
    let hindrances = visit.app.ledger.hindrances().into_iter().chain(frozen);
    let told =
        hindrances.fold("ready\n".to_owned(), |told, why| told + &format!("not signing: {why}\n"));
    let unsealed = visit.app.audit.hindrances().into_iter().filter(Hindrance::is_of_integrity);
    let told =
        unsealed.fold(told, |told, why| told + &format!("not sealing the audit trail: {why}\n"));
    Ok(HttpResponse::Ok().content_type("text/plain").body(told))
}

/// What was found when record and audit trail were looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Looked {
    /// The record of treaty actions; null where the service has no key to look by.
    record: Option<Findings>,
    /// The audit trail; null where the service has no key to look by.
    audit: Option<Findings>,
}

/// Looks at every entry of the record and of the audit trail, now, and says which is not as it was signed: what `ceremony
/// ledger verify` does on the server. It takes some seconds for a million entries; one look is taken at a time. Whoever does
/// not trust the server takes the bundle, and looks with a program of their own.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "audit",
    responses((status = 200, body = Looked), (status = 503, body = crate::problem::Body)))]
pub async fn verify(call: Call) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::VerifyRecord)?;
    let App { db, ceremony, ledger, audit: trail, looks, .. } = &**call.app;
    let _turn = looks.try_acquire().map_err(|_| {
        Problem::of(Code::Unavailable)
            .header(header::RETRY_AFTER, "2")
            .detail("Record and audit trail are being looked at already.")
    })?;
    let record = match ledger.verifier() {
        Some(verifier) => Some(treaty::verify(db, verifier, ceremony).await?),
        None => None,
    };
    let audit = match trail.verifier() {
        Some(verifier) => Some(audit::verify(db, verifier).await?),
        None => None,
    };
    Ok(HttpResponse::Ok().json(Looked { record, audit }))
}

/// Made and compressed once: it is long, and the same for as long as the program runs.
static DESCRIBED: OnceLock<Public> = OnceLock::new();

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "service", security(()), responses((status = 200, content_type = "application/json")))]
pub async fn openapi(request: HttpRequest, _visit: Visit) -> Result<HttpResponse, Problem> {
    if let Some(described) = DESCRIBED.get() {
        return Ok(described.answer(&request));
    }
    let described = serde_json::to_vec(&crate::routes::description());
    let described = described.map_err(|e| Problem::of(Code::Unavailable).because(e))?;
    let described = Public::of("application/json", 300, described).compressed();
    Ok(DESCRIBED.get_or_init(|| described).answer(&request))
}

/// Explains a problem to a person.
#[utoipa::path(get, path = "/problems/{slug}", tag = "service", security(()), params(("slug" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = crate::problem::Body)))]
pub async fn problem(
    request: HttpRequest,
    _visit: Visit,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let code = Code::ALL.iter().find(|code| code.as_str().replace('_', "-") == *slug);
    let code = code.ok_or_else(|| Problem::of(Code::NotFound))?;
    let titles = [Tongue::En, Tongue::Fr, Tongue::Vi]
        .map(|tongue| format!("{}: {}", tongue.tag(), code.title(tongue)));
    let text = format!(
        "{} ({})\n\n{}\n\n{}\n",
        code.as_str(),
        code.status(),
        titles.join("\n"),
        code.advice()
    );
    Ok(http::public(&request, "text/plain; charset=utf-8", 3600, text.into_bytes()))
}
