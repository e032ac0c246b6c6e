//! Logins: whether the time of a refusal tells which accounts there are, and what a crowd that logs in at once does to
//! everybody else.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::load::{self, Rate};
use super::process::Process;
use super::{Error, gone, remove};
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

/// What is asked that must not tell which accounts there are.
#[derive(Clone, Copy)]
enum Asked {
    /// To come in, with a wrong password.
    Login,
    /// For a new password.
    Reset,
}

/// The median of each answer, with whose account it was about.
type Medians = Vec<(&'static str, Duration)>;

/// What was measured.
pub struct Logins {
    rounds: u32,
    refusals: Medians,
    resets: Medians,
    at_once: usize,
    /// Another route, while nobody logs in, and while all do.
    quiet: Rate,
    crowded: Rate,
    let_in: u64,
    turned_away: u64,
    /// The service's memory at most, before and after, in KiB; only Linux tells.
    memory_kib: Option<(u64, u64)>,
}

const PASSWORD: &str = "seven measured words for one bench alone";

/// Starts a service of its own, and measures it.
pub async fn run(options: &LoginOptions) -> Result<Logins, Error> {
    remove(&options.data_dir)?;
    let (service, administrator) = Process::serve(&options.program, &options.data_dir).await?;
    let visitor =
        Visitor { http: Client::new(), base: format!("http://{}/api/v1", service.address) };
    visitor.settle(&administrator).await?;
    let refusals = visitor.medians(Asked::Login, options.rounds, &administrator.email).await?;
    let resets = visitor.medians(Asked::Reset, options.rounds, &administrator.email).await?;

    let (lasting, mut before) = (options.lasting, None);
    let crowd = async || {
        before = service.memory_kib("VmHWM");
        let until = Instant::now() + lasting;
        let crowd = (0..options.at_once).map(|_| visitor.come_again(&administrator.email, until));
        try_join_all(crowd).await
    };
    let (quiet, crowded, crowd) = load::beside(service.address, lasting, crowd).await?;
    let (let_in, turned_away) = crowd
        .into_iter()
        .fold((0, 0), |(all_in, all_away), (come_in, away)| (all_in + come_in, all_away + away));
    let memory_kib = before.zip(service.memory_kib("VmHWM"));
    service.stop().await?;
    gone(&options.data_dir).await;
    remove(&options.data_dir)?;
    let (rounds, at_once) = (options.rounds, options.at_once);
    Ok(Logins {
        rounds,
        refusals,
        resets,
        at_once,
        quiet,
        crowded,
        let_in,
        turned_away,
        memory_kib,
    })
}

/// Whoever asks the service.
struct Visitor {
    http: Client,
    base: String,
}

/// An address that has no account: one and the same, as the others are, so that what differs is not how often it was asked for.
const NOBODYS: &str = "nobody@sample.example";

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

    /// How long each answer takes: about an account that there is, about none, about one that is closed. They take turns, each
    /// as often the first of a round as the others.
    async fn medians(&self, asked: Asked, rounds: u32, known: &str) -> Result<Medians, Error> {
        let mut times =
            [("an account", Vec::new()), ("no account", vec![]), ("a closed one", vec![])];
        for round in 0..rounds {
            let first = usize::try_from(round).unwrap_or_default();
            for turn in 0..times.len() {
                let kind = (first + turn) % times.len();
                let email = [known, NOBODYS, CLOSED].into_iter().nth(kind).unwrap_or(known);
                let began = Instant::now();
                let answer = match asked {
                    Asked::Login => self.log_in(email, "not the password of anybody").await?,
                    Asked::Reset => self.ask_for_a_password(email).await?,
                };
                let took = began.elapsed();
                let status = match asked {
                    Asked::Login => StatusCode::UNAUTHORIZED,
                    Asked::Reset => StatusCode::ACCEPTED,
                };
                if answer.status() != status {
                    return Err(unexpected(&answer, status));
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
                _ => return Err(unexpected(&answer, StatusCode::OK)),
            }
        }
        Ok((let_in, turned_away))
    }

    async fn log_in(&self, email: &str, password: &str) -> Result<reqwest::Response, Error> {
        self.send("/auth/login", &json!({ "email": email, "password": password })).await
    }

    async fn ask_for_a_password(&self, email: &str) -> Result<reqwest::Response, Error> {
        self.send("/auth/password-reset", &json!({ "email": email })).await
    }

    async fn send(&self, path: &str, body: &Value) -> Result<reqwest::Response, Error> {
        let answer = self.post(path, None).json(body).send().await;
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

fn unexpected(answer: &reqwest::Response, wanted: StatusCode) -> Error {
    let (status, wanted) = (answer.status().as_u16(), wanted.as_u16());
    super::Overloaded::Status { status, wanted, body: "of a login".to_owned() }.into()
}

impl Logins {
    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let mut page = String::new();
        for (title, medians) in
            [("Refused logins", &self.refusals), ("Wishes for a new password", &self.resets)]
        {
            // Writing into a string cannot fail.
            let _ = writeln!(page, "{title}, medians of {} each:\n", self.rounds);
            let first = medians.first().map_or(1.0, |(_, median)| ms(*median));
            for (what, median) in medians {
                let more = (ms(*median) / first - 1.0) * 100.0;
                let _ = writeln!(page, "- {what}: {:.2} ms ({more:+.2} %)", ms(*median));
            }
            page.push('\n');
        }
        let _ = write!(
            page,
            "{} clients that log in at once, again and again: {} let in, {} turned away with 503, nothing else.\n\
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
