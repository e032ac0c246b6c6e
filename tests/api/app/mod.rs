//! A service for one test, and people who call it.

mod caller;
mod database;

use std::net::TcpListener;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use hanoi_ceremony::access::Role;
use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::Clock;
use hanoi_ceremony::http::App;
use hanoi_ceremony::reports::REPORTS;
use hanoi_ceremony::reports::statistics::STATISTICS;
use hanoi_ceremony::secret;
use hanoi_ceremony::{routes, server};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

pub use caller::{Caller, Reply, send, statuses};
pub use database::path;
use database::token;

/// The moment at which every test happens: the second evening in Ha Noi, when both days can be recorded.
pub const NOW: &str = "2025-10-26T10:00:00Z";

/// Cheap hashing, a service of one thread, and patience: on a slow machine a call that gives up tells nothing of who was first.
/// All else is as a user has it.
pub const SETTINGS: &str = r"
[server]
workers = 1
[database]
write_connections = 20
read_connections = 10
desk_connections = 20
acquire_timeout_ms = 8000
lock_timeout_ms = 6000
[access.argon2]
memory_kib = 8
passes = 1
[ledger]
durable_only = false
";

/// A service with a database of its own, which goes with it.
pub struct TestApp {
    base: String,
    http: Client,
    /// What the service shares, for tests that look below HTTP.
    pub app: App,
    /// The database as its superuser, who can do anything: for attacks, and for negative controls.
    pub owner: PgConnectOptions,
    settings: String,
    database: String,
    admin: PgConnectOptions,
    stop: actix_web::dev::ServerHandle,
    data_dir: Arc<tempfile::TempDir>,
    /// Whether the database goes with this service.
    is_host: bool,
}

impl TestApp {
    /// A service on a fresh database, with the register loaded and an account for each role.
    pub async fn start() -> Self {
        Self::start_at(NOW).await
    }

    /// The same at another moment.
    pub async fn start_at(now: &str) -> Self {
        Self::start_with(now, SETTINGS).await
    }

    /// The same with other settings.
    pub async fn start_with(now: &str, settings: &str) -> Self {
        let now: DateTime<Utc> = now.parse().unwrap();
        let admin = database::cluster().await;
        let template = database::template(&admin).await;
        let database = format!("test_{}", secret::hex(&secret::random::<8>()));
        let mut connection = admin.connect().await.unwrap();
        database::create(&mut connection, &database, Some(template)).await;
        connection.close().await.unwrap();

        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let owner = admin.clone().database(&database);
        secret::provide_tls();
        let (app, base, stop) = run(settings, &owner, data_dir.path(), now).await;
        let settings = settings.to_owned();
        let (http, is_host) = (client(), true);
        Self { base, http, app, owner, settings, database, admin, stop, data_dir, is_host }
    }

    /// Another service beside this one, on the same database and the same files.
    pub async fn replica(&self) -> Self {
        let now = self.app.db.clock.now();
        let (settings, owner) = (self.settings.clone(), self.owner.clone());
        let (app, base, stop) = run(&settings, &owner, self.data_dir.path(), now).await;
        let (database, admin) = (self.database.clone(), self.admin.clone());
        let (http, data_dir, is_host) = (client(), Arc::clone(&self.data_dir), false);
        Self { base, http, app, owner, settings, database, admin, stop, data_dir, is_host }
    }

    /// Stops the service, and starts it again at another moment on the same database and files.
    pub async fn go_to(&mut self, now: &str) {
        self.stop.stop(false).await;
        self.app.db.close().await;
        let now = now.parse().unwrap();
        (self.app, self.base, self.stop) =
            run(&self.settings, &self.owner, self.data_dir.path(), now).await;
    }

    /// A second service on a copy of all that there is. Whatever the two answer differently comes of what is changed in
    /// one of them afterwards.
    pub async fn twin(&mut self) -> Self {
        self.stop.stop(false).await;
        self.app.db.close().await;
        let database = format!("test_{}", secret::hex(&secret::random::<8>()));
        let mut connection = self.admin.connect().await.unwrap();
        database::create(&mut connection, &database, Some(&self.database)).await;
        connection.close().await.unwrap();
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        copy(self.data_dir.path(), data_dir.path());
        let now = self.app.db.clock.now();
        let owner = self.admin.clone().database(&database);
        (self.app, self.base, self.stop) =
            run(&self.settings, &self.owner, self.data_dir.path(), now).await;
        let (app, base, stop) = run(&self.settings, &owner, data_dir.path(), now).await;
        let (settings, admin) = (self.settings.clone(), self.admin.clone());
        let (http, is_host) = (client(), true);
        Self { base, http, app, owner, settings, database, admin, stop, data_dir, is_host }
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

    /// Who plans the programme.
    pub fn programme_officer(&self) -> Caller<'_> {
        self.role(Role::Programme)
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

/// A service at a moment: what it shares, where it listens, and how it is stopped.
async fn run(
    settings: &str,
    owner: &PgConnectOptions,
    data_dir: &std::path::Path,
    now: DateTime<Utc>,
) -> (App, String, actix_web::dev::ServerHandle) {
    let config = Config::from_toml(settings).unwrap();
    let app = server::assemble(config, owner, data_dir, Clock::Fixed(now)).await.unwrap();
    server::open_record(&app).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let running = server::serve(app.clone(), listener).unwrap();
    let stop = running.handle();
    tokio::spawn(running);
    (app, base, stop)
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let (stop, admin, database) =
            (self.stop.clone(), self.admin.clone(), self.database.clone());
        if !self.is_host {
            drop(stop.stop(false));
            return;
        }
        // Dropping cannot wait: a thread with a runtime of its own does.
        let gone = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
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

/// Copies a folder with all that is in it.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

pub fn client() -> Client {
    // The service lets go of a connection after five seconds: none is used again that it may just be closing.
    Client::builder().no_proxy().pool_idle_timeout(Duration::from_secs(2)).build().unwrap()
}

/// Every route of the service, for the tests that walk them: each report by its name, since each has its own readers.
pub fn routes() -> impl Iterator<Item = (Method, &'static str)> {
    static EACH: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
        let each = routes::ROUTES.iter().flat_map(|(method, path)| {
            let names: Vec<_> = if path.contains("{report}") {
                REPORTS.iter().map(|report| report.name).collect()
            } else if path.contains("{statistic}") {
                STATISTICS.iter().map(|statistic| statistic.name).collect()
            } else {
                vec![""]
            };
            names.into_iter().map(|name| {
                let path = path.replace("{report}", name).replace("{statistic}", name);
                (*method, path.replace("{format}", "csv"))
            })
        });
        each.collect()
    });
    EACH.iter().map(|(method, path)| (method.to_uppercase().parse().unwrap(), path.as_str()))
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
