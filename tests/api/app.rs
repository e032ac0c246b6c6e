//! A service for one test, and people who call it.

use std::net::TcpListener;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use hanoi_ceremony::access::Role;
use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::embedded::{Options, Server};
use hanoi_ceremony::db::{self, Clock};
use hanoi_ceremony::http::App;
use hanoi_ceremony::secret;
use hanoi_ceremony::{routes, server};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tokio::sync::OnceCell;

/// The moment at which every test happens: the second evening in Ha Noi, when both days can be recorded.
pub const NOW: &str = "2025-10-26T10:00:00Z";

/// Cheap hashing and a service of one thread; all else as a user has it.
const SETTINGS: &str = r#"
[server]
workers = 1
[database]
write_connections = 20
read_connections = 10
[access.argon2]
memory_kib = 8
passes = 1
"#;

/// A service with a database of its own, which goes with it.
pub struct TestApp {
    base: String,
    http: Client,
    /// What the service shares, for tests that look below HTTP.
    pub app: App,
    /// The database as its superuser, who can do anything: for attacks, and for negative controls.
    pub owner: PgConnectOptions,
    database: String,
    admin: PgConnectOptions,
    stop: actix_web::dev::ServerHandle,
    data_dir: tempfile::TempDir,
}

/// Somebody who calls the service, or nobody known.
#[derive(Clone)]
pub struct Caller<'a> {
    app: &'a TestApp,
    token: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body as it came.
    pub text: String,
}

impl TestApp {
    /// A service on a fresh database, with the register loaded and an account for each role.
    pub async fn start() -> Self {
        Self::start_at(NOW).await
    }

    /// The same at another moment.
    pub async fn start_at(now: &str) -> Self {
        let now: DateTime<Utc> = now.parse().unwrap();
        let admin = cluster().await;
        let template = template(&admin).await;
        let database = format!("test_{}", secret::hex(&secret::random::<8>()));
        let mut connection = admin.connect().await.unwrap();
        create(&mut connection, &database, Some(template)).await;
        connection.close().await.unwrap();

        let data_dir = tempfile::tempdir().unwrap();
        let owner = admin.clone().database(&database);
        let config = Config::from_toml(SETTINGS).unwrap();
        let app = server::assemble(config, &owner, data_dir.path(), Clock::Fixed(now)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let running = server::serve(app.clone(), listener).unwrap();
        let stop = running.handle();
        tokio::spawn(running);
        Self { base, http: client(), app, owner, database, admin, stop, data_dir }
    }

    /// Where the service keeps its files.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data_dir.path()
    }

    /// Nobody known.
    pub fn anybody(&self) -> Caller<'_> {
        Caller { app: self, token: None }
    }

    /// Somebody with this token.
    pub fn bearer(&self, token: &str) -> Caller<'_> {
        Caller { app: self, token: Some(token.to_owned()) }
    }

    /// The officer of a role.
    pub fn role(&self, role: Role) -> Caller<'_> {
        match role {
            Role::FocalPoint => self.focal_point("FRA"),
            role => self.bearer(&token(role.as_str())),
        }
    }

    /// The accreditation officer, whom most people mean by "the officer".
    pub fn officer(&self) -> Caller<'_> {
        self.role(Role::Accreditation)
    }

    /// The administrator.
    pub fn administrator(&self) -> Caller<'_> {
        self.role(Role::Administrator)
    }

    /// The treaty officer.
    pub fn treaty(&self) -> Caller<'_> {
        self.role(Role::Treaty)
    }

    /// A second treaty officer.
    pub fn second_treaty(&self) -> Caller<'_> {
        self.bearer(&token("treaty_2"))
    }

    /// The host's security.
    pub fn security(&self) -> Caller<'_> {
        self.role(Role::Security)
    }

    /// Who speaks for a participant of the register.
    pub fn focal_point(&self, participant: &str) -> Caller<'_> {
        self.bearer(&token(participant))
    }

    /// A connection in the role of the service itself.
    pub async fn as_service(&self) -> PgConnection {
        let mut connection = self.owner.connect().await.unwrap();
        connection.execute("set role ceremony_app").await.unwrap();
        connection
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let (stop, admin, database) = (self.stop.clone(), self.admin.clone(), self.database.clone());
        // Dropping cannot wait: a thread with a runtime of its own does.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                drop(stop.stop(false));
                let mut connection = admin.connect().await.unwrap();
                let drop_it = format!("drop database if exists {database} with (force)");
                connection.execute(AssertSqlSafe(drop_it)).await.unwrap();
            });
        });
        assert!(gone.join().is_ok() || std::thread::panicking());
    }
}

impl Caller<'_> {
    /// A request to be finished by hand. `path` begins below `/api/v1`, or anywhere after a leading `//`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.app.base),
            None => format!("{}/api/v1{path}", self.app.base),
        };
        let request = self.app.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    /// POST of a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).json(&body)).await
    }

    /// POST of a JSON body under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    }

    /// POST of an action on the item in whatever version it is.
    pub async fn act(&self, path: &str, body: Value) -> Reply {
        send(self.request(Method::POST, path).header("if-match", "*").json(&body)).await
    }

    /// PATCH of the item in whatever version it is.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        let request = self.request(Method::PATCH, path).header("if-match", "*");
        send(request.header("content-type", "application/merge-patch+json").body(body.to_string())).await
    }

    /// DELETE of the item in whatever version it is.
    pub async fn delete(&self, path: &str) -> Reply {
        send(self.request(Method::DELETE, path).header("if-match", "*")).await
    }

    /// POST of raw bytes, as an upload is.
    pub async fn upload(&self, path: &str, media_type: &str, bytes: &[u8]) -> Reply {
        send(self.request(Method::POST, path).header("content-type", media_type).body(bytes.to_vec())).await
    }
}

/// Sends a request and reads its answer.
pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("the service answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = String::from_utf8_lossy(&response.bytes().await.expect("the answer has an end")).into_owned();
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "no answer is a 500: {text}");
    Reply { status, headers, text }
}

impl Reply {
    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The same, where the status is the expected one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The code of a problem, where the status is the expected one; checks the form of problems on the way.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        body["code"].as_str().unwrap().to_owned()
    }

    /// The pointers of all faults of a problem, sorted.
    pub fn pointers(&self) -> Vec<String> {
        let body = self.json();
        let mut all: Vec<_> = body["errors"].as_array().into_iter().flatten().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    }

    /// A header, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// The `id` of what came back.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("an id in {}", self.text)).to_owned()
    }
}

/// The statuses of several answers, in order.
pub fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut all: Vec<_> = replies.iter().map(|r| r.status).collect();
    all.sort_unstable();
    all
}

/// The token of a test's person. Stored hashed in the template, like any other.
fn token(whose: &str) -> String {
    format!("hcs_test_{whose}")
}

fn client() -> Client {
    static PROVIDER: OnceLock<()> = OnceLock::new();
    PROVIDER.get_or_init(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    Client::builder().no_proxy().build().unwrap()
}

/// One cluster for all tests of all processes, with a superuser's way in.
async fn cluster() -> PgConnectOptions {
    static CLUSTER: OnceCell<Server> = OnceCell::const_new();
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return url.parse().unwrap();
    }
    let options = Options { data_dir: None, throwaway: true };
    let server = CLUSTER.get_or_init(|| async { Server::start(&options).await.unwrap() }).await;
    server.connect_options("postgres", "postgres")
}

/// A database with schema, register and accounts, made once for each state of the schema and the register.
async fn template(admin: &PgConnectOptions) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", fingerprint());
            let mut connection = admin.connect().await.unwrap();
            // Several test processes may start at once: the first makes it, the others wait.
            connection.execute("select pg_advisory_lock(2025102526)").await.unwrap();
            let exists = "select count(*) from pg_database where datname = $1";
            let exists: i64 = sqlx::query_scalar(exists).bind(&name).fetch_one(&mut connection).await.unwrap();
            if exists == 0 {
                let draft = format!("{name}_draft");
                let forget = format!("drop database if exists {draft} with (force)");
                connection.execute(AssertSqlSafe(forget)).await.unwrap();
                create(&mut connection, &draft, None).await;
                fill(&admin.clone().database(&draft)).await;
                let rename = format!("alter database {draft} rename to {name}");
                connection.execute(AssertSqlSafe(rename)).await.unwrap();
            }
            connection.execute("select pg_advisory_unlock(2025102526)").await.unwrap();
            connection.close().await.unwrap();
            name
        })
        .await
}

async fn create(connection: &mut PgConnection, name: &str, template: Option<&str>) {
    let create = format!("create database {name} template {}", template.unwrap_or("template0"));
    connection.execute(AssertSqlSafe(create)).await.unwrap();
}

/// What a template depends on: the migrations, and the register and accounts that are filled in here.
fn fingerprint() -> String {
    let mut all = String::new();
    for folder in ["migrations", "config/ceremony", "tests/api/app.rs", "src/db/roles.sql"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut files: Vec<_> = if path.is_dir() {
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect()
        } else {
            vec![path]
        };
        files.sort();
        for file in files {
            all += &std::fs::read_to_string(file).unwrap();
        }
    }
    secret::hex(&secret::sha256(all))[..16].to_owned()
}

async fn fill(owner: &PgConnectOptions) {
    db::migrate(owner).await.unwrap();
    let data_dir = tempfile::tempdir().unwrap();
    let config = Config::from_toml(SETTINGS).unwrap();
    let app = server::assemble(config, owner, data_dir.path(), Clock::System).await.unwrap();
    app.db.close().await;
    let mut connection = owner.connect().await.unwrap();
    let staff = Role::ALL.iter().filter(|r| **r != Role::FocalPoint).map(|r| (r.as_str(), r.as_str()));
    for (whose, role) in staff.chain([("treaty_2", "treaty")]) {
        person(&mut connection, whose, role).await;
    }
    let codes = sqlx::query_scalar::<_, String>("select participant from participant");
    for code in codes.fetch_all(&mut connection).await.unwrap() {
        person(&mut connection, &code, "focal_point").await;
        sqlx::query(
            "insert into focal_point (focal_point_id, account_id, participant, appointed_at)
             select gen_random_uuid(), account_id, $1, now() from account where name = 'Test ' || $1",
        )
        .bind(&code)
        .execute(&mut connection)
        .await
        .unwrap();
    }
    connection.close().await.unwrap();
}

/// Somebody with an account and a token that does not end.
async fn person(connection: &mut PgConnection, whose: &str, role: &str) {
    sqlx::query(
        "with person as (
             insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
             values (gen_random_uuid(), lower($1) || '@test.example', 'Test ' || $1, $2, 'none', false, now(), now())
             returning account_id)
         insert into token (token_id, account_id, hash, created_at, last_used_at, expires_at)
         select gen_random_uuid(), account_id, $3, now(), now(), '2999-01-01' from person",
    )
    .bind(whose)
    .bind(role)
    .bind(secret::sha256(token(whose)).as_slice())
    .execute(connection)
    .await
    .unwrap();
}

/// Every route of the service, for the tests that walk them.
pub fn routes() -> impl Iterator<Item = (Method, &'static str)> {
    routes::ROUTES.iter().map(|(method, path)| (method.to_uppercase().parse().unwrap(), *path))
}

/// The body of a person who can be registered as they are.
pub fn member(name: &str) -> Value {
    json!({
        "family_name": name.to_uppercase(), "given_names": "Exemplar", "badge_name": format!("Exemplar {name}"),
        "form_of_address": "Ms.", "function": "representative", "rank": "director", "functional_title": "Director of Samples",
        "affiliation": "Ministry of Examples", "date_of_birth": "1980-02-29", "nationality": "FRA",
        "passport": { "number": "X0000000", "expires_on": "2030-01-01" },
        "email": format!("{}@delegate.example", name.to_lowercase()), "language": "en"
    })
}
