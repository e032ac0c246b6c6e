//! A ministry's identity provider, as small as one can be, and the browsers of its people: for what depends on our own state and
//! clock. Against a provider of somebody else's making: `.ci/identity-provider`.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::http::header;
use actix_web::web::{self, Data, Form};
use actix_web::{HttpRequest, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hanoi_ceremony::secret;
use reqwest::{Method, Url};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::app::{NOW, Reply, SETTINGS, TestApp, send};

/// What it knows of us, with what a header cannot hold as it is.
const SECRET: &str = "a secret: of the client";

/// What its people begin with, by code: the challenge, and what it will say of them.
type Codes = HashMap<String, (String, Value)>;

struct State {
    issuer: String,
    codes: Codes,
    key: u8,
    is_down: bool,
    asked: usize,
}

/// One of them, until it is dropped.
pub struct Ministry {
    state: Data<Mutex<State>>,
    stop: actix_web::dev::ServerHandle,
}

impl Ministry {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (codes, key) = (Codes::new(), 1);
        let state = Data::from(Arc::new(Mutex::new(State {
            issuer,
            codes,
            key,
            is_down: false,
            asked: 0,
        })));
        let shared = state.clone();
        let served = HttpServer::new(move || {
            actix_web::App::new()
                .app_data(shared.clone())
                .route("/.well-known/openid-configuration", web::get().to(itself))
                .route("/keys", web::get().to(keys))
                .route("/token", web::post().to(token))
        });
        let running = served.workers(1).disable_signals().listen(listener).unwrap().run();
        let stop = running.handle();
        tokio::spawn(running);
        Self { state, stop }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The settings of a service that knows it.
    pub fn settings(&self) -> String {
        let named = "[server]\nbase_url = \"https://ceremony.example\"";
        let settings = SETTINGS.replacen("[server]", named, 1);
        format!(
            "{settings}[access.oidc.ministry]\nissuer = '{}'\nclient_id = 'ceremony'\nclient_secret = '{SECRET}'\n\
             scopes = []\nemail_domains = ['ministry.example']\nclaim = 'groups'\ngrants = [\n\
             {{ value = 'accreditors', role = 'accreditation' }},\n\
             {{ value = 'delegates', role = 'focal_point', participant = 'FRA' }}]\n",
            self.state().issuer
        )
    }

    pub async fn service(&self) -> TestApp {
        TestApp::start_with(NOW, &self.settings()).await
    }

    /// Signs with another key from now on.
    pub fn change_key(&self) {
        self.state().key += 1;
    }

    pub fn go_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// How often it was asked what it is.
    pub fn asked(&self) -> usize {
        self.state().asked
    }

    /// Somebody shows it who they are, and is given a code to go back with.
    pub fn vouch(&self, asked: &Url, person: &Value) -> String {
        let query: HashMap<_, _> = asked.query_pairs().collect();
        assert_eq!((&*query["response_type"], &*query["code_challenge_method"]), ("code", "S256"));
        assert_eq!(
            query["redirect_uri"],
            "https://ceremony.example/api/v1/auth/oidc/ministry/callback"
        );
        let mut state = self.state();
        let now = at(NOW);
        let mut claims = json!({
            "iss": state.issuer, "aud": "ceremony", "nonce": query["nonce"], "iat": now, "exp": now + 3600, "auth_time": now,
        });
        claims.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
        let code = secret::random_text();
        state.codes.insert(code.clone(), (query["code_challenge"].to_string(), claims));
        code
    }
}

impl Drop for Ministry {
    fn drop(&mut self) {
        drop(self.stop.stop(false));
    }
}

pub fn at(moment: &str) -> i64 {
    moment.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
}

async fn itself(state: Data<Mutex<State>>) -> HttpResponse {
    let mut state = state.lock().unwrap();
    state.asked += 1;
    if state.is_down {
        return HttpResponse::BadGateway().finish();
    }
    let at = |path: &str| format!("{}/{path}", state.issuer);
    HttpResponse::Ok().json(json!({
        "issuer": state.issuer, "authorization_endpoint": at("people?locale=fr"), "token_endpoint": at("token"),
        "jwks_uri": at("keys"), "authorization_response_iss_parameter_supported": true,
    }))
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

async fn keys(state: Data<Mutex<State>>) -> HttpResponse {
    let key = state.lock().unwrap().key;
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair(key).public_key());
    let curve = json!({ "kty": "OKP", "crv": "Ed25519", "kid": key.to_string(), "x": x });
    let unknown = json!({ "kty": "what comes after", "crv": 1, "kid": "9" });
    HttpResponse::Ok().json(json!({ "keys": [unknown, curve] }))
}

async fn token(
    request: HttpRequest,
    form: Form<HashMap<String, String>>,
    state: Data<Mutex<State>>,
) -> HttpResponse {
    let mut state = state.lock().unwrap();
    let known = BASE64_STANDARD.encode("ceremony:a+secret%3A+of+the+client");
    let shown = request.headers().get(header::AUTHORIZATION).unwrap();
    assert_eq!(shown, format!("Basic {known}").as_str());
    assert_eq!(form["grant_type"], "authorization_code");
    let Some((challenge, claims)) = state.codes.remove(&form["code"]) else {
        return HttpResponse::BadRequest().json(json!({ "error": "invalid_grant" }));
    };
    let shown = BASE64_URL_SAFE_NO_PAD.encode(secret::sha256(&form["code_verifier"]));
    assert_eq!(shown, challenge, "who comes with the code has what it began with");
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({ "alg": "EdDSA", "kid": state.key.to_string() });
    let message = format!("{}.{}", part(&head), part(&claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair(state.key).sign(message.as_bytes()));
    let id_token = format!("{message}.{signature}");
    HttpResponse::Ok()
        .json(json!({ "access_token": "of no use", "token_type": "Bearer", "id_token": id_token }))
}

/// As much of a browser as it takes: it has been sent to the provider, and keeps one cookie.
pub struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
    pub asked: Url,
}

impl<'a> Browser<'a> {
    /// One that begins, of somebody with a token or of nobody known.
    pub async fn begin(app: &'a TestApp, token: Option<&str>, query: &str) -> Self {
        let caller = token.map_or_else(|| app.anybody(), |token| app.bearer(token));
        let start = caller.request(Method::GET, &format!("/auth/oidc/ministry/start{query}"));
        let begun = send(start.header("accept", "application/json")).await;
        let asked = Url::parse(begun.expect(200)["url"].as_str().unwrap()).unwrap();
        let cookie = begun.header("set-cookie");
        for what in ["__Host-ceremony_oidc=", "Path=/;", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(what), "{cookie}");
        }
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { app, cookie, asked }
    }

    /// The same browser, at a service that has gone on.
    pub fn of(app: &'a TestApp, (cookie, asked): (String, Url)) -> Self {
        Self { app, cookie, asked }
    }

    pub fn kept(&self) -> (String, Url) {
        (self.cookie.clone(), self.asked.clone())
    }

    /// What comes back of its own.
    pub fn state(&self) -> String {
        let mut query = self.asked.query_pairs();
        query.find(|(name, _)| name == "state").unwrap().1.into_owned()
    }

    /// Comes back with a code, and with a state.
    pub async fn finish_with(&self, ministry: &Ministry, code: &str, state: &str) -> Reply {
        let at = "/auth/oidc/ministry/callback";
        let back = self.app.anybody().request(Method::GET, at);
        let issuer = ministry.state().issuer.clone();
        let back = back.query(&[("code", code), ("state", state), ("iss", &issuer)]);
        send(back.header("cookie", format!("other=1; {}", self.cookie))).await
    }

    /// Shows the provider who they are, and comes back.
    pub async fn prove(&self, ministry: &Ministry, person: &Value) -> Reply {
        let code = ministry.vouch(&self.asked, person);
        self.finish_with(ministry, &code, &self.state()).await
    }
}

/// Logs somebody in.
pub async fn log_in(app: &TestApp, ministry: &Ministry, person: &Value) -> Reply {
    Browser::begin(app, None, "").await.prove(ministry, person).await
}
