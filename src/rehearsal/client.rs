//! A client as the contract wants it: it repeats a request whose outcome it does not know, under the same
//! `Idempotency-Key`, and notes what the service acknowledged.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Error;
use super::notebook::Notebook;
use super::reply::Reply;
use crate::secret;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request is repeated while the service is away: long enough to start it anew.
const PATIENCE: Duration = Duration::from_mins(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
const API: &str = "/api/v1";

/// The way to a service.
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// What is remembered between runs.
    pub notebook: Notebook,
}

/// Somebody who calls the service.
#[derive(Clone)]
pub struct Caller<'a> {
    client: &'a Client,
    known: Option<Known>,
}

/// Who is logged in.
#[derive(Clone)]
struct Known {
    email: String,
    token: String,
}

/// One page of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// What is sent.
enum Content<'a> {
    Nothing,
    Json(&'a Value),
    Merge(&'a Value),
    File(&'a [u8]),
}

struct Ask<'a> {
    method: Method,
    path: &'a str,
    key: Option<&'a str>,
    content: Content<'a>,
}

impl Client {
    /// A client of the service at `base`, an address like `http://127.0.0.1:8080`.
    pub fn new(base: &str, notebook: Notebook) -> Result<Self, Error> {
        let base = base.trim_end_matches('/').to_owned();
        let mut http = reqwest::Client::builder().timeout(TIMEOUT);
        if is_here(&base) {
            // No proxy knows this machine's own addresses.
            http = http.no_proxy();
        }
        let http = http.build().map_err(Error::Unreachable)?;
        Ok(Self { http, base, notebook })
    }

    /// Makes sure that a service is there at all: for the first request there is no patience.
    pub async fn greet(&self) -> Result<(), Error> {
        let live = self.http.get(format!("{}/health/live", self.base)).send().await;
        live.and_then(Response::error_for_status).map(drop).map_err(Error::Unreachable)
    }

    /// Somebody who has logged in, with the password that the notebook has for them.
    pub fn known(&self, email: &str, token: String) -> Caller<'_> {
        Caller { client: self, known: Some(Known { email: email.to_owned(), token }) }
    }

    /// Nobody known.
    pub fn anybody(&self) -> Caller<'_> {
        Caller { client: self, known: None }
    }
}

impl Caller<'_> {
    /// An item below `/api/v1`, where there is one for this caller.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Error> {
        match self.get(path).await {
            Ok(reply) => reply.json().map(Some),
            Err(Error::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All items of a list, page by page.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut asked = format!("{path}{}limit=200", if path.contains('?') { '&' } else { '?' });
        loop {
            let Page { items, next } = self.get(&asked).await?.json::<Page<T>>()?;
            all.extend(items);
            let Some(next) = next else { return Ok(all) };
            let (first, _) = asked.split_once("&cursor=").unwrap_or((&asked, ""));
            asked = format!("{first}&cursor={next}");
        }
    }

    /// GET below `/api/v1`.
    pub async fn get(&self, path: &str) -> Result<Reply, Error> {
        self.send(Ask { method: Method::GET, path, key: None, content: Content::Nothing }).await
    }

    /// POST of a body that makes something, or does something to the item above the path's last part, whichever
    /// version of it stands.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Reply, Error> {
        let content = Content::Json(body);
        self.send(Ask { method: Method::POST, path, key: Some(key), content }).await
    }

    /// POST of an action that needs no more words.
    pub async fn act(&self, path: &str, key: &str) -> Result<Reply, Error> {
        self.post(path, key, &json!({})).await
    }

    /// POST of a body without a key, where repeating has no second effect.
    pub async fn post_plain(&self, path: &str, body: &Value) -> Result<Reply, Error> {
        let content = Content::Json(body);
        self.send(Ask { method: Method::POST, path, key: None, content }).await
    }

    /// PATCH of the item, whichever version of it stands.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Reply, Error> {
        let content = Content::Merge(body);
        self.send(Ask { method: Method::PATCH, path, key: None, content }).await
    }

    /// POST of a file.
    pub async fn upload(&self, path: &str, key: &str, file: &[u8]) -> Result<Reply, Error> {
        let content = Content::File(file);
        self.send(Ask { method: Method::POST, path, key: Some(key), content }).await
    }

    /// Sends a request until its outcome is known, or patience ends. Where it is grave and the login some minutes old, who
    /// it is is shown once more first.
    async fn send(&self, ask: Ask<'_>) -> Result<Reply, Error> {
        match self.persist(&ask).await {
            Err(Error::Refused { code, .. }) if code == "step_up_required" => {
                self.step_up().await?;
                self.persist(&ask).await
            }
            outcome => outcome,
        }
    }

    async fn step_up(&self) -> Result<(), Error> {
        let email = self.known.as_ref().map(|known| known.email.as_str()).unwrap_or_default();
        let proof = json!({ "password": self.client.notebook.password(email).as_str() });
        let content = Content::Json(&proof);
        let ask = Ask { method: Method::POST, path: "/auth/step-up", key: None, content };
        self.persist(&ask).await.map(drop)
    }

    async fn persist(&self, ask: &Ask<'_>) -> Result<Reply, Error> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = self.attempt(ask).await;
            let wait = match &outcome {
                Err(Error::Unreachable(error)) if !error.is_builder() => None,
                Err(Error::Busy { retry_after, .. }) => {
                    retry_after.map(|wait| wait.min(LONGEST_PAUSE))
                }
                _ => return outcome,
            };
            if began.elapsed() > PATIENCE {
                return outcome;
            }
            // Half of the pause is left to chance, or all who were turned away come back together.
            let [chance] = secret::random::<1>();
            let jittered = pause / 2 + pause * u32::from(chance) / 512;
            tokio::time::sleep(wait.unwrap_or(jittered)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, ask: &Ask<'_>) -> Result<Reply, Error> {
        let response = self.request(ask).send().await.map_err(Error::Unreachable)?;
        let reply = Reply::read(format!("{} {}", ask.method, ask.path), response).await?;
        if ask.method != Method::GET {
            self.note(ask, &reply);
        }
        Ok(reply)
    }

    fn request(&self, ask: &Ask<'_>) -> RequestBuilder {
        let url = format!("{}{API}{}", self.client.base, ask.path);
        let mut request = self.client.http.request(ask.method.clone(), url);
        if let Some(known) = &self.known {
            request = request.bearer_auth(&known.token);
        }
        if ask.method != Method::GET {
            request = request.header(header::IF_MATCH, "*");
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        match ask.content {
            Content::Nothing => request,
            Content::Json(body) => request.json(body),
            Content::Merge(body) => {
                let media_type = "application/merge-patch+json";
                request.header(header::CONTENT_TYPE, media_type).body(body.to_string())
            }
            Content::File(bytes) => {
                request.header(header::CONTENT_TYPE, "application/pdf").body(bytes.to_vec())
            }
        }
    }

    /// Notes which version of which item the service has answered for. A login or a new password has none.
    fn note(&self, ask: &Ask<'_>, reply: &Reply) {
        let (path, query) = ask.path.split_at(ask.path.find('?').unwrap_or(ask.path.len()));
        let above = || path.rsplit_once('/').map(|(item, _)| format!("{API}{item}{query}"));
        let version = reply.version();
        let item = reply.location.clone().or_else(|| version.and_then(|_| above()));
        if let Some(item) = item {
            self.client.notebook.acknowledge(&item, version.unwrap_or(0));
        }
    }
}

fn is_here(base: &str) -> bool {
    let host = Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
