//! People who call the service, and what they are told.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::TestApp;

/// Somebody who calls the service, or nobody known.
#[derive(Clone)]
pub struct Caller<'a> {
    pub(super) app: &'a TestApp,
    pub(super) token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body as it came.
    pub text: String,
}

impl Caller<'_> {
    /// The token that they come with.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("somebody known")
    }

    /// A request to be finished by hand. `path` begins below `/api/v1`, or anywhere after a leading `//`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.app.base),
            None => format!("{}/api/v1{path}", self.app.base),
        };
        let request = self.app.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST of a JSON body under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    }

    /// POST of an action on the item in whatever version it is.
    pub async fn act(&self, path: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).header("if-match", "*").json(&body)).await
    }

    /// PATCH of the item in whatever version it is.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        let request = self.request(Method::PATCH, path).header("if-match", "*");
        send(request.header("content-type", "application/merge-patch+json").body(body.to_string()))
            .await
    }

    /// DELETE of the item in whatever version it is.
    pub async fn delete(&self, path: &str) -> Reply {
        send(self.request(Method::DELETE, path).header("if-match", "*")).await
    }

    /// POST of raw bytes, as an upload is.
    pub async fn upload(&self, path: &str, media_type: &str, bytes: &[u8]) -> Reply {
        send(
            self.request(Method::POST, path)
                .header("content-type", media_type)
                .body(bytes.to_vec()),
        )
        .await
    }
}

/// Sends a request and reads its answer.
pub async fn send(request: RequestBuilder) -> Reply {
    let mut response = request.send().await.expect("the service answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    // Of what has no end, the beginning.
    let has_no_end = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
    let bytes = if has_no_end {
        response.chunk().await.expect("the stream begins").unwrap_or_default()
    } else {
        response.bytes().await.expect("the answer has an end")
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "no answer is a 500: {text}");
    Reply { status, headers, text }
}

impl Reply {
    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The same, where the status is the expected one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a problem, where the status is the expected one; checks the form of problems on the way.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        body["code"].as_str().unwrap().to_owned()
    }

    /// The pointers of all faults of a problem, sorted.
    pub fn pointers(&self) -> Vec<String> {
        let body = self.json();
        let mut all: Vec<_> = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|e| e["pointer"].as_str().unwrap().to_owned())
            .collect();
        all.sort();
        all
    }

    /// A header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// The `id` of what came back.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("an id in {}", self.text)).to_owned()
    }
}

/// The statuses of several answers, in order.
pub fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut all: Vec<_> = replies.iter().map(|r| r.status).collect();
    all.sort_unstable();
    all
}
