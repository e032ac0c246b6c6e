//! What the service answers: something done, something refused, or "come back".

use std::time::Duration;

use reqwest::{Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;

/// An answer with a status below 400, read to its end.
pub struct Reply {
    /// Where the item is that was made or changed.
    pub location: Option<String>,
    etag: Option<String>,
    call: String,
    body: Vec<u8>,
}

/// A problem, as far as a person needs it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Problem {
    code: String,
    detail: Option<String>,
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    pointer: String,
    code: String,
}

impl Reply {
    /// Reads an answer to a call, which is named by its method and path.
    pub async fn read(call: String, response: Response) -> Result<Self, Error> {
        let header = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (etag, location) = (header(header::ETAG), header(header::LOCATION));
        let seconds = header(header::RETRY_AFTER).and_then(|text| text.parse().ok());
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(Error::Unreachable)?.to_vec();
        if status < 400 {
            return Ok(Self { location, etag, call, body });
        }
        let Problem { code, detail, errors } = serde_json::from_slice(&body).unwrap_or_default();
        if matches!(status, 429 | 502 | 503 | 504) || code == "request_in_progress" {
            let retry_after = seconds.map(Duration::from_secs);
            return Err(Error::Busy { call, status, retry_after });
        }
        let faults = errors.iter().map(|fault| format!(" {}: {}", fault.pointer, fault.code));
        let detail = detail.unwrap_or_default() + &faults.collect::<String>();
        Err(Error::Refused { call, status, code, detail })
    }

    /// The body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|source| Error::Unreadable { call: self.call.clone(), source })
    }

    /// The body as it came.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The version of the item, which its `ETag` counts.
    pub fn version(&self) -> Option<i64> {
        self.etag.as_deref().and_then(|tag| tag.trim_matches('"').parse().ok())
    }
}
