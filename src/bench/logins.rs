//! Logins: whether the time of a refusal tells which accounts there are, and what a crowd that logs in at once does to
//! everybody else.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::load::{Load, Rate};
use super::process::Process;
use super::{Error, get, gone, remove};
use crate::rehearsal::Administrator;

/// How it is measured.
pub struct LoginOptions {
    /// This program, which is started again as the service.
    pub program: PathBuf,
    /// A directory that is made for it, and removed.
    pub data_dir: PathBuf,
    /// How often each refusal is measured.
    pub rounds: u32,
    /// How many log in at the same time.
    pub at_once: usize,
    /// For how long.
    pub lasting: Duration,
}

/// What was measured.
pub struct Logins {
    rounds: u32,
    /// The median of each refusal, with what it is.
    refusals: Vec<(&'static str, Duration)>,
    at_once: usize,
    /// Another route, while nobody logs in, and while all do.
    quiet: Rate,
    crowded: Rate,
    let_in: u64,
    turned_away: u64,
    /// The service's memory at most, before and after, in KiB; only Linux tells.
    memory_kib: Option<(u64, u64)>,
}

/// Connections that ask the other route.
const OTHERS: usize = 4;

const PASSWORD: &str = "seven measured words for one bench alone";

/// Starts a service of its own, and measures it.
pub async fn run(options: &LoginOptions) -> Result<Logins, Error> {
    remove(&options.data_dir)?;
    let (service, administrator) = Process::serve(&options.program, &options.data_dir).await?;
    let visitor =
        Visitor { http: Client::new(), base: format!("http://{}/api/v1", service.address) };
    visitor.settle(&administrator).await?;
    let refusals = visitor.refusals(options.rounds, &administrator.email).await?;

    let numbers = AtomicU64::new(0);
    let status = get("/api/v1/treaty/status", None);
    let read_status = |_: u64| status.clone();
    let (address, lasting) = (service.address, options.lasting);
    let load = Load { address, clients: OTHERS, lasting, wanted: 200, request: &read_status };
    load.run(&numbers).await?;
    let quiet = load.run(&numbers).await?;
    let before = service.memory_kib("VmHWM");
    let until = Instant::now() + lasting;
    let crowd = (0..options.at_once).map(|_| visitor.come_again(&administrator.email, until));
    let (crowded, crowd) = tokio::join!(load.run(&numbers), try_join_all(crowd));
    let (let_in, turned_away) = crowd?
        .into_iter()
        .fold((0, 0), |(all_in, all_away), (come_in, away)| (all_in + come_in, all_away + away));
    let memory_kib = before.zip(service.memory_kib("VmHWM"));
    service.stop().await?;
    gone(&options.data_dir).await;
    remove(&options.data_dir)?;
    let (rounds, at_once, crowded) = (options.rounds, options.at_once, crowded?);
    Ok(Logins { rounds, refusals, at_once, quiet, crowded, let_in, turned_away, memory_kib })
}

/// Whoever asks the service.
struct Visitor {
    http: Client,
    base: String,
}

/// The account that is closed before it is measured.
const CLOSED: &str = "closed@sample.example";

impl Visitor {
    /// Gives the administrator a password of their own, and makes an account that is closed.
    async fn settle(&self, administrator: &Administrator) -> Result<(), Error> {
        let (email, first) = (&administrator.email, administrator.password.as_str());
        let login = json!({ "email": email, "password": first });
        let login = self.answer(self.post("/auth/login", None).json(&login)).await?;
        let token = login.get("token").and_then(Value::as_str);
        let change = json!({ "current": first, "new": PASSWORD });
        self.answer(self.post("/auth/password", token).json(&change)).await?;
        let wanted = json!({ "email": CLOSED, "name": "Closed Sample", "role": "gate" });
        let made = self.answer(self.post("/accounts", token).json(&wanted)).await?;
        let path = format!(
            "/accounts/{}/disable",
            made.get("id").and_then(Value::as_str).unwrap_or_default()
        );
        self.answer(self.post(&path, token).header("if-match", "*")).await?;
        Ok(())
    }

    /// How long each refusal takes: of an account that there is, of none, of one that is closed. They take turns, each as
    /// often the first of a round as the others.
    async fn refusals(
        &self,
        rounds: u32,
        known: &str,
    ) -> Result<Vec<(&'static str, Duration)>, Error> {
        let mut times =
            [("an account", Vec::new()), ("no account", vec![]), ("a closed one", vec![])];
        for round in 0..rounds {
            let unknown = format!("nobody.{round}@sample.example");
            let first = usize::try_from(round).unwrap_or_default();
            for turn in 0..times.len() {
                let kind = (first + turn) % times.len();
                let email =
                    [known, unknown.as_str(), CLOSED].into_iter().nth(kind).unwrap_or(known);
                let began = Instant::now();
                let refused = self.log_in(email, "not the password of anybody").await?;
                let took = began.elapsed();
                if refused.status() != StatusCode::UNAUTHORIZED {
                    return Err(unexpected(&refused));
                }
                if let Some((_, times)) = times.get_mut(kind) {
                    times.push(took);
                }
            }
        }
        Ok(times
            .into_iter()
            .map(|(what, mut times)| {
                times.sort_unstable();
                (what, times.get(times.len() / 2).copied().unwrap_or_default())
            })
            .collect())
    }

    /// Logs in again and again, and waits where it is told to. Answers how often it was let in, and how often turned away.
    async fn come_again(&self, email: &str, until: Instant) -> Result<(u64, u64), Error> {
        let (mut let_in, mut turned_away) = (0, 0);
        while Instant::now() < until {
            let answer = self.log_in(email, PASSWORD).await?;
            match answer.status() {
                StatusCode::OK => let_in += 1,
                StatusCode::SERVICE_UNAVAILABLE => {
                    turned_away += 1;
                    let told = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
                    let seconds = told.and_then(|text| text.parse().ok()).unwrap_or(1);
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => return Err(unexpected(&answer)),
            }
        }
        Ok((let_in, turned_away))
    }

    async fn log_in(&self, email: &str, password: &str) -> Result<reqwest::Response, Error> {
        let credentials = json!({ "email": email, "password": password });
        let answer = self.post("/auth/login", None).json(&credentials).send().await;
        Ok(answer.map_err(crate::rehearsal::Error::Unreachable)?)
    }

    fn post(&self, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self.http.request(Method::POST, format!("{}{path}", self.base));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, Error> {
        let answer = async { request.send().await?.error_for_status()?.bytes().await };
        let bytes = answer.await.map_err(crate::rehearsal::Error::Unreachable)?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

fn unexpected(answer: &reqwest::Response) -> Error {
    let (status, body) = (answer.status().as_u16(), "of a login".to_owned());
    super::Overloaded::Status { status, wanted: 200, body }.into()
}

impl Logins {
    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let mut page = format!("Refused logins, medians of {} each:\n\n", self.rounds);
        let first = self.refusals.first().map_or(1.0, |(_, median)| ms(*median));
        for (what, median) in &self.refusals {
            // Writing into a string cannot fail.
            let _ = writeln!(
                page,
                "- {what}: {:.2} ms ({:+.2} %)",
                ms(*median),
                (ms(*median) / first - 1.0) * 100.0
            );
        }
        let _ = write!(
            page,
            "\n{} clients that log in at once, again and again: {} let in, {} turned away with 503, nothing else.\n\
             `GET /treaty/status` meanwhile, 99 of 100 within {:.2} ms; before, within {:.2} ms ({:.1} times).\n",
            self.at_once,
            self.let_in,
            self.turned_away,
            ms(self.crowded.slow),
            ms(self.quiet.slow),
            ms(self.crowded.slow) / ms(self.quiet.slow),
        );
        if let Some((before, after)) = self.memory_kib {
            let _ = writeln!(
                page,
                "The service's memory at most: {} MiB before, {} MiB after.",
                before / 1024,
                after / 1024
            );
        }
        page
    }
}
