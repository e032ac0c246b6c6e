//! Resets over HTTP.

use actix_web::HttpResponse;
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands;
use crate::access::code::Code;
use crate::access::model::{Password, PasswordRule};
use crate::http::{self, Json, Visit};
use crate::input::Faults;
use crate::problem::Problem;
use crate::text::Email;

/// Whose password it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Forgotten {
    email: Email,
}

/// Asks for a new password: where the address has an account, a letter with a code goes there. The answer, and the time it
/// takes, are the same for every address.
#[utoipa::path(post, path = "/api/v1/auth/password-reset", tag = "access", request_body = Forgotten, security(()),
    responses((status = 202), (status = 429, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn ask(visit: Visit<Json<Forgotten>>) -> Result<HttpResponse, Problem> {
    let app = &visit.app;
    commands::ask(&app.db, &app.tries, &visit.body.0.email, visit.from).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The code that somebody was sent, and the password that they choose.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Chosen {
    #[schema(value_type = String, format = Password)]
    code: Code,
    /// At least 15 characters; a sentence is best.
    #[schema(value_type = String, format = Password, min_length = 15)]
    new: Password,
}

/// Sets a new password by a code that was sent, once. Every login of the account ends; a second factor stays as it is. Every
/// code that opens nothing gets the same answer, 404: unknown, used, expired, replaced, of a closed account.
#[utoipa::path(post, path = "/api/v1/auth/password-reset/confirm", tag = "access", request_body = Chosen, security(()),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn confirm(visit: Visit<Json<Chosen>>) -> Result<HttpResponse, Problem> {
    let Json(Chosen { code, new }) = visit.body;
    let rule = PasswordRule::of(&visit.app.config.access, false);
    let new = new.chosen(&rule).map_err(|fault| Faults::at("/new", fault))?;
    let (app, from, request_id) = (&visit.app, visit.from, visit.request_id.as_str());
    let chosen = commands::Chosen { code: &code, new: &new, from, request_id };
    http::written(commands::confirm(&app.db, &app.passwords, &app.tries, chosen).await?)
}
