//! Letters to many over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::commands::{self, Error, New};
use super::model::{Audience, Subject, Words};
use super::store;
use super::view::{MailingPreview, MailingView};
use crate::access::{Action, Denied};
use crate::http::{self, Call, Json, NoBody};
use crate::ids::MailingId;
use crate::input::Faults;
use crate::mail::{LetterKind, Placeholder};
use crate::outbox::api::PreviewQuery;
use crate::page::{Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Fault, Translated};

/// What is written, and to whom.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewMailing {
    /// Whose list: focal points, or members of delegations at their own addresses.
    audience: Audience,
    /// Who of them, by parameters of the list: `{"participant": "FRA,VNM", "primary": "true"}` of focal points (also
    /// `document`, `expires_before`), `{"status": "approved", "function": "head"}` of members (also `participant`, `rank`).
    /// Nothing: everybody.
    #[deserr(default)]
    #[schema(value_type = Option<Object>)]
    filter: Option<Value>,
    /// In English, and in the languages that there is a translation for. Readers of others read English.
    #[schema(value_type = Translated<String>)]
    subject: Translated<Subject>,
    /// The same: what stands between the greeting and the end. Nothing in it is filled in.
    #[schema(value_type = Translated<String>)]
    text: Translated<Words>,
}

/// Writes a letter to many: to focal points, or to members. Nobody gets it before a second officer has approved it.
#[utoipa::path(post, path = "/api/v1/mailings", tag = "mail", request_body = NewMailing,
    responses((status = 201, body = MailingView), (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewMailing>>) -> Result<HttpResponse, Problem> {
    let Json(NewMailing { audience, filter, subject, text }) = call.body;
    let filter = match filter {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(filter)) => filter,
        Some(_) => {
            let fault = Fault::new("wrong_type", "an object is expected");
            return Err(Faults::at("/filter", fault).into());
        }
    };
    let new = New { audience, filter, subject, words: text };
    http::written(commands::make(&call.app.db, &call.actor, &new).await?)
}

/// Which letters to many to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MailingFilter {
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists letters to many, the latest first.
#[utoipa::path(get, path = "/api/v1/mailings", tag = "mail", params(MailingFilter),
    responses((status = 200, body = Page<MailingView>)))]
pub async fn list(call: Call<NoBody, MailingFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::WriteMailings)?;
    let MailingFilter { limit, cursor } = &call.query;
    let before = cursor.as_ref().map(|cursor| {
        MailingId::parse(cursor.key(0).unwrap_or_default()).map_err(|_| {
            Faults::at("/cursor", Fault::new("invalid_cursor", "a cursor of this list is expected"))
        })
    });
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, None, before.transpose()?, *limit).await?;
    let page = Page::cut(rows, *limit, |row| Cursor(vec![row.id.to_string()]));
    Ok(http::page(&page.map(|row| MailingView::from(&row))))
}

/// Reads a letter to many.
#[utoipa::path(get, path = "/api/v1/mailings/{id}", tag = "mail", params(("id" = MailingId, Path)),
    responses((status = 200, body = MailingView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<MailingId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::WriteMailings)?;
    let mut tx = call.app.db.read(&scope).await?;
    http::item(&request, &store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?)
}

/// Shows a letter to many as its readers will see it, and says how many there would be now.
#[utoipa::path(get, path = "/api/v1/mailings/{id}/preview", tag = "mail",
    params(("id" = MailingId, Path), PreviewQuery),
    responses((status = 200, body = MailingPreview), (status = 404, body = crate::problem::Body)))]
pub async fn preview(
    call: Call<NoBody, PreviewQuery>,
    id: web::Path<MailingId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::WriteMailings)?;
    let language = call.query.language.unwrap_or_default();
    let mut tx = call.app.db.read(&scope).await?;
    let mailing = store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    let today = call.app.db.clock.now().date_naive();
    let readers = commands::readers(&mut tx, &mailing, today).await?.len();
    let ceremony = &call.app.ceremony;
    let value = |placeholder| match placeholder {
        Placeholder::Name => Some("Ann Sample".to_owned()),
        Placeholder::Event => Some(language.of(&ceremony.event.name).to_string()),
        Placeholder::Subject => Some(language.of(&mailing.subject).to_string()),
        Placeholder::Words => Some(language.of(&mailing.words).to_string()),
        _ => None,
    };
    let written = ceremony.letters.write(language, LetterKind::Announcement, value);
    let written = written.map_err(|error| Problem::of(Code::Unavailable).because(error))?;
    Ok(HttpResponse::Ok().json(MailingPreview::of(language, written, readers)))
}

/// Sends a letter to many to oneself alone, to see how it arrives.
#[utoipa::path(post, path = "/api/v1/mailings/{id}/test", tag = "mail", params(("id" = MailingId, Path)),
    responses((status = 200, body = MailingView), (status = 404, body = crate::problem::Body)))]
pub async fn test(call: Call, id: web::Path<MailingId>) -> Result<HttpResponse, Problem> {
    http::written(commands::try_out(&call.app.db, &call.actor, *id).await?)
}

/// Lets a letter to many go, as a second officer: it is written to everybody who is on the list now.
#[utoipa::path(post, path = "/api/v1/mailings/{id}/approve", tag = "mail", params(("id" = MailingId, Path)),
    responses((status = 200, body = MailingView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn approve(call: Call, id: web::Path<MailingId>) -> Result<HttpResponse, Problem> {
    http::written(commands::approve(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

/// Takes a letter to many back. Where it was approved, those of its letters that have not left do not leave.
#[utoipa::path(post, path = "/api/v1/mailings/{id}/withdraw", tag = "mail", params(("id" = MailingId, Path)),
    responses((status = 200, body = MailingView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(call: Call, id: web::Path<MailingId>) -> Result<HttpResponse, Problem> {
    http::written(commands::withdraw(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::WrongState { current, allowed } => Self::of(Code::IllegalTransition)
                .detail(format!("A letter that is {current} does not take this step."))
                .with("current", current)
                .with("allowed", allowed),
            Error::SamePerson => Self::of(Code::SecondPersonRequired)
                .detail("Who wrote a letter to many does not let it go as well."),
            Error::Faults(faults) => faults.into(),
            Error::Stale(stale) => stale.into(),
            Error::Members(error) => error.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
