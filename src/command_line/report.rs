//! `ceremony report`: a report into a file, at the server.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};

use super::Outcome;
use crate::config::Config;
use crate::reports::{self, Format, REPORTS, Tongue};
use crate::server::Source;

/// What is wanted of a report.
#[derive(Args)]
pub struct Report {
    /// Which one; all are listed where nothing is said.
    name: Option<String>,
    /// As what: csv, jsonl, xlsx or pdf.
    #[arg(long, default_value_t = Format::Csv, value_parser = Format::parse)]
    format: Format,
    /// Into which file; standard output where nothing is said.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What is asked of it, as in its address: `--with status=draft --with lang=fr`.
    #[arg(long, value_name = "PARAMETER=VALUE", value_parser = parameter)]
    with: Vec<(String, Value)>,
}

fn parameter(given: &str) -> Result<(String, Value), &'static str> {
    let (name, value) = given.split_once('=').ok_or("a parameter with its value is expected")?;
    Ok((name.to_owned(), Value::String(value.to_owned())))
}

/// Writes a report, or says which there are. A file is there when it is whole, and not before.
pub async fn run(config: Config, wanted: Report) -> Outcome {
    let Some(name) = wanted.name else {
        for report in REPORTS {
            println!("{:<34} {}", report.name, Tongue::En.of(report.titles));
        }
        return Ok(());
    };
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let app = source.open(config).await?;
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::no_length()
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(ProgressStyle::with_template(
        "{prefix} {spinner} {bytes} {bytes_per_sec} {elapsed}",
    )?);
    bar.set_prefix(name.clone());
    bar.enable_steady_tick(Duration::from_millis(200));
    let folder = wanted.out.as_deref().and_then(|out| out.parent());
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let mut file = match &wanted.out {
        Some(_) => Some(tempfile::NamedTempFile::new_in(folder.unwrap_or(".".as_ref()))?),
        None => None,
    };
    let parameters: Map<String, Value> = wanted.with.into_iter().collect();
    let place = reports::Place { db: &app.db, ceremony: &app.ceremony, workshop: &app.workshop };
    let written = reports::write(place, &name, wanted.format, parameters, |bytes| {
        bar.inc(u64::try_from(bytes.len()).unwrap_or_default());
        match &mut file {
            Some(file) => file.write_all(bytes),
            None => std::io::stdout().write_all(bytes),
        }
    });
    let id = written.await;
    bar.finish_and_clear();
    app.db.close().await;
    let id = id?;
    if let Some((file, out)) = file.zip(wanted.out) {
        file.persist(&out)?;
        eprintln!("{} is written; the audit trail has it as {id}", out.display());
    }
    Ok(())
}
