//! Answers: items with their version, pages, and the outcome of writes.

use std::io::Write as _;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header as _};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
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
    content_type: &'static str,
    max_age_seconds: u32,
    bytes: Vec<u8>,
) -> HttpResponse {
    Public::of(content_type, max_age_seconds, bytes).answer(request)
}

/// What anybody may keep, before it is known who asks.
#[derive(Debug)]
pub struct Public {
    content_type: &'static str,
    max_age_seconds: u32,
    etag: String,
    caching: String,
    bytes: Bytes,
    /// The same, compressed, where it is sent to many.
    gzip: Option<Bytes>,
}

impl Public {
    /// These bytes.
    #[must_use]
    pub fn of(content_type: &'static str, max_age_seconds: u32, bytes: Vec<u8>) -> Self {
        let etag = format!("\"{}\"", crate::secret::hex(&crate::secret::sha256(&bytes)));
        let caching = format!(
            "public, max-age={max_age_seconds}, stale-while-revalidate={}",
            max_age_seconds * 10
        );
        Self { content_type, max_age_seconds, etag, caching, bytes: bytes.into(), gzip: None }
    }

    /// The same, compressed once for all who take it so.
    #[must_use]
    pub fn compressed(self) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let gzip = encoder.write_all(&self.bytes).and_then(|()| encoder.finish());
        Self { gzip: gzip.ok().map(Bytes::from), ..self }
    }

    /// For how long anybody may keep it.
    #[must_use]
    pub(super) fn max_age(&self) -> Duration {
        Duration::from_secs(self.max_age_seconds.into())
    }

    /// The answer to this request: 304 where the client has it already.
    #[must_use]
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = is_known(request, &self.etag);
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, self.caching.as_str()));
        if is_known {
            return response.finish();
        }
        response.content_type(self.content_type);
        match &self.gzip {
            Some(gzip) if takes_gzip(request) => {
                response.insert_header(ContentEncoding::Gzip);
                response.insert_header((header::VARY, "accept-encoding"));
                response.body(gzip.clone())
            }
            _ => response.body(self.bytes.clone()),
        }
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let wanted = AcceptEncoding::parse(request).ok();
    let offered = [Encoding::gzip(), Encoding::identity()];
    wanted.and_then(|wanted| wanted.negotiate(offered.iter())) == Some(Encoding::gzip())
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
