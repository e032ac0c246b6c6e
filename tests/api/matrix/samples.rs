//! A request for each route that is well formed, so that only who asks decides.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{TestApp, member};

const PDF: &[u8] = b"%PDF-1.7 a paper of the matrix";

/// One request, but for who makes it.
pub struct Sample {
    /// Below `/api/v1`, or after `//` from the root.
    pub path: String,
    /// What is sent.
    pub content: Content,
    /// Whether it is for everybody: such a request knows no dry run.
    pub is_public: bool,
    /// Whether it is about something of France's alone, which to others does not exist.
    pub is_of_france: bool,
    /// Whether it is refused without an `Idempotency-Key`.
    pub needs_key: bool,
}

/// What a request carries.
pub enum Content {
    Nothing,
    Json(Value),
    Patch(Value),
    File(&'static [u8]),
}

/// What France has before anybody asks.
pub struct Seeds {
    account: String,
    delegation: String,
    member: String,
    document: String,
}

impl Seeds {
    /// Lets France's focal point hand things in.
    pub async fn plant(app: &TestApp) -> Self {
        let france = app.focal_point("FRA");
        let account = france.get("/auth/me").await.id();
        app.administrator().post("/participants", newcomer("XEX")).await.expect(201);
        let delegation = france.post("/delegations", json!({ "participant": "FRA" })).await;
        delegation.expect(201);
        let member = france.post("/delegations/FRA/members", member("Sample")).await;
        member.expect(201);
        let document = france
            .upload("/documents?participant=FRA&kind=note_verbale", "application/pdf", PDF)
            .await;
        document.expect(201);
        let (delegation, member, document) = (delegation.id(), member.id(), document.id());
        Self { account, delegation, member, document }
    }

    /// Everything by which France could be noticed.
    fn all(&self) -> Vec<&str> {
        vec![&self.delegation, &self.member, &self.document]
    }

    /// How many things were planted.
    pub fn planted(&self) -> usize {
        self.all().len()
    }

    /// What of it can be found in a text.
    pub fn traces(&self, text: &str) -> Vec<&str> {
        self.all().into_iter().filter(|seed| text.contains(seed)).collect()
    }

    /// The lists in which each sees their own alone, and France has something.
    pub fn private_lists() -> &'static [&'static str] {
        &["/delegations?include=count", "/members?include=count", "/documents"]
    }

    /// The sample for a route; none for a route that nobody has thought of.
    pub fn sample(&self, method: &Method, pattern: &str) -> Option<Sample> {
        let content = match (method.as_str(), pattern.strip_prefix("/api/v1").unwrap_or(pattern)) {
            ("GET" | "DELETE", _) => Content::Nothing,
            (_, path) => content(path)?,
        };
        let path = match pattern.strip_prefix("/api/v1") {
            Some(path) => self.filled(method, path)?,
            None => format!("/{}", self.filled(method, pattern)?),
        };
        let is_public =
            !pattern.starts_with("/api/v1") || ["/api/v1/auth/login"].contains(&pattern);
        let is_of_france =
            pattern.contains("/documents/{id}") || pattern.contains("/delegations/{code}");
        Some(Sample { path, content, is_public, is_of_france, needs_key: false })
    }

    /// The path with what France has in its places.
    fn filled(&self, method: &Method, path: &str) -> Option<String> {
        let id = match path.split('/').nth(1)? {
            "accounts" => &self.account,
            "delegations" => &self.member,
            "documents" => &self.document,
            _ => "",
        };
        let query = match (method.as_str(), path) {
            ("GET", "/delegations/{code}/members/{id}/passport") => "?reason=An%20example.",
            ("POST", "/documents") => "?participant=FRA&kind=letter",
            _ => "",
        };
        // What the ceremony itself brought nobody changes: what the administrator added stands in for it.
        let code = if path.starts_with("/participants") { "XEX" } else { "FRA" };
        let filled =
            path.replace("{code}", code).replace("{id}", id).replace("{slug}", "not-found");
        Some(filled + query).filter(|path| !path.contains("//") && !path.contains('{'))
    }
}

/// What a route takes that changes something.
fn content(path: &str) -> Option<Content> {
    let reason = json!({ "reason": "An example." });
    Some(match path {
        "/auth/login" => {
            Content::Json(json!({ "email": "nobody@test.example", "password": "not a password" }))
        }
        "/auth/logout" => Content::Nothing,
        "/auth/password" => Content::Json(
            json!({ "current": "not the password", "new": "a sentence of my own choice" }),
        ),
        "/accounts" => {
            Content::Json(json!({ "email": "new@test.example", "name": "New", "role": "gate" }))
        }
        "/accounts/{id}/disable" | "/accounts/{id}/enable" | "/accounts/{id}/reset-password" => {
            Content::Nothing
        }
        "/participants" => Content::Json(newcomer("XNE")),
        "/participants/{code}" => {
            Content::Patch(json!({ "aliases": ["Sampleland"], "reason": "An example." }))
        }
        "/delegations" => Content::Json(json!({ "participant": "FRA" })),
        "/delegations/{code}" => Content::Patch(json!({ "remarks": "An example." })),
        "/delegations/{code}/members" => Content::Json(member("Another")),
        "/delegations/{code}/members/{id}" => Content::Patch(json!({ "affiliation": "Examples" })),
        path if path.starts_with("/delegations/{code}/") => Content::Json(reason),
        "/documents" => Content::File(PDF),
        "/documents/{id}/verify" => Content::Nothing,
        "/documents/{id}/refuse" => Content::Json(reason),
        _ => return None,
    })
}

/// Somebody for the register.
fn newcomer(code: &str) -> Value {
    let name = format!("Sample State {code}");
    json!({ "code": code, "kind": "non_member_state", "names": { "en": name }, "reason": "An example." })
}
