//! Logins over HTTP, where they are called sessions.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Entrance, Fresh, Renewal};
use super::model::{Lasting, OpenLogin};
use super::store;
use crate::access::api::AccountView;
use crate::access::commands::Error;
use crate::access::factors::api::wrong_at;
use crate::access::factors::{RecoveryCode, Refusal, Shown, TotpCode};
use crate::access::model::Password;
use crate::access::passkeys::AssertionBody;
use crate::access::policy::{Action, Denied};
use crate::db::{Answer, Written};
use crate::http::{self, App, Call, Json, NoBody, Visit};
use crate::ids::{AccountId, TokenId};
use crate::input::Faults;
use crate::page::{Cursor, Limit, Page};
use crate::problem::Problem;
use crate::text::{Email, Fault};

/// A login.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Login)]
pub struct LoginView {
    /// Send it as `Authorization: Bearer …`. Shown once.
    token: String,
    expires_at: DateTime<Utc>,
    /// Where true, nothing else works until `POST /auth/password`.
    must_change_password: bool,
    /// Where true, nothing else works until a second factor was added: `POST /auth/totp`. Where that is so because the
    /// password is too short to stand alone, a longer one does as well: `POST /auth/password`.
    must_enrol_second_factor: bool,
    /// Where true, nothing else works until a second factor was shown: `POST /auth/step-up`.
    must_step_up: bool,
    account: AccountView,
}

impl Answer for Entrance {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&LoginView {
            token: self.token.clone(),
            expires_at: self.expires_at,
            must_change_password: self.account.must_change_password,
            must_enrol_second_factor: self.must_enrol,
            must_step_up: self.must_step_up,
            account: AccountView::from(&self.account),
        })
    }
}

/// Address and password, and what the account asks beside them.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Credentials {
    email: Email,
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// Where the account has a second factor, one of these: the answer of a passkey to a challenge, …
    #[deserr(default)]
    passkey: Option<AssertionBody>,
    /// … a code of the app, …
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password)]
    totp: Option<TotpCode>,
    /// … or a code from the paper.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password)]
    recovery_code: Option<RecoveryCode>,
}

/// A second factor, as a body has it.
struct Sent {
    passkey: Option<AssertionBody>,
    totp: Option<TotpCode>,
    recovery_code: Option<RecoveryCode>,
}

impl Sent {
    /// Where in the body it is; the last one where there are several.
    fn pointer(&self) -> &'static str {
        match self {
            Self { recovery_code: Some(_), .. } => "/recovery_code",
            Self { totp: Some(_), .. } => "/totp",
            Self { .. } => "/passkey",
        }
    }

    /// What it shows: one factor, or none.
    fn shown(self, app: &App) -> Result<Option<Shown>, Problem> {
        let pointer = self.pointer();
        match (self.passkey, self.totp, self.recovery_code) {
            (None, None, None) => Ok(None),
            (Some(body), None, None) => Ok(Some(Shown::Passkey(body.of(app)?))),
            (None, Some(code), None) => Ok(Some(Shown::Totp(code))),
            (None, None, Some(code)) => Ok(Some(Shown::RecoveryCode(code))),
            _ => {
                let fault = Fault::new("not_accepted", "one factor at a time is expected");
                Err(Faults::at(pointer, fault).into())
            }
        }
    }
}

/// Lets somebody in. The answer is the same whether the address is unknown or the password wrong. Where the password was
/// right and the account has a second factor, `second_factor_required` says so. After several failures the next try waits (429
/// with `Retry-After`), longer each time.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "access", request_body = Credentials, security(()),
    responses((status = 200, body = LoginView), (status = 401, body = crate::problem::Body),
        (status = 429, body = crate::problem::Body)))]
pub async fn log_in(visit: Visit<Json<Credentials>>) -> Result<HttpResponse, Problem> {
    let Json(Credentials { email, password, passkey, totp, recovery_code }) = visit.body;
    let (app, lasting) = (&visit.app, Lasting::from(&visit.app.config.access));
    let factor = Sent { passkey, totp, recovery_code }.shown(app)?;
    let (from, id) = (visit.from, visit.request_id.as_str());
    let credentials = commands::Credentials { email: &email, password: &password, factor, from };
    let (db, passwords, tries, refusals) = (&app.db, &app.passwords, &app.tries, &app.refusals);
    let entrance =
        commands::log_in(db, passwords, tries, refusals, &credentials, lasting, id).await?;
    http::written(Written::Fresh(entrance))
}

/// What you show once more: one of these.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Proof {
    /// Your password, where you have no second factor.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Password>,
    /// The answer of a passkey to a challenge.
    #[deserr(default)]
    passkey: Option<AssertionBody>,
    /// A code of the app.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password)]
    totp: Option<TotpCode>,
    /// A code from the paper.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password)]
    recovery_code: Option<RecoveryCode>,
}

/// Until when what is grave is permitted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fresh)]
pub struct FreshView {
    fresh_until: DateTime<Utc>,
}

impl Answer for Fresh {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&FreshView { fresh_until: self.until })
    }
}

/// Shows once more that it is you, before something grave: by a second factor where the account has one, else by its
/// password. A login is as good for its first minutes.
#[utoipa::path(post, path = "/api/v1/auth/step-up", tag = "access", request_body = Proof,
    responses((status = 200, body = FreshView), (status = 401, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 429, body = crate::problem::Body)))]
pub async fn step_up(call: Call<Json<Proof>>) -> Result<HttpResponse, Problem> {
    let Json(Proof { password, passkey, totp, recovery_code }) = call.body;
    let sent = Sent { passkey, totp, recovery_code };
    let (app, pointer) = (&call.app, sent.pointer());
    let renewal = match (password, sent.shown(app)?) {
        (Some(password), None) => Renewal::Password(password),
        (None, Some(shown)) => Renewal::Factor(shown),
        _ => {
            let detail = "one of password, passkey, totp, recovery_code is expected";
            return Err(Faults::at("", Fault::new("required", detail)).into());
        }
    };
    let lasting = Lasting::from(&app.config.access);
    let (db, passwords, tries, refusals) = (&app.db, &app.passwords, &app.tries, &app.refusals);
    let who = (&call.actor, call.from);
    let renewed = commands::step_up(db, passwords, tries, refusals, who, &renewal, lasting).await;
    http::written(renewed.map_err(|error| wrong_at(pointer, error))?)
}

/// Lets somebody in by a passkey alone, which has answered a challenge of `POST /auth/passkeys/challenge`.
#[utoipa::path(post, path = "/api/v1/auth/login/passkey", tag = "access", request_body = AssertionBody, security(()),
    responses((status = 200, body = LoginView), (status = 401, body = crate::problem::Body),
        (status = 429, body = crate::problem::Body)))]
pub async fn log_in_by_passkey(visit: Visit<Json<AssertionBody>>) -> Result<HttpResponse, Problem> {
    let Json(body) = visit.body;
    let (app, lasting) = (&visit.app, Lasting::from(&visit.app.config.access));
    let (shown, from, id) = (body.of(app)?, visit.from, &visit.request_id);
    let entrance =
        commands::log_in_by_passkey(&app.db, &app.tries, &shown, from, lasting, id).await;
    let entrance = entrance.map_err(|error| match error {
        Error::Factor(Refusal::Wrong) => Problem::from(Denied::Unknown).detail(
            "This passkey opens no account here, or it has answered too late, or another challenge.",
        ),
        other => other.into(),
    })?;
    http::written(Written::Fresh(entrance))
}

/// Ends the login that the request comes with.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "access", responses((status = 204)))]
pub async fn log_out(call: Call) -> Result<HttpResponse, Problem> {
    http::written(commands::log_out(&call.app.db, &call.actor).await?)
}

/// One of one's own logins. Where it is used from, nobody notes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenLogin)]
pub struct OpenLoginView {
    id: TokenId,
    /// Whether the request came with it.
    is_current: bool,
    created_at: DateTime<Utc>,
    /// To the minute.
    last_used_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    expires_at: DateTime<Utc>,
    /// When it ends if it is not used again.
    idle_until: DateTime<Utc>,
}

impl OpenLoginView {
    fn of(login: &OpenLogin, current: Option<TokenId>) -> Self {
        Self {
            id: login.id,
            is_current: Some(login.id) == current,
            created_at: login.created_at,
            last_used_at: login.last_used_at,
            expires_at: login.expires_at,
            idle_until: login.idle_until_at,
        }
    }
}

impl Answer for OpenLoginView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    fn etag(&self) -> Option<String> {
        Some(format!("\"{}\"", self.last_used_at.timestamp_micros()))
    }
}

/// Which part of the list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoginFilter {
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists one's own logins that stand, the newest first.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "access", params(LoginFilter),
    responses((status = 200, body = Page<OpenLoginView>)))]
pub async fn list(call: Call<NoBody, LoginFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepOwnAccount)?;
    let LoginFilter { limit, cursor } = call.query;
    let before = cursor.map(|cursor| {
        TokenId::parse(cursor.key(0).unwrap_or_default()).map_err(|_| {
            Faults::at("/cursor", Fault::new("invalid_cursor", "a cursor of this list is expected"))
        })
    });
    let (lasting, held) = (Lasting::from(&call.app.config.access), call.app.db.clock.held());
    let mut tx = call.app.db.read(&scope).await?;
    let (own, before) = (call.actor.account(), before.transpose()?);
    let rows = store::list(&mut tx, own, None, before, limit, lasting, held).await?;
    let page = Page::cut(rows, limit, |login| Cursor(vec![login.id.to_string()]));
    Ok(http::page(&page.map(|login| OpenLoginView::of(&login, call.actor.token()))))
}

/// Reads one of one's own logins.
#[utoipa::path(get, path = "/api/v1/auth/sessions/{id}", tag = "access", params(("id" = TokenId, Path)),
    responses((status = 200, body = OpenLoginView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<TokenId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepOwnAccount)?;
    let (lasting, held) = (Lasting::from(&call.app.config.access), call.app.db.clock.held());
    let mut tx = call.app.db.read(&scope).await?;
    let (own, one) = (call.actor.account(), Limit::default());
    let found = store::list(&mut tx, own, Some(*id), None, one, lasting, held).await?.pop();
    let found = found.ok_or(Denied::Invisible)?;
    http::item_anew(&OpenLoginView::of(&found, call.actor.token()))
}

/// Ends one of one's own logins, wherever it is used. In whichever version it is: it ends, and asks for no `If-Match`.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", tag = "access", params(("id" = TokenId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body)))]
pub async fn end(call: Call, id: web::Path<TokenId>) -> Result<HttpResponse, Problem> {
    http::written(commands::end(&call.app.db, &call.actor, *id).await?)
}

/// Ends all of one's own logins but the one that the request comes with.
#[utoipa::path(delete, path = "/api/v1/auth/sessions", tag = "access", responses((status = 204)))]
pub async fn end_others(call: Call) -> Result<HttpResponse, Problem> {
    http::written(commands::end_others(&call.app.db, &call.actor).await?)
}

/// Ends all logins of an account, which stays open.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/sessions", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body)))]
pub async fn end_all(call: Call, id: web::Path<AccountId>) -> Result<HttpResponse, Problem> {
    http::written(commands::end_all_of(&call.app.db, &call.actor, *id).await?)
}
