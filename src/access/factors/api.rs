//! Second factors over HTTP.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Enrolled, Paper};
use super::model::{Refusal, TotpCode};
use crate::access::api::AccountView;
use crate::access::commands::Error;
use crate::access::policy::Action;
use crate::db::Answer;
use crate::http::{self, Call, Json};
use crate::ids::AccountId;
use crate::input::Faults;
use crate::problem::{CHALLENGE, Code, Problem};
use crate::text::{Fault, Reason};

/// What shows, beside the password, that it is you.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Factors)]
pub struct FactorsView {
    /// Since when an app that shows codes is asked for one; null where none is.
    totp_since: Option<DateTime<Utc>>,
    /// How many passkeys there are: `GET /auth/passkeys`.
    passkeys: i64,
    /// How many codes on paper are left.
    recovery_codes_left: i64,
}

/// A secret for an app.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrolledTotp)]
pub struct EnrolledView {
    /// To be typed into the app. Shown once.
    secret: String,
    /// The same as a link, or as the content of a picture that the app reads.
    link: String,
}

/// Codes for paper.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct PaperView {
    /// Each lets you in once in place of a code of the app. Shown once: print them.
    recovery_codes: Vec<String>,
}

impl Answer for Enrolled {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (secret, link) = (self.secret.clone(), self.link.clone());
        serde_json::to_vec(&EnrolledView { secret, link })
    }
}

impl Answer for Paper {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&PaperView { recovery_codes: self.0.clone() })
    }
}

/// Reads which second factors one has.
#[utoipa::path(get, path = "/api/v1/auth/factors", tag = "access", responses((status = 200, body = FactorsView)))]
pub async fn show(call: Call) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::KeepOwnAccount)?;
    let factors = commands::of(&call.app.db, call.actor.account()).await?;
    Ok(HttpResponse::Ok().json(FactorsView {
        totp_since: factors.totp_since,
        passkeys: factors.passkeys,
        recovery_codes_left: factors.recovery_codes_left,
    }))
}

/// Begins to take an app that shows codes (TOTP) as a second factor. It is asked for after `POST /auth/totp/confirm`.
#[utoipa::path(post, path = "/api/v1/auth/totp", tag = "access",
    responses((status = 201, body = EnrolledView), (status = 409, body = crate::problem::Body)))]
pub async fn enrol(call: Call) -> Result<HttpResponse, Problem> {
    http::written(commands::enrol(&call.app.db, &call.actor).await?)
}

/// A code that the app shows.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Confirmation {
    /// Six digits.
    #[schema(value_type = String, format = Password)]
    code: TotpCode,
}

/// Takes the app as a second factor, after a code of it. Every other login of the account ends. The codes in the answer
/// are for paper.
#[utoipa::path(post, path = "/api/v1/auth/totp/confirm", tag = "access", request_body = Confirmation,
    responses((status = 200, body = PaperView), (status = 401, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 429, body = crate::problem::Body)))]
pub async fn confirm(call: Call<Json<Confirmation>>) -> Result<HttpResponse, Problem> {
    let Json(Confirmation { code }) = &call.body;
    let confirmed = commands::confirm(&call.app.db, &call.actor, code).await;
    http::written(confirmed.map_err(|error| wrong_at("/code", error))?)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let required = Self::of(Code::SecondFactorRequired);
        match refusal {
            Refusal::Required(kinds) => {
                required.header(header::WWW_AUTHENTICATE, CHALLENGE).with("factors", kinds)
            }
            Refusal::Wrong => required
                .header(header::WWW_AUTHENTICATE, CHALLENGE)
                .detail("What was shown is wrong, too old, or was used before."),
            Refusal::TooMany { retry_after_seconds } => Self::of(Code::RateLimited)
                .header(header::RETRY_AFTER, &retry_after_seconds.to_string())
                .detail("Wait for the next code."),
        }
    }
}

/// Who asks is known: where a code is wrong, it is the value in the body that is.
pub(in crate::access) fn wrong_at(pointer: &'static str, error: Error) -> Problem {
    match error {
        Error::Factor(wrong @ Refusal::Wrong) => {
            Faults::at(pointer, Fault::new("wrong_factor", wrong.to_string())).into()
        }
        Error::WrongPassword => {
            let fault = Fault::new("wrong_password", "this is not the present password");
            Faults::at("/password", fault).into()
        }
        other => other.into(),
    }
}

/// Takes the app away. Every other login of the account ends. Without any second factor left, a password of fewer than 15
/// characters is good for nothing but to choose a longer one, or to add a factor again.
#[utoipa::path(delete, path = "/api/v1/auth/totp", tag = "access",
    responses((status = 204), (status = 404, body = crate::problem::Body)))]
pub async fn remove(call: Call) -> Result<HttpResponse, Problem> {
    http::written(commands::remove_totp(&call.app.db, &call.actor).await?)
}

/// Writes new codes for paper; the old ones are good no more. Every other login of the account ends.
#[utoipa::path(post, path = "/api/v1/auth/recovery-codes", tag = "access",
    responses((status = 200, body = PaperView), (status = 409, body = crate::problem::Body)))]
pub async fn renew_paper(call: Call) -> Result<HttpResponse, Problem> {
    http::written(commands::renew_paper(&call.app.db, &call.actor).await?)
}

/// Why somebody's factors are taken away.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct FactorReset {
    reason: Reason,
}

/// Takes all second factors from somebody who has lost theirs, and ends their logins. Make sure first that it is they.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/reset-factors", tag = "access", params(("id" = AccountId, Path)),
    request_body = FactorReset,
    responses((status = 200, body = AccountView), (status = 404, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn reset(
    call: Call<Json<FactorReset>>,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, Problem> {
    let Json(FactorReset { reason }) = &call.body;
    let (app, if_match) = (&call.app, call.if_match()?);
    let reset = commands::reset(&app.db, &app.tries, &call.actor, *id, if_match, reason).await;
    http::written(reset?)
}
