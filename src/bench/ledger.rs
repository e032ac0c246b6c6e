//! A log of a million entries: how long it takes to look at all of it, to prove one, and to add and sign one more.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::config::Config;
use crate::db::embedded::{self, Server};
use crate::db::{self, Clock, Scope};
use crate::http::App;
use crate::ledger::verify::{self, Receipts};
use crate::ledger::{self, Checkpoint, Entry, Log, LogKey, Question};
use crate::{key_file, server};

use super::{Error, gone, remove};

/// How often each thing is measured; the median is told.
const ROUNDS: usize = 5;

/// How many proofs a round makes.
const PROOFS: u64 = 200;

/// What was measured, of a log of so many entries.
#[derive(Debug)]
pub struct LedgerTimes {
    entries: u64,
    verified: Duration,
    proven: Duration,
    signed_in_a_small_log: Duration,
    signed: Duration,
}

impl std::fmt::Display for LedgerTimes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { entries, verified, proven, signed_in_a_small_log, signed } = self;
        writeln!(f, "A log of {entries} entries:")?;
        writeln!(f, "  verified whole, every entry and the tree    {verified:>10.1?}")?;
        writeln!(f, "  one inclusion proof, at the server          {proven:>10.1?}")?;
        writeln!(f, "  one more entry, signed and with its receipt {signed:>10.1?}")?;
        write!(f, "  the same in a log of 1,000                  {signed_in_a_small_log:>10.1?}")
    }
}

/// Measures on a database of its own in `data_dir`, which is removed afterwards.
pub async fn measure(data_dir: &Path, entries: u64) -> Result<LedgerTimes, Error> {
    let (_, _, signed_in_a_small_log) = log_of(&data_dir.join("small"), 1000.min(entries)).await?;
    let (verified, proven, signed) = log_of(&data_dir.join("large"), entries).await?;
    remove(data_dir)?;
    Ok(LedgerTimes { entries, verified, proven, signed_in_a_small_log, signed })
}

async fn log_of(data_dir: &Path, entries: u64) -> Result<(Duration, Duration, Duration), Error> {
    remove(data_dir)?;
    let options = embedded::Options { data_dir: Some(data_dir.to_owned()), throwaway: false };
    let server = Server::start(&options).await?;
    let owner = server.connect_options("postgres", "postgres");
    db::migrate(&owner).await.map_err(|error| failed(&error))?;
    let config = Config::from_toml("").map_err(|error| failed(&error))?;
    let origin = config.ledger.origin.clone();
    let service = server.connect_options("ceremony_app", "postgres");
    let app = server::assemble(config, &service, data_dir, Clock::System)
        .await
        .map_err(|error| failed(&error))?;

    let mut connection = owner.connect().await?;
    connection.execute(AssertSqlSafe(format!("set ceremony.wanted = {entries}"))).await?;
    connection.execute(include_str!("million.sql")).await?;
    connection.execute("vacuum analyze ledger_leaf, ledger_hash").await?;
    let seed = key_file::read(&data_dir.join("keys/ledger.key")).map_err(|error| failed(&error))?;
    let seed = seed.ok_or_else(|| Error::Ledger("there is no key".to_owned()))?;
    let key = LogKey::of(&seed, &origin).map_err(|error| failed(&error))?;
    let wanted = Question::Root { size: entries };
    let answer =
        ledger::ask(&mut connection, Log::Treaty, wanted).await.map_err(|error| failed(&error))?;
    let root = *answer.first().ok_or_else(|| Error::Ledger("there is no root".to_owned()))?;
    let note = key.sign(&Checkpoint { size: entries, root }).map_err(|error| failed(&error))?;
    sqlx::query("insert into ledger_checkpoint values ('treaty', $1, $2)")
        .bind(i64::try_from(entries).unwrap_or(i64::MAX))
        .bind(note)
        .execute(&mut connection)
        .await?;

    let (verified, proven) = read(&app, &key, entries).await?;
    let signed = sign(&app, &mut connection).await?;
    connection.close().await?;
    app.db.close().await;
    drop(server);
    gone(data_dir).await;
    Ok((verified, proven, signed))
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::Ledger(error.to_string())
}

/// How long it takes to verify the whole log, and to prove one entry of it.
async fn read(app: &App, key: &LogKey, entries: u64) -> Result<(Duration, Duration), Error> {
    let (mut verified, mut proven) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let found = verify::tree(&app.db, Log::Treaty, key.verifier(), Receipts::None).await?;
        verified.push(began.elapsed());
        if let Some(fault) = found.faults.first() {
            return Err(failed(fault));
        }
        let began = Instant::now();
        for n in 0..PROOFS {
            let mut tx = app.db.read(&Scope::public()).await?;
            let question = Question::Inclusion { size: entries, index: n * (entries / PROOFS) };
            ledger::ask(&mut tx, Log::Treaty, question).await.map_err(|error| failed(&error))?;
        }
        proven.push(began.elapsed() / u32::try_from(PROOFS).unwrap_or(1));
    }
    Ok((median(verified), median(proven)))
}

/// How long an entry takes from its transaction to its witnessed checkpoint.
async fn sign(app: &App, connection: &mut PgConnection) -> Result<Duration, Error> {
    let first: Vec<u8> = sqlx::query_scalar("select content from ledger_leaf where leaf_index = 0")
        .fetch_one(&mut *connection)
        .await?;
    app.ledger.open(&app.db, &first, async |_, _| Ok(())).await.map_err(|error| failed(&error))?;
    let mut signed = Vec::new();
    for n in 0..ROUNDS {
        let began = Instant::now();
        let mut tx = connection.begin().await?;
        let entry = format!("{{\"entry\":\"one more\",\"number\":{n}}}").into_bytes();
        let subject = Some(crate::ids::EventId::fresh().uuid());
        let entry = Entry { subject, content: entry, salt: b"salt".to_vec() };
        let index = app.ledger.append(&mut tx, entry).await;
        let index = index.map_err(|error| failed(&error))?;
        tx.commit().await?;
        app.ledger.settle(&app.db, index).await.map_err(|error| failed(&error))?;
        signed.push(began.elapsed());
    }
    Ok(median(signed))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
