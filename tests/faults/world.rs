//! A database server, services on it, and who works there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use hanoi_ceremony::db::embedded::{Options, Server};
use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};
use tokio::time::{interval, timeout};

use crate::replica::{Plan, Replica, program};

/// How long recovery by itself may take, on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// States that have not signed in any of the scenarios.
pub const PARTICIPANTS: [&str; 8] = ["AND", "BEL", "CAN", "DNK", "EST", "FIN", "GEO", "HRV"];

/// What a scenario happens to.
pub struct World {
    /// The database server, started again by its own watchdog whenever it dies.
    pub server: Server,
    /// The services, all on this database.
    pub services: Vec<Replica>,
    /// Who registers members.
    pub registrar: String,
    /// Who keeps the record.
    pub recorder: String,
    /// To ask without a second thought.
    pub http: Client,
    home: tempfile::TempDir,
}

impl World {
    /// A fresh database and one service on it.
    pub async fn begin() -> Self {
        let (server, home) = start_server().await;
        Self::on(server, home, None).await
    }

    /// The same on a server that runs, reached at its socket or, where one is given, at another address.
    pub async fn on(server: Server, home: tempfile::TempDir, database: Option<String>) -> Self {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let database = database.unwrap_or_else(|| server.url("postgres", "postgres"));
        let plan = Plan { database, data_dir: home.path().join("service-0"), more: Vec::new() };
        let mut first = Replica::keep(&plan);
        let password = timeout(PATIENCE, first.password.wait_for(Option::is_some)).await;
        let password = password.expect("it starts").unwrap().clone().unwrap();
        let desk = Desk { http: &http, base: format!("http://{}/api/v1", first.address) };
        let own = "a sentence of the administrator";
        let administrator = desk.enter("administrator@ceremony.example", &password, own).await;
        let registrar = desk.employ(&administrator, "accreditation").await;
        let recorder = desk.employ(&administrator, "treaty").await;
        for code in PARTICIPANTS {
            desk.post("/delegations", &registrar, &json!({ "participant": code })).await;
        }
        Self { server, services: vec![first], registrar, recorder, http, home }
    }

    /// One more service beside the others, with the same keys and papers.
    pub async fn add_service(&mut self) {
        let first = self.home.path().join("service-0");
        let data_dir = self.home.path().join(format!("service-{}", self.services.len()));
        fs::create_dir(&data_dir).unwrap();
        for shared in ["keys", "documents"] {
            symlink(first.join(shared), data_dir.join(shared)).unwrap();
        }
        let database = self.server.url("postgres", "postgres");
        self.services.push(Replica::keep(&Plan { database, data_dir, more: Vec::new() }));
        self.all_ready().await;
    }

    /// Starts the first service anew with other settings.
    pub async fn restart_with(&mut self, more: Vec<(&'static str, String)>) {
        self.services.clear();
        let database = self.server.url("postgres", "postgres");
        let plan = Plan { database, data_dir: self.home.path().join("service-0"), more };
        self.services.push(Replica::keep(&plan));
        self.all_ready().await;
    }

    /// Waits until every service says that it can do its work.
    pub async fn all_ready(&self) {
        let mut looks = interval(Duration::from_millis(50));
        let ready = async {
            for service in &self.services {
                while !self.is_ready(service).await {
                    looks.tick().await;
                }
            }
        };
        timeout(PATIENCE, ready).await.expect("all of it recovers without a hand");
    }

    /// Whether a service says that it can do its work.
    pub async fn is_ready(&self, service: &Replica) -> bool {
        let asked = self.http.get(format!("http://{}/health/ready", service.address)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// A connection as the database's superuser, when it lets one in again.
    pub async fn owner(&self) -> PgConnection {
        let options = self.server.connect_options("postgres", "postgres");
        let mut looks = interval(Duration::from_millis(50));
        let connected = async {
            loop {
                if let Ok(connection) = options.connect().await {
                    return connection;
                }
                looks.tick().await;
            }
        };
        timeout(PATIENCE, connected).await.expect("the server comes back without a hand")
    }

    /// Runs statements as the superuser.
    pub async fn run(&self, statements: &[&str]) {
        let mut owner = self.owner().await;
        for statement in statements {
            owner.execute(AssertSqlSafe((*statement).to_owned())).await.unwrap();
        }
    }

    /// Kills the database server: its first process alone, which the others notice; or all of them at once, as a power cut
    /// would.
    pub fn kill_database(&self, all_at_once: bool) {
        let file = self.server.data_dir().join("pg/postmaster.pid");
        let Some(first) =
            fs::read_to_string(file).ok().and_then(|text| pid(text.lines().next()?))
        else {
            return;
        };
        let others = if all_at_once { children(first) } else { Vec::new() };
        for process in [first].into_iter().chain(others) {
            // It may be gone already.
            let _ = kill_process(process, Signal::KILL);
        }
    }

    /// Stops the process that writes what commits have not waited for, so that nothing of it reaches the disk.
    pub fn stop_writing(&self) {
        let file = self.server.data_dir().join("pg/postmaster.pid");
        let first = fs::read_to_string(file).ok().and_then(|text| pid(text.lines().next()?));
        let is_writer = |process: &Pid| {
            let name = format!("/proc/{}/cmdline", process.as_raw_nonzero());
            fs::read_to_string(name).is_ok_and(|name| name.contains("walwriter"))
        };
        for writer in first.map(children).unwrap_or_default().into_iter().filter(is_writer) {
            kill_process(writer, Signal::STOP).unwrap();
        }
    }

    /// What `ceremony ledger verify` says, and whether it finds everything as it was signed.
    pub fn verify(&self) -> (bool, String) {
        let mut verify = self.command();
        verify.args(["ledger", "verify", "--data-dir"]).arg(self.file("service-0"));
        verify.env("DATABASE_URL", self.server.url("postgres", "postgres"));
        let output = verify.output().unwrap();
        let told = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
        (output.status.success(), told.concat())
    }

    /// The program, which finds the server's own programs, and no database of somebody else's.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = [self.server.bin_dir().to_owned()];
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
        command.env("PATH", path.unwrap()).current_dir(&self.home);
        command.env_remove("DATABASE_URL").env_remove("CEREMONY__DATABASE__URL");
        command
    }

    /// Where something of a scenario lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Lines of the services' logs that no fault excuses.
    pub fn panics(&self) -> Vec<String> {
        let logs = self.services.iter().filter_map(|service| fs::read_to_string(&service.log).ok());
        let lines = logs.flat_map(|log| log.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter(|line| line.contains("panicked")).collect()
    }
}

/// A server with durable settings, and the place of all that a scenario leaves behind.
pub async fn start_server() -> (Server, tempfile::TempDir) {
    hanoi_ceremony::secret::provide_tls();
    let home = tempfile::tempdir().unwrap();
    // The server's user has to reach the data, also when the tests run as root.
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let data_dir = Some(home.path().join("database"));
    let server = Server::start(&Options { data_dir, throwaway: false }).await.unwrap();
    (server, home)
}

fn pid(text: &str) -> Option<Pid> {
    Pid::from_raw(text.trim().parse().ok()?)
}

/// The processes whose parent this is, where the system tells.
fn children(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_child = |process: &fs::DirEntry| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // The name stands in brackets and may hold anything; then come state and parent.
        let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned());
        after_name.is_some_and(|rest| rest.split(' ').nth(1) == Some(parent.as_str()))
    };
    let found = processes.filter(is_child);
    found.filter_map(|process| pid(process.file_name().to_str()?)).collect()
}

/// How people get in, before anything goes wrong.
struct Desk<'w> {
    http: &'w Client,
    base: String,
}

impl Desk<'_> {
    async fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(token).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Logs in with a first password, replaces it, and answers a token.
    async fn enter(&self, email: &str, first: &str, own: &str) -> String {
        let login = json!({ "email": email, "password": first });
        let token =
            self.post("/auth/login", "", &login).await["token"].as_str().unwrap().to_owned();
        self.post("/auth/password", &token, &json!({ "current": first, "new": own })).await;
        token
    }

    async fn employ(&self, administrator: &str, role: &str) -> String {
        let email = format!("{role}@faults.example");
        let wanted = json!({ "email": email, "name": "Exemplar Officer", "role": role });
        let made = self.post("/accounts", administrator, &wanted).await;
        let first = made["initial_password"].as_str().unwrap();
        self.enter(&email, first, &format!("a sentence of the officer for {role}")).await
    }
}
