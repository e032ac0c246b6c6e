//! Refusals: RFC 9457 problems from one closed catalogue (R54).

mod catalogue;

use std::error::Error as StdError;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

pub use catalogue::{Code, Tongue, accepted_language};

use crate::access::{Denied, NotReached, Refused, TooBusy};
use crate::db::Shut;
use crate::input::Faults;
use crate::page::Stale;
use crate::secret;

/// How one shows who one is: with every 401.
pub const CHALLENGE: &str = "Bearer realm=\"hanoi-ceremony\"";

/// A refusal on its way to the client. The request's id and language are added where it leaves (`http::leave`).
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", code.as_str(), detail.as_deref().unwrap_or_default())]
pub struct Problem {
    code: Code,
    detail: Option<String>,
    /// Apart, since a refusal is what nearly every function may return.
    more: Box<Map<String, Value>>,
    faults: Faults,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What went wrong inside: logged once, never sent.
    #[source]
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// A problem that its title tells.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self {
            code,
            detail: None,
            more: Box::default(),
            faults: Faults::default(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// A sentence on this case. It never repeats what was sent.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// A member beside the standard ones: `current`, `allowed`, `first`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl serde::Serialize) -> Self {
        self.more.insert(name.to_owned(), json!(value));
        self
    }

    /// All that stands in the way, each at its place.
    #[must_use]
    pub fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// A header beside the problem.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// What went wrong inside.
    #[must_use]
    pub fn because(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Which of the catalogue it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The body, in a language, for a request.
    #[must_use]
    pub fn body(&self, tongue: Tongue, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert(
            "type".to_owned(),
            json!(format!("/problems/{}", self.code.as_str().replace('_', "-"))),
        );
        body.insert("code".to_owned(), json!(self.code.as_str()));
        body.insert("title".to_owned(), json!(self.code.title(tongue)));
        body.insert("status".to_owned(), json!(self.code.status()));
        if let Some(detail) = &self.detail {
            body.insert("detail".to_owned(), json!(detail));
        }
        body.insert("request_id".to_owned(), json!(request_id));
        body.extend((*self.more).clone());
        if !self.faults.0.is_empty() {
            body.insert("errors".to_owned(), json!(self.faults));
        }
        Value::Object(body)
    }

    /// The whole answer.
    #[must_use]
    pub fn answer(&self, tongue: Tongue, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .insert_header((header::CONTENT_LANGUAGE, tongue.tag()))
            .body(self.body(tongue, request_id).to_string())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn error_response(&self) -> HttpResponse {
        self.answer(Tongue::En, "")
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self { faults, ..Self::of(Code::ValidationFailed) }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => {
                Self::of(Code::Unauthenticated).header(header::WWW_AUTHENTICATE, CHALLENGE)
            }
            // The form of RFC 9470, for clients that know it.
            Denied::StepUp => Self::of(Code::StepUpRequired).header(
                header::WWW_AUTHENTICATE,
                &format!("{CHALLENGE}, error=\"insufficient_user_authentication\""),
            ),
            Denied::Forbidden => Self::of(Code::Forbidden),
            Denied::Invisible => Self::of(Code::NotFound),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wait(wait) => Self::of(Code::RateLimited)
                .header(header::RETRY_AFTER, &wait.seconds.to_string())
                .detail("Too many tries have failed. The next one is taken after a while."),
            Refused::TooBusy(busy) => busy.into(),
            Refused::Database(error) => error.into(),
        }
    }
}

/// Those who are turned away together do not come back together: each is told a wait of its own, 2 to 9 s.
impl From<TooBusy> for Problem {
    fn from(busy: TooBusy) -> Self {
        let [chance] = secret::random();
        let seconds = 2 + chance % 8;
        Self::of(Code::Unavailable).header(header::RETRY_AFTER, &seconds.to_string()).because(busy)
    }
}

/// A scope that is missing is named, in the body and as RFC 6750 has it.
impl From<NotReached> for Problem {
    fn from(closed: NotReached) -> Self {
        match closed {
            NotReached::ScopeMissing(scope) => {
                let challenge = format!(
                    "Bearer realm=\"hanoi-ceremony\", error=\"insufficient_scope\", scope=\"{scope}\""
                );
                Self::of(Code::InsufficientScope)
                    .detail(format!("The key lacks the scope {scope}."))
                    .header(header::WWW_AUTHENTICATE, &challenge)
                    .with("missing_scope", scope)
            }
            NotReached::PersonWanted => {
                Self::of(Code::Forbidden).detail("No key does this: a person does, logged in.")
            }
            NotReached::NotForDevices => Self::of(Code::Forbidden)
                .detail("A device does what its profile needs, and nothing else."),
        }
    }
}

impl From<Stale> for Problem {
    fn from(stale: Stale) -> Self {
        Self::of(Code::VersionMismatch)
            .header(header::ETAG, &stale.current.etag())
            .with("current", stale.current.etag())
    }
}

impl From<Shut> for Problem {
    fn from(shut: Shut) -> Self {
        match shut {
            Shut::KeyMismatch => Self::of(Code::IdempotencyMismatch),
            Shut::KeyBusy => Self::of(Code::RequestInProgress).header(header::RETRY_AFTER, "1"),
            lost @ Shut::AnswerLost(_) => Self::of(Code::Unavailable).because(lost),
        }
    }
}

/// Whatever the database objects to that no command foresaw: the outcome is unknown to the client, the cause is ours.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::of(Code::Unavailable).header(header::RETRY_AFTER, "1").because(error)
    }
}

/// A problem as clients read it.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// Where a person reads more.
    #[serde(rename = "type")]
    kind: String,
    /// Stable, for programs.
    code: String,
    /// For people, in the language asked for.
    title: String,
    status: u16,
    detail: Option<String>,
    /// Quote it when you ask for help.
    request_id: String,
    /// Every faulty value.
    errors: Option<Faults>,
}
