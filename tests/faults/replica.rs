//! The program as a process that is started again whenever it has ended, as whoever runs it would have it.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{interval, timeout};

/// What the service is given to stand a test: cheap passwords, no budgets, logins that stay fresh; all that is about
/// storing is as a user has it.
const SETTINGS: [(&str, &str); 17] = [
    ("CEREMONY__SERVER__WORKERS", "2"),
    ("CEREMONY__ACCESS__ARGON2__MEMORY_KIB", "8"),
    ("CEREMONY__ACCESS__ARGON2__PASSES", "1"),
    ("CEREMONY__SERVER__ANSWER_TIMEOUT_SECONDS", "8"),
    ("CEREMONY__ACCESS__STEP_UP_MINUTES", "720"),
    ("CEREMONY__ACCESS__LOGIN_IDLE_MINUTES", "1000"),
    ("CEREMONY__ACCESS__LOGIN_HOURS", "100"),
    ("CEREMONY__BUDGETS__READS__BURST", "1000000000"),
    ("CEREMONY__BUDGETS__READS__PER_SECOND", "1000000"),
    ("CEREMONY__BUDGETS__WRITES__BURST", "1000000000"),
    ("CEREMONY__BUDGETS__WRITES__PER_SECOND", "1000000"),
    ("CEREMONY__BUDGETS__DESK__BURST", "1000000000"),
    ("CEREMONY__BUDGETS__DESK__PER_SECOND", "1000000"),
    ("CEREMONY__BUDGETS__STRANGERS__BURST", "1000000000"),
    ("CEREMONY__BUDGETS__STRANGERS__PER_SECOND", "1000000"),
    // An account has its windows of failures; here nobody fails.
    ("CEREMONY__TRIES__NETWORK__FREE_FAILURES", "1000000"),
    ("CEREMONY__LOG__FILTER", "warn"),
];

/// How a service is started.
#[derive(Clone)]
pub struct Plan {
    /// Its database.
    pub database: String,
    /// Its keys and papers.
    pub data_dir: PathBuf,
    /// More settings.
    pub more: Vec<(&'static str, String)>,
}

/// A service that is kept running.
pub struct Replica {
    /// Where it listens, in each of its lives.
    pub address: SocketAddr,
    /// How often it was started.
    pub starts: Arc<AtomicU32>,
    /// The line with the first password, once it was printed.
    pub password: watch::Receiver<Option<String>>,
    /// Where its complaints are.
    pub log: PathBuf,
    alive: Arc<Mutex<Option<Pid>>>,
    ended: watch::Receiver<Option<ExitStatus>>,
    wanted: watch::Sender<bool>,
}

impl Replica {
    /// Starts it, and again whenever it ends, until it is let go.
    pub fn keep(plan: &Plan) -> Self {
        let address = free_address();
        let log = plan.data_dir.with_extension("log");
        let (wanted, is_wanted) = watch::channel(true);
        let (tell_password, password) = watch::channel(None);
        let (tell_end, ended) = watch::channel(None);
        let (alive, starts) = (Arc::default(), Arc::default());
        let keeper = Keeper {
            plan: plan.clone(),
            address,
            log: log.clone(),
            alive: Arc::clone(&alive),
            starts: Arc::clone(&starts),
            password: tell_password,
            ended: tell_end,
            is_wanted,
        };
        tokio::spawn(keeper.keep());
        Self { address, starts, password, log, alive, ended, wanted }
    }

    /// Ends it as a power cut would, where it is alive.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Asks it to end, lets it not be started again, and waits until it has ended by itself.
    pub async fn stop(&mut self, patience: Duration) -> ExitStatus {
        self.wanted.send(false).unwrap();
        self.ended.mark_unchanged();
        self.signal(Signal::TERM);
        let ended = timeout(patience, self.ended.wait_for(Option::is_some)).await;
        ended.expect("it ends when it is asked to").unwrap().unwrap()
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.alive.lock().unwrap() {
            // It may just have ended by itself.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.wanted.send(false);
        self.kill();
    }
}

/// Who starts it again.
struct Keeper {
    plan: Plan,
    address: SocketAddr,
    log: PathBuf,
    alive: Arc<Mutex<Option<Pid>>>,
    starts: Arc<AtomicU32>,
    password: watch::Sender<Option<String>>,
    ended: watch::Sender<Option<ExitStatus>>,
    is_wanted: watch::Receiver<bool>,
}

impl Keeper {
    async fn keep(self) {
        // Not more often than so: without its database a service ends at once.
        let mut pace = interval(Duration::from_millis(100));
        while *self.is_wanted.borrow() {
            pace.tick().await;
            let mut child = self.command().spawn().unwrap();
            let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            *self.alive.lock().unwrap() = pid;
            self.starts.fetch_add(1, Ordering::Relaxed);
            if !*self.is_wanted.borrow() {
                child.start_kill().unwrap();
            }
            let status = self.until_it_ends(&mut child).await;
            *self.alive.lock().unwrap() = None;
            self.ended.send_replace(Some(status));
        }
    }

    async fn until_it_ends(&self, child: &mut Child) -> ExitStatus {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, password)) = line.split_once(" with the password ") {
                self.password.send_replace(Some(password.trim().to_owned()));
            }
        }
        child.wait().await.unwrap()
    }

    fn command(&self) -> Command {
        let Plan { database, data_dir, more } = &self.plan;
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(program());
        command.arg("serve").arg("--data-dir").arg(data_dir);
        command.args(["--listen", &self.address.to_string()]);
        command.current_dir(data_dir.parent().unwrap_or(Path::new("/")));
        command.env_remove("CEREMONY__DATABASE__URL").env("DATABASE_URL", database);
        command.envs(SETTINGS).envs(more.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command
    }
}

/// The program: the one that was built with this, or another.
pub fn program() -> PathBuf {
    std::env::var_os("CEREMONY")
        .map_or_else(|| env!("CARGO_BIN_EXE_ceremony").into(), PathBuf::from)
}

/// An address at which nobody listens, and that no client is given by chance: below those.
fn free_address() -> SocketAddr {
    let [high, low] = hanoi_ceremony::secret::random::<2>();
    let begin = 20_000 + u16::from(high) * 32 + u16::from(low) % 32;
    let free = (begin..32_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    (Ipv4Addr::LOCALHOST, free.unwrap()).into()
}
