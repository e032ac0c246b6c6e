//! A first measurement, so that every later change can be seen: what the service does in a second, beside what does
//! the same work with less around it, in the same minute on the same machine. Only the ratios can be compared with
//! those of another day or machine.
//!
//! Four processes: the service, its database, the bare handler, and this one, which is the load.

mod bare;
mod exports;
pub mod ledger;
mod list;
mod load;
mod logins;
mod many;
mod pgbench;
mod process;
mod report;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::process::Command;

use crate::access::Role;
use crate::ceremony::Ceremony;
use crate::db::Clock;
use crate::db::embedded::{self, Server, Unavailable};
use crate::rehearsal::{self, Administrator, Size, Telling};
use load::{Load, Overloaded, Rate};
use pgbench::Pgbench;
use process::Process;
use report::{Row, Starts};

pub use bare::serve as serve_bare;
pub use exports::{Exports, run as exports};
pub use logins::{LoginOptions, Logins, run as logins};
pub use report::Report;

/// Connections at the same time.
const CLIENTS: usize = 8;

/// How it is measured.
pub struct Options {
    /// This program, which is started again as the service and as the bare handler.
    pub program: PathBuf,
    /// A directory that is made for it, and removed. On the disk that the data of a service would be on.
    pub data_dir: PathBuf,
    /// How often each thing is measured.
    pub rounds: u32,
    /// For how long each time.
    pub lasting: Duration,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A process or a file.
    #[error("the measurement failed: {0}")]
    Io(#[from] std::io::Error),
    /// A process that did not say where it listens.
    #[error("a service that was started for the measurement ended without a word")]
    Silent,
    /// The database.
    #[error(transparent)]
    Database(#[from] Unavailable),
    /// A question to the database.
    #[error("the database could not be asked: {0}")]
    Question(#[from] sqlx::Error),
    /// `pgbench`
    #[error("pgbench failed: {0}")]
    Pgbench(String),
    /// The rehearsal that fills the database.
    #[error(transparent)]
    Rehearsal(#[from] rehearsal::Error),
    /// The log of a million entries.
    #[error("the ledger could not be measured: {0}")]
    Ledger(String),
    /// The load.
    #[error(transparent)]
    Load(#[from] Overloaded),
}

/// Fills a fresh service by a rehearsal, and measures it.
pub async fn run(ceremony: &Ceremony, options: &Options) -> Result<Report, Error> {
    remove(&options.data_dir)?;
    let (starts, service, administrator) = starts(options).await?;
    let server = embedded::Options { data_dir: Some(options.data_dir.clone()), throwaway: false };
    let server = Server::start(&server).await?;
    let began = Instant::now();
    let rehearsed = rehearsal::Options {
        url: format!("http://{}", service.address),
        administrator,
        state: options.data_dir.join("rehearsal.toml"),
        size: Size::Full,
        telling: Telling::Aloud,
    };
    rehearsal::run(ceremony, &rehearsed).await?;
    let rehearsal = began.elapsed();
    let memory_kib = service.memory_kib("VmRSS").zip(service.memory_kib("VmHWM"));
    let token = rehearsal::officer(&rehearsed, Role::Accreditation).await?;

    let pgbench = Pgbench::new(&server, options.data_dir.clone());
    let bench = Bench { ceremony, options, service: &service, pgbench: &pgbench, token };
    // First, while it is known how many there are, and everybody's own key opens; the lists are taken back.
    let lists = bench.lists().await?;
    let many = bench.many().await?;
    let rows = bench.rows().await?;
    let report = Report {
        day: Clock::System.now().date_naive(),
        postgresql: pgbench.version().await?,
        clients: CLIENTS,
        lasting: options.lasting,
        rehearsal,
        starts,
        memory_kib,
        rows,
        many,
        lists,
    };
    service.stop().await?;
    drop(server);
    gone(&options.data_dir).await;
    remove(&options.data_dir)?;
    Ok(report)
}

/// Starts it on nothing, again after it was stopped, again after all of it was killed; what runs then, is measured.
async fn starts(options: &Options) -> Result<(Starts, Process, Administrator), Error> {
    let Options { program, data_dir, .. } = options;
    let began = Instant::now();
    let (service, administrator) = Process::serve(program, data_dir).await?;
    answer(&service).await?;
    let first = began.elapsed();
    service.stop().await?;
    gone(data_dir).await;

    let began = Instant::now();
    let service = Process::serve_again(program, data_dir).await?;
    answer(&service).await?;
    let later = began.elapsed();
    let idle_kib = service.memory_kib("VmRSS");
    kill_database(data_dir)?;
    service.kill().await?;

    let began = Instant::now();
    let service = Process::serve_again(program, data_dir).await?;
    answer(&service).await?;
    Ok((Starts { first, later, killed: began.elapsed(), idle_kib }, service, administrator))
}

/// The first answer that says something: the status of the treaty, from the database.
async fn answer(service: &Process) -> Result<(), Error> {
    let url = format!("http://{}/api/v1/treaty/status", service.address);
    let answer = reqwest::get(url).await.and_then(reqwest::Response::error_for_status);
    answer.map_err(rehearsal::Error::Unreachable)?;
    Ok(())
}

/// Kills the database's first process, whose number is the first line of its own file.
fn kill_database(data_dir: &Path) -> Result<(), Error> {
    let told = std::fs::read_to_string(data_dir.join("pg/postmaster.pid"))?;
    let id = told.lines().next().and_then(|line| line.trim().parse().ok());
    let id = id.and_then(rustix::process::Pid::from_raw).ok_or(Error::Silent)?;
    rustix::process::kill_process(id, rustix::process::Signal::KILL)
        .map_err(std::io::Error::from)?;
    Ok(())
}

struct Bench<'b> {
    ceremony: &'b Ceremony,
    options: &'b Options,
    service: &'b Process,
    pgbench: &'b Pgbench,
    token: String,
}

impl Bench<'_> {
    async fn rows(&self) -> Result<Vec<Row>, Error> {
        let numbers = AtomicU64::new(0);
        let status = get("/api/v1/treaty/status", None);
        let members = get("/api/v1/members?limit=50", Some(&self.token));
        let read_status = |_: u64| status.clone();
        let list_members = |_: u64| members.clone();
        let register = |number: u64| self.registration(number);
        let here = self.service.address;
        let status = self.load(here, 200, &read_status);
        let list = self.load(here, 200, &list_members);
        let registration = self.load(here, 201, &register);

        // A first turn of everything, which is not counted: it fills caches, and gives pgbench a row to repeat.
        for load in [&status, &list, &registration] {
            load.run(&numbers).await?;
        }
        let bytes = reqwest::get(format!("http://{here}/api/v1/treaty/status")).await;
        let bytes = bytes.map_err(rehearsal::Error::Unreachable)?.bytes().await;
        let bare = self.bare(&bytes.map_err(rehearsal::Error::Unreachable)?).await?;
        let bare_status = self.load(bare.address, 200, &read_status);
        let of_list = "from member order by sort_name, member_id limit 51";
        let list_script = self.pgbench.rows_of("member", of_list).await?;
        let registration_script = self.pgbench.registration().await?;

        let mut rounds: [Vec<(Rate, f64)>; 3] = Default::default();
        for _ in 0..self.options.rounds {
            let [of_status, of_list, of_registration] = &mut rounds;
            let rate = status.run(&numbers).await?;
            of_status.push((rate, bare_status.run(&numbers).await?.per_second));
            let rate = list.run(&numbers).await?;
            of_list.push((rate, self.by_pgbench(&list_script).await?));
            let rate = registration.run(&numbers).await?;
            of_registration.push((rate, self.by_pgbench(&registration_script).await?));
        }
        bare.stop().await?;
        let [of_status, of_list, of_registration] = rounds;
        Ok(vec![
            Row {
                what: "`GET /treaty/status`, 72 signatories",
                beside: "the same bytes by a bare actix-web handler",
                rounds: of_status,
            },
            Row {
                what: "`GET /members?limit=50` of an officer",
                beside: "the same rows by `pgbench`",
                rounds: of_list,
            },
            Row {
                what: "`POST /delegations/{code}/members`",
                beside: "the same two rows in one transaction by `pgbench`",
                rounds: of_registration,
            },
        ])
    }

    fn load<'l>(
        &self,
        address: std::net::SocketAddr,
        wanted: u16,
        request: &'l (dyn Fn(u64) -> Vec<u8> + Sync),
    ) -> Load<'l> {
        Load { address, clients: CLIENTS, lasting: self.options.lasting, wanted, request }
    }

    async fn by_pgbench(&self, script: &str) -> Result<f64, Error> {
        self.pgbench.run(script, CLIENTS, self.options.lasting).await
    }

    /// The bare handler in a process of its own, which reads what it gives from standard input.
    async fn bare(&self, bytes: &[u8]) -> Result<Process, Error> {
        let file = self.options.data_dir.join("bare.json");
        std::fs::write(&file, bytes)?;
        let input = Stdio::from(std::fs::File::open(&file)?);
        Process::start(Command::new(&self.options.program).arg("bench-bare").stdin(input)).await
    }

    /// A person into one delegation after the other, as if all missions registered at the same time.
    fn registration(&self, number: u64) -> Vec<u8> {
        let signatories = &self.ceremony.signatories;
        let turn = usize::try_from(number).unwrap_or_default() % signatories.len().max(1);
        let code = signatories.get(turn).map_or("", |signatory| signatory.code.as_str());
        let body = json!({
            "family_name": format!("EXEMPLAR B{number}"), "given_names": "Sample", "function": "expert",
            "rank": "official", "functional_title": "Sample Officer", "affiliation": "Sample Ministry",
            "date_of_birth": "1980-02-29", "nationality": code, "language": "en",
            "passport": { "number": format!("X{number:08}"), "expires_on": "2030-01-01" },
            "email": format!("bench.{number}@sample.example"),
        });
        let body = body.to_string();
        let head = format!(
            "POST /api/v1/delegations/{code}/members HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len(),
        );
        head.into_bytes()
    }
}

fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let known = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{known}\r\n").into_bytes()
}

/// Fills the register's delegations up to so many members, as nobody else could.
async fn fill_members(owner: &mut PgConnection, members: u32) -> Result<(), Error> {
    sqlx::raw_sql(AssertSqlSafe(format!("set ceremony.wanted = {members}")))
        .execute(&mut *owner)
        .await?;
    sqlx::raw_sql(include_str!("members.sql")).execute(owner).await?;
    Ok(())
}

fn remove(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Waits until the database has ended, which it does once nobody uses it.
async fn gone(dir: &Path) {
    let began = Instant::now();
    while dir.join("pg/postmaster.pid").exists() && began.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
