//! A request, taken apart in one order: who is it, may they be here at all, what did they send.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Instant;

use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, web};
use deserr::Deserr;

use super::body::{self, Body};
use super::budget::{self, Class, Owner, Spender};
use super::leave::{Caller, RequestId};
use super::query::{self, Parsed};
use super::{App, Desk, NoBody, NoQuery};
use crate::access::{self, Actor, Bearer, Denied, Device, Idempotency, Known, NotReached, Request};
use crate::input::Faults;
use crate::network::{Network, Networks, TrustedProxies};
use crate::page::IfMatch;
use crate::problem::{Code, Problem};
use crate::secret;
use crate::text::Fault;

/// A request of somebody known.
pub struct Call<B = NoBody, Q = NoQuery> {
    /// Who asks.
    pub actor: Actor,
    /// What the service shares.
    pub app: web::Data<App>,
    /// What was sent.
    pub body: B,
    /// The parameters.
    pub query: Q,
    /// Where it comes from.
    pub from: Network,
    if_match: Option<IfMatch>,
}

impl<B, Q> Call<B, Q> {
    /// The version that the client means; 428 where it does not say.
    pub fn if_match(&self) -> Result<&IfMatch, Problem> {
        self.if_match.as_ref().ok_or_else(|| Problem::of(Code::PreconditionRequired))
    }
}

/// A request of anybody.
pub struct Visit<B = NoBody, Q = NoQuery> {
    /// What the service shares.
    pub app: web::Data<App>,
    /// What was sent.
    pub body: B,
    /// The parameters.
    pub query: Q,
    /// Where it comes from.
    pub from: Network,
    /// The request's id, for the audit trail.
    pub request_id: String,
}

/// A request of whatever has a token that stands.
pub enum AnyToken<B = NoBody, Q = NoQuery> {
    /// Of a person, or of a system with a person's key.
    Person(Call<B, Q>),
    /// Of a device.
    Device(Device),
}

/// A request of somebody known or of anybody: who brings a token is who it says, or is refused.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for a request, and it is taken apart at once"
)]
pub enum Anyone<B = NoBody, Q = NoQuery> {
    /// Of somebody known.
    Known(Call<B, Q>),
    /// Of anybody.
    Stranger(Visit<B, Q>),
}

impl<B: Body + 'static, Q: Deserr<Faults> + 'static> FromRequest for Anyone<B, Q> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if request.headers().contains_key(header::AUTHORIZATION) {
            let call = Call::from_request(request, payload);
            Box::pin(async move { call.await.map(Self::Known) })
        } else {
            let visit = Visit::from_request(request, payload);
            Box::pin(async move { visit.await.map(Self::Stranger) })
        }
    }
}

impl<B: Body + 'static, Q: Deserr<Faults> + 'static> FromRequest for Call<B, Q> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let app = shared(&request)?;
            let from = network(&request, &app.config.server.trusted_proxies);
            match recognize(&request, app, from).await? {
                (Bearer::Person(known), app) => {
                    Self::of(known, from, app, &request, &mut payload).await
                }
                (Bearer::Device(_), _) => Err(NotReached::NotForDevices.into()),
            }
        })
    }
}

impl<B: Body + 'static, Q: Deserr<Faults> + 'static> FromRequest for AnyToken<B, Q> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let app = shared(&request)?;
            let from = network(&request, &app.config.server.trusted_proxies);
            match recognize(&request, app, from).await? {
                (Bearer::Person(known), app) => {
                    Call::of(known, from, app, &request, &mut payload).await.map(Self::Person)
                }
                (Bearer::Device(device), _) => Ok(Self::Device(device)),
            }
        })
    }
}

impl<B: Body, Q: Deserr<Faults>> Call<B, Q> {
    /// The rest of a request, where it is known who asks.
    async fn of(
        known: Known,
        from: Network,
        app: web::Data<App>,
        request: &HttpRequest,
        payload: &mut Payload,
    ) -> Result<Self, Problem> {
        let Parsed { query, is_dry_run } =
            query::read(request.query_string(), is_mutating(request))?;
        let (media_type, bytes) =
            body::read(request, payload, B::limit(&app.config.server)).await?;
        let idempotency = idempotency(request, &bytes)?;
        let body = B::parse(&media_type, bytes)?;
        let actor = known.asking(Request { id: request_id(request), idempotency, is_dry_run });
        let if_match = text_header(request, header::IF_MATCH).map(IfMatch::parse);
        Ok(Self { actor, app, body, query, from, if_match })
    }
}

impl<B: Body + 'static, Q: Deserr<Faults> + 'static> FromRequest for Visit<B, Q> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let app = shared(&request)?;
            let from = network(&request, &app.config.server.trusted_proxies);
            if is_mutating(&request) {
                spend(&request, &app, Spender::Network(from), Class::Strangers)?;
            }
            let Parsed { query, .. } = query::read(request.query_string(), false)?;
            let (media_type, bytes) =
                body::read(&request, &mut payload, B::limit(&app.config.server)).await?;
            let body = B::parse(&media_type, bytes)?;
            Ok(Self { app, body, query, from, request_id: request_id(&request) })
        })
    }
}

/// Who or what comes with the token, where a token of this kind opens the route, and by which connections it goes on. A budget
/// is asked before the database is: that of the account, where the token was seen here before, else that of its network's
/// strangers. So a flood costs the database nothing, and whoever is known goes on. Whoever keeps the signing desk goes on
/// there by the desk's own connections.
async fn recognize(
    request: &HttpRequest,
    app: web::Data<App>,
    from: Network,
) -> Result<(Bearer, web::Data<App>), Problem> {
    // A path that names nothing is told first, whoever asks. The framework reads it after the first pause of this one:
    // without a pause of our own, the answer would hang on how fast the database is.
    tokio::task::yield_now().await;
    // Who asks is settled before a byte of the body is read: strangers cannot make us read.
    let token = bearer(request).ok_or(Denied::Unknown)?;
    let hash = secret::sha256(token);
    let pattern = request.match_pattern().unwrap_or_default();
    let class = Class::of(request.method(), &pattern);
    let seen = app.budgets.owner(&hash);
    match seen {
        Some(owner) => spend(request, &app, Spender::Account(owner.account), class)?,
        None => spend(request, &app, Spender::Network(from), Class::Strangers)?,
    }
    let lasting = access::Lasting::from(&app.config.access);
    let desk = request.app_data::<Desk>().filter(|_| class == Class::Desk);
    let asked = match desk {
        Some(Desk(desk)) if seen.is_some_and(|owner| owner.keeps_desk) => desk,
        _ => &app,
    };
    let Some(bearer) = access::recognize(&asked.db, lasting, token).await? else {
        app.budgets.learn(hash, None);
        return Err(Denied::Unknown.into());
    };
    // A device has no account: it goes on as one of its network's strangers.
    let mut keeps_desk = false;
    if let Bearer::Person(known) = &bearer {
        let account = known.account();
        keeps_desk = known.keeps_desk();
        request.extensions_mut().insert(Caller(account));
        let owner = Owner { account, keeps_desk };
        if seen != Some(owner) {
            app.budgets.learn(hash, Some(owner));
        }
        if seen.map(|owner| owner.account) != Some(account) {
            spend(request, &app, Spender::Account(account), class)?;
        }
    }
    let bearer = bearer.at(request.method().as_str(), &reached(request, &pattern))?;
    let on = desk.filter(|_| keeps_desk).map(|Desk(desk)| desk.clone());
    Ok((bearer, on.unwrap_or(app)))
}

/// The route by what decides which tokens open it: its pattern, in which a report is called by its name.
fn reached(request: &HttpRequest, pattern: &str) -> String {
    pattern.replace("{report}", request.match_info().get("report").unwrap_or("{report}"))
}

/// Takes a request out of a budget, and leaves word for the headers of its answer.
fn spend(request: &HttpRequest, app: &App, spender: Spender, class: Class) -> Result<(), Problem> {
    let allowance = app.budgets.spend(spender, class, Instant::now());
    request.extensions_mut().insert(allowance);
    allowance.retry_after.map_or(Ok(()), |wait| {
        Err(Problem::of(Code::RateLimited)
            .header(header::RETRY_AFTER, &budget::seconds(wait).to_string())
            .detail("More was asked in this time than is taken from one account."))
    })
}

fn shared(request: &HttpRequest) -> Result<web::Data<App>, Problem> {
    request.app_data::<web::Data<App>>().cloned().ok_or_else(|| Problem::of(Code::Unavailable))
}

/// Where a request comes from, as the proxies tell that are trusted.
fn network(request: &HttpRequest, proxies: &TrustedProxies) -> Network {
    client(request, proxies).map_or_else(Network::unknown, Network::of)
}

fn client(request: &HttpRequest, proxies: &TrustedProxies) -> Option<IpAddr> {
    let lines = |name: header::HeaderName| -> Vec<&str> {
        // A line that is no text names nobody.
        request.headers().get_all(name).map(|line| line.to_str().unwrap_or_default()).collect()
    };
    let (x, forwarded) = (lines(header::X_FORWARDED_FOR), lines(header::FORWARDED));
    Some(proxies.client(request.peer_addr()?.ip(), &x, &forwarded))
}

/// Whether a request comes from one of these networks. What a proxy hands on that nobody trusts comes from anywhere, though
/// the proxy stand in one of them.
#[must_use]
pub fn is_from(request: &HttpRequest, proxies: &TrustedProxies, networks: &Networks) -> bool {
    let is_handed_on = [header::X_FORWARDED_FOR, header::FORWARDED]
        .iter()
        .any(|name| request.headers().contains_key(name));
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    client(request, proxies)
        .is_some_and(|client| networks.hold(client) && !(is_handed_on && peer == Some(client)))
}

fn is_mutating(request: &HttpRequest) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD)
}

fn text_header(request: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = text_header(request, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// The key of a POST that may be repeated, with the fingerprint of what it asks for.
fn idempotency(request: &HttpRequest, body: &[u8]) -> Result<Option<Idempotency>, Problem> {
    let Some(value) =
        request.headers().get("idempotency-key").filter(|_| request.method() == Method::POST)
    else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|k| (1..=255).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic()));
    let key = key.ok_or_else(|| {
        let fault = Fault::new(
            "invalid_key",
            "Idempotency-Key: 1 to 255 visible ASCII characters are expected",
        );
        Problem::from(Faults::at("", fault))
    })?;
    let asked =
        [request.method().as_str(), request.uri().path(), request.query_string(), ""].join("\n");
    let fingerprint = secret::sha256([asked.as_bytes(), body].concat());
    Ok(Some(Idempotency { key: key.to_owned(), fingerprint }))
}
