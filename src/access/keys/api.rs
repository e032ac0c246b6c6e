//! API keys over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error, Limits, Wanted};
use super::store;
use super::view::{ApiKeyView, IssuedView};
use crate::access::policy::{Action, Denied};
use crate::access::reach::KeyScope;
use crate::db::Scope;
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{AccountId, ApiKeyId};
use crate::input::{Faults, Moment};
use crate::page::{Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Fault, Label, ParticipantCode};

/// What a key is to be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for: the system that will have it.
    name: Label,
    /// What it may do, of what its account may do.
    #[schema(min_items = 1)]
    scopes: Vec<KeyScope>,
    /// The one participant whose business it is for; left out, every one of its account's. Such a key does nothing that
    /// is of no participant, but to read the register.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// When it ends; left out, in ninety days.
    #[deserr(default)]
    expires_at: Option<Moment>,
}

/// Makes a key of one's own account for another system. The key is in the answer, and nowhere else. It does what its scopes
/// say of what the account may do at the time: who loses a right, loses it for their keys too. No key keeps accounts,
/// lets people in, shows a passport in clear or makes a record that is for ever.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "access", request_body = NewApiKey,
    responses((status = 201, body = IssuedView<'_>), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewApiKey>>) -> Result<HttpResponse, Problem> {
    let Json(NewApiKey { name, scopes, participant, expires_at }) = call.body;
    if scopes.is_empty() {
        let fault = Fault::new("required", "at least one scope is expected");
        return Err(Faults::at("/scopes", fault).into());
    }
    let expires_at = expires_at.map(|Moment(at)| at.to_utc());
    let wanted = Wanted { name, scopes, participant, expires_at };
    let settings = &call.app.config.access;
    let limits =
        Limits { days: settings.api_key_days.get(), keys: settings.api_keys_per_account.get() };
    http::written(commands::create(&call.app.db, &call.actor, &wanted, limits).await?)
}

/// Which keys to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApiKeyFilter {
    /// Those of another account, for administrators; left out, one's own.
    #[deserr(default)]
    #[param(value_type = Option<AccountId>)]
    account: Option<AccountId>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the keys of one's own account, the oldest first; for administrators those of any account.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "access", params(ApiKeyFilter),
    responses((status = 200, body = Page<ApiKeyView>)))]
pub async fn list(call: Call<NoBody, ApiKeyFilter>) -> Result<HttpResponse, Problem> {
    call.actor.permit(Action::KeepOwnAccount)?;
    let ApiKeyFilter { account, limit, cursor } = call.query;
    let account = account.unwrap_or(call.actor.account());
    if account != call.actor.account() {
        call.actor.permit(Action::KeepAccounts)?;
    }
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&Scope::public()).await?;
    let rows = store::list(&mut tx, Some(account), None, after, limit).await?;
    let page = Page::cut(rows, limit, |key| Cursor(vec![key.id.to_string()]));
    Ok(http::page(&page.map(|key| ApiKeyView::from(&key))))
}

/// Reads a key of one's own account, and when it was last used; an administrator reads any.
#[utoipa::path(get, path = "/api/v1/api-keys/{id}", tag = "access", params(("id" = ApiKeyId, Path)),
    responses((status = 200, body = ApiKeyView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<ApiKeyId>) -> Result<HttpResponse, Problem> {
    call.actor.permit(Action::KeepOwnAccount)?;
    let mut tx = call.app.db.read(&Scope::public()).await?;
    let key = store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?;
    if key.account != call.actor.account() && !call.actor.may(Action::KeepAccounts) {
        return Err(Denied::Invisible.into());
    }
    http::item_anew(&key)
}

/// Takes a key away: one's own, or as an administrator anybody's. The next request with it is refused.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "access", params(("id" = ApiKeyId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn delete(call: Call, id: web::Path<ApiKeyId>) -> Result<HttpResponse, Problem> {
    http::written(commands::delete(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::NotTheirs => Faults::at(
                "/participant",
                Fault::new(
                    "unknown_participant",
                    "a participant is expected whose business you see",
                ),
            )
            .into(),
            Error::Expiry(days) => Faults::at(
                "/expires_at",
                Fault::new(
                    "out_of_range",
                    format!("a time to come, at most {days} days ahead, is expected"),
                ),
            )
            .into(),
            Error::TooMany(limit) => Self::of(Code::QuotaExceeded)
                .detail("The account has as many keys as it may have. Take one away first.")
                .with("limit", limit),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
