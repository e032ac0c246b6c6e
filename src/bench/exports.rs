//! A list of a million members, taken away: how fast it leaves in each format, beside the database's own `COPY` of the same
//! question; what that does to the service's memory; and what readers that hardly read do to everybody else.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use reqwest::{Client, Response};
use sqlx::{ConnectOptions as _, PgConnection};

use super::load::{self, Rate};
use super::process::Process;
use super::{Error, Options, gone, remove};
use crate::access::Role;
use crate::ceremony::Ceremony;
use crate::db::embedded::{self, Server};
use crate::rehearsal::{self, Size, Telling};

/// All members, whatever became of them.
const REPORT: &str = "/api/v1/reports/participants";
const EVERYBODY: &str =
    "status=draft,submitted,pre_approved,approved,on_hold,rejected,suspended,revoked,withdrawn";

/// The rows that the report of them has, in its order, as the database itself sends them.
const COPY: &str = "copy (
    select m.participant, name_in(p, 'en'), p.kind, m.function, m.form_of_address, m.family_name, m.given_names,
           m.functional_title, m.affiliation, m.rank, m.status
    from member_version m join participant p using (participant) where m.ended_at is null
    order by array_position(array['member_state', 'observer_state', 'non_member_state', 'regional_organization'], p.kind)
                 nulls last,
             p.kind, p.sort_key, m.function, m.rank, m.sort_name, m.member_id
) to stdout (format csv, header)";

/// Readers that hardly read, and how much of it each takes in a second.
const SLOW_READERS: usize = 5;
const SIP_BYTES: usize = 1024;

/// How a file went out.
struct Taken {
    format: &'static str,
    rows: u64,
    bytes: u64,
    took: Duration,
    /// The service's memory before, and at most while it was taken, in KiB; only Linux tells.
    memory_kib: Option<(u64, u64)>,
}

/// What was measured.
pub struct Exports {
    members: u32,
    copied: Vec<Taken>,
    taken: Vec<Vec<Taken>>,
    /// Another route, before and while the slow readers read.
    alone: Rate,
    beside_slow: Rate,
}

/// Fills a service of its own with so many members, and measures.
pub async fn run(ceremony: &Ceremony, options: &Options, members: u32) -> Result<Exports, Error> {
    remove(&options.data_dir)?;
    let (service, administrator) = Process::serve(&options.program, &options.data_dir).await?;
    let server = embedded::Options { data_dir: Some(options.data_dir.clone()), throwaway: false };
    let server = Server::start(&server).await?;
    let rehearsed = rehearsal::Options {
        url: format!("http://{}", service.address),
        administrator,
        state: options.data_dir.join("rehearsal.toml"),
        size: Size::Small,
        telling: Telling::Silent,
    };
    rehearsal::run(ceremony, &rehearsed).await?;
    let owner = server.connect_options("postgres", "postgres").disable_statement_logging();
    let mut owner = owner.connect().await?;
    super::fill_members(&mut owner, members).await?;

    let reader = Reader { http: Client::new(), service: &service, rehearsed: &rehearsed };
    let (mut copied, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        copied.push(copy(&mut owner).await?);
        let mut round = Vec::new();
        for format in ["csv", "jsonl", "xlsx"] {
            round.push(reader.take(format, &options.data_dir).await?);
        }
        taken.push(round);
    }
    let sips = async || {
        let until = Instant::now() + options.lasting;
        try_join_all((0..SLOW_READERS).map(|_| reader.sip(until))).await
    };
    let (alone, beside_slow, _) = load::beside(service.address, options.lasting, sips).await?;
    service.stop().await?;
    drop(server);
    gone(&options.data_dir).await;
    remove(&options.data_dir)?;
    Ok(Exports { members, copied, taken, alone, beside_slow })
}

/// The same rows by the database itself, as fast as this process reads them.
async fn copy(owner: &mut PgConnection) -> Result<Taken, Error> {
    let began = Instant::now();
    let (mut rows, mut bytes) = (0, 0);
    let mut sent = owner.copy_out_raw(COPY).await?;
    while let Some(chunk) = sent.try_next().await? {
        bytes += count(chunk.len());
        rows += lines(&chunk);
    }
    Ok(Taken { format: "copy", rows, bytes, took: began.elapsed(), memory_kib: None })
}

struct Reader<'r> {
    http: Client,
    service: &'r Process,
    rehearsed: &'r rehearsal::Options,
}

impl Reader<'_> {
    /// A login of now: who takes persons away has shown who they are in the last minutes.
    async fn log_in(&self) -> Result<String, Error> {
        Ok(rehearsal::officer(self.rehearsed, Role::Accreditation).await?)
    }

    async fn ask(&self, format: &str, token: String) -> Result<Response, Error> {
        let url = format!("{}{REPORT}.{format}?{EVERYBODY}", self.rehearsed.url);
        let answer = self.http.get(url).bearer_auth(token).send().await;
        let answer = answer.and_then(Response::error_for_status);
        Ok(answer.map_err(rehearsal::Error::Unreachable)?)
    }

    async fn take(&self, format: &'static str, dir: &Path) -> Result<Taken, Error> {
        // What it takes to hash a password is no part of it.
        let token = self.log_in().await?;
        let before = self.service.memory_kib("VmRSS");
        self.service.forget_most_memory()?;
        let began = Instant::now();
        let mut answer = self.ask(format, token).await?;
        let (mut rows, mut bytes, mut workbook) = (0, 0, Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(rehearsal::Error::Unreachable)? {
            bytes += count(chunk.len());
            rows += lines(&chunk);
            if format == "xlsx" {
                workbook.extend_from_slice(&chunk);
            }
        }
        let took = began.elapsed();
        if format == "xlsx" {
            let file = dir.join("taken.xlsx");
            std::fs::write(&file, workbook)?;
            rows = rows_of_workbook(&file)?;
        }
        let memory_kib = before.zip(self.service.memory_kib("VmHWM"));
        Ok(Taken { format, rows, bytes, took, memory_kib })
    }

    /// Takes a little each second, until it is over, and leaves.
    async fn sip(&self, until: Instant) -> Result<(), Error> {
        let token = self.log_in().await?;
        let mut answer = self.ask("csv", token).await?;
        let mut left = 0;
        while Instant::now() < until {
            if left < SIP_BYTES {
                let chunk = answer.chunk().await.map_err(rehearsal::Error::Unreachable)?;
                left += chunk.map_or(0, |chunk| chunk.len());
            }
            left = left.saturating_sub(SIP_BYTES);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }
}

/// How many rows the sheets of a workbook have, the title's included, without keeping a sheet in memory.
fn rows_of_workbook(file: &Path) -> Result<u64, Error> {
    let unread = |error: zip::result::ZipError| std::io::Error::other(error);
    let mut parts = zip::ZipArchive::new(std::fs::File::open(file)?).map_err(unread)?;
    let mut sheet = parts.by_name("xl/worksheets/sheet1.xml").map_err(unread)?;
    let (mut rows, mut carried, mut buffer) = (0, Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = sheet.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            return Ok(rows);
        };
        carried.extend_from_slice(part);
        rows += count(carried.windows(ROW.len()).filter(|window| *window == ROW).count());
        // What may be the beginning of another one.
        carried.drain(..carried.len().saturating_sub(ROW.len() - 1));
    }
}

/// How a row of a sheet begins.
const ROW: &[u8] = b"<row ";

fn lines(chunk: &[u8]) -> u64 {
    count(chunk.split(|&byte| byte == b'\n').count().saturating_sub(1))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Exports {
    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "A list of {} members, medians of {} rounds:\n\n",
            self.members,
            self.copied.len()
        );
        page.push_str("| as | rows | MiB | s | rows a second | beside `COPY` | memory at most |\n|---|---:|---:|---:|---:|---:|---:|\n");
        let copy = Median::of(&self.copied.iter().collect::<Vec<_>>());
        copy.write("`COPY … TO STDOUT`", copy.per_second, &mut page);
        for turn in 0..self.taken.first().map_or(0, Vec::len) {
            let of_format: Vec<&Taken> =
                self.taken.iter().filter_map(|round| round.get(turn)).collect();
            let title = of_format.first().map_or("", |taken| taken.format);
            Median::of(&of_format).write(title, copy.per_second, &mut page);
        }
        // Writing into a string cannot fail.
        let _ = writeln!(
            page,
            "\n`GET /treaty/status`, 99 of 100 within {:.2} ms; beside {SLOW_READERS} readers of such a list that take {SIP_BYTES} bytes a \
             second each, within {:.2} ms ({:.0} and {:.0} answers a second).",
            self.alone.slow.as_secs_f64() * 1000.0,
            self.beside_slow.slow.as_secs_f64() * 1000.0,
            self.alone.per_second,
            self.beside_slow.per_second,
        );
        page
    }
}

/// What is told of several rounds.
struct Median {
    rows: u64,
    mib: f64,
    seconds: f64,
    per_second: f64,
    more_mib: Option<f64>,
}

impl Median {
    fn of(taken: &[&Taken]) -> Self {
        let mut by_time: Vec<&&Taken> = taken.iter().collect();
        by_time.sort_by_key(|taken| taken.took);
        let middle = by_time.get(by_time.len() / 2);
        let seconds = middle.map_or(0.0, |taken| taken.took.as_secs_f64());
        let rows = taken.iter().map(|taken| taken.rows).min().unwrap_or_default();
        let kib = |kib: u64| u32::try_from(kib).map_or(f64::MAX, f64::from) / 1024.0;
        let most = taken.iter().filter_map(|taken| taken.memory_kib);
        let more = most.map(|(before, most)| kib(most.saturating_sub(before)));
        Self {
            rows,
            mib: middle.map_or(0.0, |taken| kib(taken.bytes / 1024)),
            seconds,
            per_second: u32::try_from(rows).map_or(f64::MAX, f64::from) / seconds,
            more_mib: more.reduce(f64::max),
        }
    }

    fn write(&self, title: &str, of_copy: f64, page: &mut String) {
        let Self { rows, mib, seconds, per_second, more_mib } = self;
        let more = more_mib.map_or_else(String::new, |mib| format!("+{mib:.0} MiB"));
        let beside = per_second / of_copy;
        let _ = writeln!(
            page,
            "| {title} | {rows} | {mib:.0} | {seconds:.1} | {per_second:.0} | {beside:.2} | {more} |"
        );
    }
}
