//! The outbox over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;

use super::commands::{self, Error};
use super::model::MessageState;
use super::store::{self, Wanted};
use super::view::{MessageView, PreviewView};
use crate::access::{Action, Denied};
use crate::http::{self, Call, NoBody};
use crate::ids::MessageId;
use crate::input::Faults;
use crate::mail::{LetterKind, LetterLanguage, Placeholder};
use crate::page::{AnyOf, Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::Fault;

/// Which letters to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    /// In one of these states: `waiting,failed`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<MessageState>>,
    /// About one of these things: `invitation,password_reset`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<LetterKind>>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the letters of the service, the latest first: how far each is. What they say is not kept. The administrator sees
/// those of accounts and offices; those of missions only who may see the missions.
#[utoipa::path(get, path = "/api/v1/messages", tag = "mail", params(MessageFilter),
    responses((status = 200, body = Page<MessageView>)))]
pub async fn list(call: Call<NoBody, MessageFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadMessages)?;
    let MessageFilter { state, kind, limit, cursor } = &call.query;
    let before = cursor.as_ref().map(|cursor| {
        MessageId::parse(cursor.key(0).unwrap_or_default()).map_err(|_| {
            Faults::at("/cursor", Fault::new("invalid_cursor", "a cursor of this list is expected"))
        })
    });
    let wanted = Wanted {
        states: state.as_ref(),
        kinds: kind.as_ref(),
        of_missions: call.actor.may(Action::ListDelegations),
        before: before.transpose()?,
        ..Wanted::default()
    };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, *limit).await?;
    let page = Page::cut(rows, *limit, |row| Cursor(vec![row.id.to_string()]));
    Ok(http::page(&page.map(|row| MessageView::from(&row))))
}

/// Says how far a letter is.
#[utoipa::path(get, path = "/api/v1/messages/{id}", tag = "mail", params(("id" = MessageId, Path)),
    responses((status = 200, body = MessageView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<MessageId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadMessages)?;
    let of_missions = call.actor.may(Action::ListDelegations);
    let wanted = Wanted { id: Some(*id), of_missions, ..Wanted::default() };
    let mut tx = call.app.db.read(&scope).await?;
    let found = store::list(&mut tx, &wanted, Limit::default()).await?.pop();
    // A letter moves on by itself: whoever looks again sees it anew.
    http::item_anew(&found.ok_or(Denied::Invisible)?)
}

/// Sends a letter again that failed, under the same `Message-ID`. One that carried a code is empty: invite again, or have
/// another code asked for. A letter moves on by itself, so there is no version of it to name.
#[utoipa::path(post, path = "/api/v1/messages/{id}/resend", tag = "mail", params(("id" = MessageId, Path)),
    responses((status = 200, body = MessageView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body)))]
pub async fn resend(call: Call, id: web::Path<MessageId>) -> Result<HttpResponse, Problem> {
    http::written(commands::resend(&call.app.db, &call.actor, *id).await?)
}

/// In which language a letter is shown.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// `en` where nothing is said.
    #[deserr(default)]
    pub(super) language: Option<LetterLanguage>,
}

/// Shows a letter as its readers will see it, with examples in its places. Its text stands in `config/ceremony/`.
#[utoipa::path(get, path = "/api/v1/letters/{kind}", tag = "mail", params(("kind" = LetterKind, Path), PreviewQuery),
    responses((status = 200, body = PreviewView), (status = 404, body = crate::problem::Body)))]
pub async fn preview(
    call: Call<NoBody, PreviewQuery>,
    kind: web::Path<LetterKind>,
) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ReadMessages)?;
    let (kind, language) = (*kind, call.query.language.unwrap_or_default());
    let ceremony = &call.app.ceremony;
    let host = ceremony.register.find(&ceremony.event.host);
    let link = call.app.post.link(kind, Some(&ceremony.event.host));
    let value = |placeholder| match placeholder {
        Placeholder::Name => Some("Ann Sample".to_owned()),
        Placeholder::Event => Some(language.of(&ceremony.event.name).to_string()),
        Placeholder::Participant => host.map(|host| host.depositary_name.to_string()),
        Placeholder::Link => Some(link.clone()),
        Placeholder::Code => Some("example-code-that-opens-nothing".to_owned()),
        Placeholder::Subject => Some("What an officer puts above it".to_owned()),
        Placeholder::Words => Some("What an officer writes to many.".to_owned()),
        Placeholder::Expires => Some("2025-10-20 08:00 UTC".to_owned()),
    };
    let written = ceremony.letters.write(language, kind, value);
    let written = written.map_err(|error| Problem::of(Code::Unavailable).because(error))?;
    Ok(HttpResponse::Ok().json(PreviewView::of(kind, language, written)))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::NotFailed(current) => Self::of(Code::IllegalTransition)
                .detail(format!("A letter that is {current} is not sent again."))
                .with("current", current)
                .with("allowed", Vec::<&str>::new()),
            Error::Emptied => Self::of(Code::IllegalTransition)
                .detail("What this letter carried is forgotten: a fresh code is needed.")
                .with("current", MessageState::Failed)
                .with("allowed", Vec::<&str>::new()),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
