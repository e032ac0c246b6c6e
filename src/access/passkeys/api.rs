//! Passkeys over HTTP.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::commands::{self, Added, Challenge};
use super::model::{Assertion, Passkey, RelyingParty};
use crate::access::commands::Error;
use crate::access::factors::api::wrong_at;
use crate::db::Answer;
use crate::http::{self, App, Call, Json, Visit};
use crate::ids::{ChallengeId, PasskeyId};
use crate::input::Faults;
use crate::page::Page;
use crate::problem::Problem;
use crate::text::Label;

/// What a browser is asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasskeyChallenge)]
pub struct ChallengeView {
    /// To be named in the answer, which is expected within five minutes, once.
    challenge: ChallengeId,
    /// The `publicKey` of `navigator.credentials.create()` or `.get()`, as `parse…FromJSON()` reads it.
    #[schema(value_type = Object)]
    public_key: Value,
}

/// The answer of a browser.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = PasskeyAssertion)]
pub struct AssertionBody {
    challenge: ChallengeId,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    credential: Value,
}

impl AssertionBody {
    /// As an answer for this service's name.
    pub fn of(self, app: &App) -> Result<Assertion, Error> {
        let Self { challenge, credential } = self;
        Ok(Assertion { party: party(app)?, challenge, credential })
    }
}

/// A passkey that a device has made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewPasskey {
    /// What you call it: the telephone, the key in the safe.
    name: Label,
    challenge: ChallengeId,
    /// `PublicKeyCredential.toJSON()`.
    #[schema(value_type = Object)]
    credential: Value,
}

/// One of one's own passkeys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Passkey)]
pub struct PasskeyView {
    id: PasskeyId,
    name: Label,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<&Passkey> for PasskeyView {
    fn from(passkey: &Passkey) -> Self {
        let Passkey { id, name, created_at, last_used_at, .. } = passkey;
        Self { id: *id, name: name.clone(), created_at: *created_at, last_used_at: *last_used_at }
    }
}

/// A passkey that was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedPasskey)]
pub struct AddedView {
    #[serde(flatten)]
    passkey: PasskeyView,
    /// With the first second factor: codes for paper, each good once, shown once. Else none.
    recovery_codes: Vec<String>,
}

impl Answer for Added {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let passkey = PasskeyView::from(&self.passkey);
        serde_json::to_vec(&AddedView { passkey, recovery_codes: self.paper.clone() })
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/auth/passkeys/{}", self.passkey.id))
    }
}

/// The service as devices know it.
fn party(app: &App) -> Result<Arc<RelyingParty>, Error> {
    RelyingParty::of(&app.config.server).map(Arc::new).ok_or(Error::NoName)
}

fn asked(challenge: Challenge) -> HttpResponse {
    let Challenge { id, public_key } = challenge;
    HttpResponse::Ok().json(ChallengeView { challenge: id, public_key })
}

/// Begins to add a passkey: asks the browser for one that it finds by itself and gives to its owner alone.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/enrol", tag = "access",
    responses((status = 200, body = ChallengeView), (status = 404, body = crate::problem::Body)))]
pub async fn begin(call: Call) -> Result<HttpResponse, Problem> {
    let party = party(&call.app)?;
    Ok(asked(commands::begin(&call.app.db, &call.actor, &party).await?))
}

/// Adds the passkey that the browser has made. Every other login of the account ends.
#[utoipa::path(post, path = "/api/v1/auth/passkeys", tag = "access", request_body = NewPasskey,
    responses((status = 201, body = AddedView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn add(call: Call<Json<NewPasskey>>) -> Result<HttpResponse, Problem> {
    let Json(NewPasskey { name, challenge, credential }) = call.body;
    let made = AssertionBody { challenge, credential }.of(&call.app)?;
    let added = commands::add(&call.app.db, &call.actor, &name, &made).await;
    http::written(added.map_err(|error| wrong_at("/credential", error))?)
}

/// Lists one's own passkeys, the oldest first.
#[utoipa::path(get, path = "/api/v1/auth/passkeys", tag = "access", responses((status = 200, body = Page<PasskeyView>)))]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    let passkeys = commands::list(&call.app.db, &call.actor).await?;
    let items = passkeys.iter().map(PasskeyView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Takes one of one's own passkeys away. Every other login of the account ends. Without any second factor left, a password
/// of fewer than 15 characters is good for nothing but to choose a longer one, or to add a factor again.
#[utoipa::path(delete, path = "/api/v1/auth/passkeys/{id}", tag = "access", params(("id" = PasskeyId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body)))]
pub async fn remove(call: Call, id: web::Path<PasskeyId>) -> Result<HttpResponse, Problem> {
    http::written(commands::remove(&call.app.db, &call.actor, *id).await?)
}

/// Asks for a passkey: to come in by it alone, beside a password, or to step up.
#[utoipa::path(post, path = "/api/v1/auth/passkeys/challenge", tag = "access", security(()),
    responses((status = 200, body = ChallengeView), (status = 404, body = crate::problem::Body)))]
pub async fn challenge(visit: Visit) -> Result<HttpResponse, Problem> {
    let party = party(&visit.app)?;
    Ok(asked(commands::challenge(&visit.app.db, &party).await?))
}
