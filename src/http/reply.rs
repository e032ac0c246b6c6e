//! Answers: items with their version, pages, and the outcome of writes.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::db::{Answer, Stored, Written};
use crate::page::Page;
use crate::problem::{Code, Problem};

/// An item, or 304 where the client has it already.
pub fn item(request: &HttpRequest, item: &impl Answer) -> Result<HttpResponse, Problem> {
    let etag = item.etag().unwrap_or_default();
    if is_known(request, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
    }
    item_anew(item)
}

/// An item that says more than its version covers: it is answered whole, whatever the client has.
pub fn item_anew(item: &impl Answer) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    if let Some(etag) = item.etag() {
        response.insert_header((header::ETAG, etag));
    }
    Ok(response.content_type("application/json").body(item.body().map_err(unwritable)?))
}

/// A page of a list.
#[must_use]
pub fn page<T: Serialize>(page: &Page<T>) -> HttpResponse {
    HttpResponse::Ok().json(page)
}

/// An answer that anybody may keep: its `ETag` is the hash of its bytes.
#[must_use]
pub fn public(
    request: &HttpRequest,
    content_type: &str,
    max_age_seconds: u32,
    bytes: Vec<u8>,
) -> HttpResponse {
    let etag = format!("\"{}\"", crate::secret::hex(&crate::secret::sha256(&bytes)));
    let caching = format!(
        "public, max-age={max_age_seconds}, stale-while-revalidate={}",
        max_age_seconds * 10
    );
    let mut response =
        if is_known(request, &etag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, etag.clone()))
        .insert_header((header::CACHE_CONTROL, caching));
    if is_known(request, &etag) {
        response.finish()
    } else {
        response.content_type(content_type.to_owned()).body(bytes)
    }
}

/// The outcome of a write.
pub fn written<T: Answer>(outcome: Written<T>) -> Result<HttpResponse, Problem> {
    let (stored, mark) = match outcome {
        Written::Fresh(value) => (Stored::of(&value).map_err(unwritable)?, None),
        Written::DryRun(value) => (Stored::of(&value).map_err(unwritable)?, Some("dry-run")),
        Written::Replayed(stored) => (stored, Some("idempotency-replayed")),
    };
    let mut response =
        HttpResponse::build(StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK));
    if let Some(etag) = &stored.etag {
        response.insert_header((header::ETAG, etag.as_str()));
    }
    if let Some(location) = &stored.location {
        response.insert_header((header::LOCATION, location.as_str()));
    }
    if let Some(mark) = mark {
        response.insert_header((mark, "true"));
    }
    if stored.status == 204 {
        return Ok(response.finish());
    }
    Ok(response.json(stored.body))
}

fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let header = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    !etag.is_empty()
        && header
            .split(',')
            .any(|tag| matches!(tag.trim(), t if t == "*" || t.trim_start_matches("W/") == etag))
}

fn unwritable(error: serde_json::Error) -> Problem {
    Problem::of(Code::Unavailable).because(error)
}
