//! Bodies: read to the end or to the limit, then parsed with all their faults.

use actix_web::http::header;
use actix_web::{HttpRequest, dev::Payload, web::Bytes};
use deserr::Deserr;
use futures_util::StreamExt as _;

use super::in_time::WhileReading;
use super::json;
use crate::input::Faults;
use crate::problem::{Code, Problem};

/// What a route takes as its body.
pub trait Body: Sized {
    /// Where the limit stands for this kind of body, in bytes.
    fn limit(server: &crate::config::Server) -> usize {
        server.json_limit_bytes.length()
    }
    /// Parses the bytes that came with this media type (lower case, without parameters; empty where none was given).
    fn parse(media_type: &str, bytes: Bytes) -> Result<Self, Problem>;
}

/// No body; an empty JSON object is as good as none.
#[derive(Debug)]
pub struct NoBody;

/// A JSON body.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A JSON Merge Patch (RFC 7396).
#[derive(Debug)]
pub struct Merge<T>(pub T);

/// A file, as it is.
#[derive(Debug)]
pub struct Upload {
    /// What the client says that it is; never believed.
    pub declared: String,
    /// The content.
    pub bytes: Bytes,
}

impl Body for NoBody {
    fn parse(_: &str, bytes: Bytes) -> Result<Self, Problem> {
        if bytes.iter().all(u8::is_ascii_whitespace)
            || json::read(&bytes).is_ok_and(|v| v == serde_json::json!({}))
        {
            return Ok(Self);
        }
        Err(Problem::of(Code::MalformedBody).detail("This address takes no body."))
    }
}

impl<T: Deserr<Faults>> Body for Json<T> {
    fn parse(media_type: &str, bytes: Bytes) -> Result<Self, Problem> {
        parse_json(&bytes, media_type, &["application/json"]).map(Self)
    }
}

impl<T: Deserr<Faults>> Body for Merge<T> {
    fn parse(media_type: &str, bytes: Bytes) -> Result<Self, Problem> {
        parse_json(&bytes, media_type, &["application/merge-patch+json", "application/json"])
            .map(Self)
    }
}

impl Body for Upload {
    fn limit(server: &crate::config::Server) -> usize {
        server.document_limit_bytes.length()
    }
    fn parse(media_type: &str, bytes: Bytes) -> Result<Self, Problem> {
        Ok(Self { declared: media_type.to_owned(), bytes })
    }
}

fn parse_json<T: Deserr<Faults>>(
    bytes: &[u8],
    media_type: &str,
    accepted: &[&str],
) -> Result<T, Problem> {
    // Who sends nothing at all says what an empty object says: where a field is required, it is named.
    let is_silent = bytes.is_empty() && media_type.is_empty();
    if !is_silent && !accepted.contains(&media_type) {
        let detail = format!("This address takes {}.", accepted.join(" or "));
        return Err(Problem::of(Code::UnsupportedMediaType)
            .detail(detail)
            .with("accepted", accepted));
    }
    // The library's own message could repeat a part of the body: only its place is told.
    let value = json::read(if is_silent { b"{}" } else { bytes }).map_err(|e| {
        let detail = format!("Not readable as JSON at line {}, column {}.", e.line(), e.column());
        Problem::of(Code::MalformedBody).detail(detail)
    })?;
    if !value.is_object() {
        return Err(Problem::of(Code::MalformedBody).detail("A JSON object is expected."));
    }
    Ok(deserr::deserialize::<T, _, Faults>(value)?)
}

/// Reads the body of a request, never more of it than the limit.
pub async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> Result<(String, Bytes), Problem> {
    let too_large = || {
        Problem::of(Code::TooLarge)
            .detail(format!("At most {limit} bytes are accepted."))
            .with("limit_bytes", limit)
    };
    let header =
        |name| request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    if header(header::CONTENT_LENGTH)
        .is_some_and(|l| l.parse::<usize>().map_or(true, |l| l > limit))
    {
        return Err(too_large());
    }
    let mut bytes = actix_web::web::BytesMut::new();
    let _reading = WhileReading::of(request);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| Problem::of(Code::MalformedBody).because(e.to_string()))?;
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    let declared = header(header::CONTENT_TYPE).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok((media_type, bytes.freeze()))
}
