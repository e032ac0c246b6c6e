//! Logins by a provider over HTTP.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{Error, Finish};
use super::model::{Begun, Link};
use super::provider::{Provider, Unvouched};
use crate::access::logins::api::LoginView;
use crate::access::logins::{Entrance, Lasting};
use crate::access::policy::{Action, Denied};
use crate::access::refusals::Rebuff;
use crate::db::Written;
use crate::http::{self, Anyone, App, Json, NoBody, Visit};
use crate::input::Faults;
use crate::network::Network;
use crate::problem::{Code, Problem};
use crate::text::choices;

/// What somebody's browser keeps while they are at their provider. Under the first name a browser takes it from us alone, by
/// https, and from no other host of our domain.
const SECURE_COOKIE: &str = "__Host-ceremony_oidc";
const COOKIE: &str = "ceremony_oidc";
/// What it is sealed for, so that it opens nowhere else.
const PLACE: &str = "oidc.begun";

choices! {
    /// What the provider is to ask for.
    Prompt {
        /// That they show who they are anew, however long they have been known there: for what is grave.
        Login = "login",
    }
}

/// How to begin.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StartQuery {
    /// `login`: the provider is to ask them anew who they are.
    #[deserr(default)]
    prompt: Option<Prompt>,
}

/// Where to go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OidcStart)]
pub struct StartView {
    /// The provider's page, with all that it needs to know.
    url: String,
}

/// Begins a login by an identity provider of the settings, named in the address: sends the browser there, or with `Accept:
/// application/json` says where to go. The answer is finished in the same browser, once, within ten minutes. Whoever begins
/// with a token lets their provider open this account from then on; as this is one more way in, it asks for a fresh factor.
#[utoipa::path(get, path = "/api/v1/auth/oidc/{provider}/start", tag = "access",
    params(("provider" = String, Path), StartQuery), security((), ("token" = [])),
    responses((status = 303), (status = 200, body = StartView), (status = 404, body = crate::problem::Body)))]
pub async fn start(
    request: HttpRequest,
    asking: Anyone<NoBody, StartQuery>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (app, query, link) = match asking {
        Anyone::Known(call) => {
            call.actor.permit(Action::ChangeFactors)?;
            let login = call.actor.token().ok_or(Denied::Forbidden)?;
            let link = Link { account: call.actor.account(), login };
            (call.app, call.query, Some(link))
        }
        Anyone::Stranger(visit) => (visit.app, visit.query, None),
    };
    let provider = app.oidc.named(&name).ok_or(Denied::Invisible)?;
    let access = &app.config.access;
    let max_age = match query.prompt {
        Some(Prompt::Login) => access.step_up_minutes.get() * 60,
        None => access.login_hours.get() * 3600,
    };
    let begun = provider.begin(link, max_age, app.db.clock.now()).await;
    let (url, begun) = begun.map_err(Error::from)?;
    let wants_json = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("application/json"));
    let mut response = if wants_json {
        HttpResponse::Ok().json(StartView { url })
    } else {
        HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish()
    };
    let plain =
        serde_json::to_vec(&begun).map_err(|e| Problem::of(Code::Unavailable).because(e))?;
    let kept = BASE64_URL_SAFE_NO_PAD.encode(app.db.vault.seal_away(PLACE, &plain));
    keep(&mut response, &app, &kept, 600);
    Ok(response)
}

/// What a provider sends back, as OpenID Connect and RFC 9207 have it.
#[derive(Deserr, ToSchema, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OidcAnswer {
    /// What to exchange for the proof.
    #[deserr(default)]
    code: Option<String>,
    /// What the login began with.
    #[deserr(default)]
    state: Option<String>,
    /// Who answers.
    #[deserr(default)]
    iss: Option<String>,
    /// Why the provider vouches for nobody.
    #[deserr(default)]
    error: Option<String>,
    /// The same, for people.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    error_description: Option<String>,
    /// Where more is said.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    error_uri: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    session_state: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    scope: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    client_info: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    authuser: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    hd: Option<String>,
    /// What some providers add.
    #[deserr(default)]
    #[expect(dead_code, reason = "providers send it, and an unknown parameter is refused")]
    prompt: Option<String>,
}

/// Finishes a login by a provider, which sends the browser here.
#[utoipa::path(get, path = "/api/v1/auth/oidc/{provider}/callback", tag = "access",
    params(("provider" = String, Path), OidcAnswer), security(()),
    responses((status = 200, body = LoginView), (status = 401, body = crate::problem::Body),
        (status = 403, body = crate::problem::Body), (status = 409, body = crate::problem::Body)))]
pub async fn finish(
    request: HttpRequest,
    visit: Visit<NoBody, OidcAnswer>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (from, id) = (visit.from, &visit.request_id);
    finished(&request, &visit.app, (&name, &visit.query), from, id).await
}

/// The same for a front end to which the provider sent the browser, and which hands on what came.
#[utoipa::path(post, path = "/api/v1/auth/oidc/{provider}/callback", tag = "access", params(("provider" = String, Path)),
    request_body = OidcAnswer, security(()),
    responses((status = 200, body = LoginView), (status = 401, body = crate::problem::Body),
        (status = 403, body = crate::problem::Body), (status = 409, body = crate::problem::Body)))]
pub async fn hand_on(
    request: HttpRequest,
    visit: Visit<Json<OidcAnswer>>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (from, id) = (visit.from, &visit.request_id);
    finished(&request, &visit.app, (&name, &visit.body.0), from, id).await
}

async fn finished(
    request: &HttpRequest,
    app: &App,
    (name, answer): (&str, &OidcAnswer),
    from: Network,
    request_id: &str,
) -> Result<HttpResponse, Problem> {
    let provider = app.oidc.named(name).ok_or(Denied::Invisible)?;
    let entered = enter(request, app, (provider, answer), from, request_id).await;
    let entrance = entered.inspect_err(|error| {
        let is_refused = matches!(
            error,
            Error::Unvouched(Unvouched::Refused | Unvouched::Unproven(_))
                | Error::NothingGranted
                | Error::NoAddress
                | Error::EmailTaken
                | Error::OpensAnother
                | Error::MadeForAnother
        );
        if is_refused {
            let what = format!("provider {}", provider.name);
            let refusal = Rebuff { kind: "login.refused", account: None, what };
            app.refusals.note(&app.db, refusal, request_id);
        }
    })?;
    let mut response = http::written(Written::Fresh(entrance))?;
    keep(&mut response, app, "", 0);
    Ok(response)
}

async fn enter(
    request: &HttpRequest,
    app: &App,
    (provider, answer): (&Provider, &OidcAnswer),
    from: Network,
    request_id: &str,
) -> Result<Entrance, Error> {
    let begun = kept(request, app).ok_or(Error::NothingBegun)?;
    if !provider.answers(&begun, answer.state.as_deref(), answer.iss.as_deref()) {
        return Err(Error::NothingBegun);
    }
    if answer.error.is_some() {
        return Err(Unvouched::Refused.into());
    }
    let code = answer.code.as_deref().ok_or(Error::NothingBegun)?;
    let lasting = Lasting::from(&app.config.access);
    let (db, passwords, tries) = (&app.db, &app.passwords, &app.tries);
    let finish = Finish { db, passwords, provider, lasting, tries, from, request_id };
    finish.run(&begun, code).await
}

/// What this browser began, if it is ours, whole and not too old.
fn kept(request: &HttpRequest, app: &App) -> Option<Begun> {
    let cookies = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (own, _) = cookie(app);
    let (_, sealed) = pairs.find(|(name, _)| *name == own)?;
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let plain = app.db.vault.open_again(PLACE, &sealed).ok()?;
    let begun: Begun = serde_json::from_slice(&plain).ok()?;
    Some(begun).filter(|begun| app.db.clock.now() < begun.until)
}

/// Lets the browser keep something for the way there and back: for no script, and sent along where the provider's page
/// leads back here.
fn keep(response: &mut HttpResponse, app: &App, value: &str, seconds: u32) {
    let (name, place) = cookie(app);
    let cookie = format!("{name}={value}; {place}; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// The cookie's name, and where it is sent.
fn cookie(app: &App) -> (&'static str, &'static str) {
    let base_url = app.config.server.base_url.as_ref();
    if base_url.is_some_and(|url| url.as_str().starts_with("https:")) {
        (SECURE_COOKIE, "Path=/; Secure")
    } else {
        (COOKIE, "Path=/api/v1/auth/oidc")
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Unvouched(unreached @ Unvouched::Unreached(_)) => {
                Self::of(Code::Unavailable).header(header::RETRY_AFTER, "5").because(unreached)
            }
            Error::Unvouched(unproven @ (Unvouched::Refused | Unvouched::Unproven(_))) => Self::of(Code::Unauthenticated)
                .detail("Your identity provider does not prove who you are. Begin anew.")
                .because(unproven),
            Error::NothingBegun => Self::of(Code::Unauthenticated)
                .detail("This finishes no login that this browser began a moment ago. Begin anew."),
            Error::NothingGranted => Self::of(Code::Forbidden)
                .detail("Your identity provider does not say that you have a task here."),
            Error::NoAddress => Self::of(Code::Forbidden)
                .detail("Your identity provider gives no address of yours for which it may speak here."),
            Error::EmailTaken => Self::of(Code::Duplicate).detail(
                "An account with your address exists. Log in with its password, and begin from there: from then on your \
                 provider opens it.",
            ),
            Error::OpensAnother => {
                Self::of(Code::Duplicate).detail("By this provider you open another account already.")
            }
            Error::MadeForAnother => Self::of(Code::IllegalTransition)
                .detail("The account was made for another identity, which alone opens it."),
            Error::Refused(refused) => refused.into(),
            Error::TooBusy(busy) => busy.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
