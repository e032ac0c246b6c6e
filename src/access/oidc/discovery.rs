//! What a provider says of itself: where people are sent, where codes are exchanged, and by which keys it signs.

use std::error::Error as StdError;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::Jwk;
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

/// How long it is believed without asking again.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(1);

/// How soon it may be asked again: after it did not answer, and where a signature is by none of the keys that are known.
const ASKED_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(10);

/// How long one answer may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// The longest answer that is read.
const ANSWER_LIMIT_BYTES: usize = 1_048_576;

/// Why a provider cannot be asked. Where it is, stands in the log and in no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// The connection, or the wait for an answer.
    #[error("it does not answer")]
    Http(#[from] reqwest::Error),
    /// It says that it cannot.
    #[error("it answers {0}")]
    Status(StatusCode),
    /// It answers something else.
    #[error("its answer cannot be read")]
    Unreadable(#[source] Box<dyn StdError + Send + Sync>),
    /// It did not answer a moment ago, and is not asked at each request.
    #[error("it did not answer a moment ago")]
    JustNow,
}

/// What it says.
#[derive(Debug, Clone)]
pub struct Known {
    /// Where people go.
    pub authorization: Url,
    /// Where a code is exchanged.
    pub token: Url,
    /// Whether a secret goes into the body there, and not into a header.
    pub wants_secret_in_body: bool,
    /// Whether its answers always name it (RFC 9207).
    pub names_itself: bool,
    /// The keys by which it signs.
    pub keys: Vec<Jwk>,
}

/// Asks one provider, seldom, and remembers.
pub struct Discovery {
    issuer: String,
    http: reqwest::Client,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    known: Option<(Known, DateTime<Utc>)>,
    failed_at: Option<DateTime<Utc>>,
}

/// As OpenID Connect Discovery has it, as far as it is used.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// Whether an address is one of this machine, for trying out: nobody is between.
pub fn is_here(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

impl Discovery {
    /// Of a provider that nobody has asked yet. The client goes where it is sent and no further, and does not wait for ever.
    pub fn of(issuer: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWERED_WITHIN)
            .build()?;
        Ok(Self { issuer: issuer.to_owned(), http, last: Mutex::default() })
    }

    /// For what else it is asked.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// What is known, asked for where it is not, or was an hour ago.
    pub async fn known(&self, now: DateTime<Utc>) -> Result<Known, Unreached> {
        self.known_since(now, KNOWN_FOR).await
    }

    /// What is known, asked for anew unless that was a moment ago: it may have new keys.
    pub async fn known_anew(&self, now: DateTime<Utc>) -> Result<Known, Unreached> {
        self.known_since(now, ASKED_AGAIN_AFTER).await
    }

    /// Who waits while somebody else asks gets the same answer: one that says no is not asked by each of them in turn.
    async fn known_since(&self, now: DateTime<Utc>, age: TimeDelta) -> Result<Known, Unreached> {
        let mut last = self.last.lock().await;
        if let Some((known, at)) = &last.known
            && now - *at < age
        {
            return Ok(known.clone());
        }
        if last.failed_at.is_some_and(|at| now - at < ASKED_AGAIN_AFTER) {
            return Err(Unreached::JustNow);
        }
        match self.ask().await {
            Ok(known) => {
                *last = Last { known: Some((known.clone(), now)), failed_at: None };
                Ok(known)
            }
            Err(unreached) => {
                last.failed_at = Some(now);
                Err(unreached)
            }
        }
    }

    async fn ask(&self) -> Result<Known, Unreached> {
        let at = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let told: Document = fetch(self.http.get(at)).await?;
        if told.issuer != self.issuer {
            return Err(unreadable("it is another issuer"));
        }
        let keys: KeySet = fetch(self.http.get(self.reachable(&told.jwks_uri)?)).await?;
        // A key of a kind that is not known here is no reason to forget the others.
        let keys = keys.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let methods = told.token_endpoint_auth_methods_supported.unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|one| one == method);
        Ok(Known {
            authorization: self.reachable(&told.authorization_endpoint)?,
            token: self.reachable(&told.token_endpoint)?,
            wants_secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: told.authorization_response_iss_parameter_supported,
            keys: keys.collect(),
        })
    }

    /// An address that the provider gives is reached by https: whoever is there has the certificate of its name, which nothing
    /// inside our own network has by chance. On this machine alone, and where the provider is there itself, without.
    fn reachable(&self, address: &str) -> Result<Url, Unreached> {
        let url = Url::parse(address).map_err(unreadable)?;
        let may_be_here = || Url::parse(&self.issuer).is_ok_and(|issuer| is_here(&issuer));
        if url.scheme() == "https" || (url.scheme() == "http" && is_here(&url) && may_be_here()) {
            Ok(url)
        } else {
            Err(unreadable("it gives an address that is not reached by https"))
        }
    }
}

/// Asks, and reads the answer where it is one.
async fn fetch<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Unreached> {
    let response = request.send().await?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(Unreached::Status(status));
    }
    read(response).await
}

/// Reads an answer, no further than is reasonable.
pub async fn read<T: DeserializeOwned>(mut response: Response) -> Result<T, Unreached> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_LIMIT_BYTES {
            return Err(unreadable("it is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(unreadable)
}

fn unreadable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Unreached {
    Unreached::Unreadable(cause.into())
}

#[cfg(test)]
mod tests;
