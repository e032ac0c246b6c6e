//! `ceremony export`: every report into a folder, at the server.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

use super::Outcome;
use crate::config::Config;
use crate::reports::{self, Format, NotWritten, Place, REPORTS, Tongue};
use crate::secret;
use crate::server::Source;

/// What each file is checked by: `sha256sum --check SHA256SUMS`.
const SUMS: &str = "SHA256SUMS";

/// What is taken away, and where to.
#[derive(Args)]
pub struct Export {
    /// The folder, which is made; nothing may be there yet.
    dir: PathBuf,
    /// As what: csv, jsonl, xlsx or pdf. Given again, as that too.
    #[arg(long = "format", value_name = "FORMAT", default_value = "csv", value_parser = Format::parse)]
    formats: Vec<Format>,
    /// In which language: en, fr, es or vi.
    #[arg(long, default_value = "en", value_parser = Tongue::parse)]
    lang: Tongue,
}

/// Writes every report, whole. The folder is there when all are in it, and not before.
pub async fn run(config: Config, wanted: Export) -> Outcome {
    let Export { dir, formats, lang } = wanted;
    if dir.try_exists()? {
        return Err(format!("{} is there already; a folder is made", dir.display()).into());
    }
    let beside = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    // Nobody else may read in it, until whoever exports says otherwise.
    let folder =
        tempfile::Builder::new().prefix(".export-").tempdir_in(beside.unwrap_or(".".as_ref()))?;
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let app = source.open(config).await?;
    let place = Place { db: &app.db, ceremony: &app.ceremony, workshop: &app.workshop };
    let written = write_all(place, folder.path(), &formats, lang).await;
    app.db.close().await;
    written?;
    std::fs::rename(folder.path(), &dir)?;
    // What was temporary is what was wanted.
    let _ = folder.keep();
    eprintln!("{}: {} reports, and {SUMS} of their files", dir.display(), REPORTS.len());
    Ok(())
}

async fn write_all(place: Place<'_>, folder: &Path, formats: &[Format], lang: Tongue) -> Outcome {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(u64::try_from(REPORTS.len() * formats.len())?)
    } else {
        ProgressBar::hidden()
    };
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let mut sums = std::fs::File::create_new(folder.join(SUMS))?;
    for report in REPORTS {
        for format in formats {
            let name = format!("{}.{format}", report.name);
            bar.set_message(name.clone());
            let written = write(place, report.name, *format, lang, &folder.join(&name)).await;
            let sum = written.map_err(|error| format!("{name}: {error}"))?;
            writeln!(sums, "{sum}  {name}")?;
            bar.inc(1);
        }
    }
    sums.sync_all()?;
    bar.finish_and_clear();
    Ok(())
}

/// Writes one file. Gives its SHA-256, in hexadecimal.
async fn write(
    place: Place<'_>,
    report: &str,
    format: Format,
    lang: Tongue,
    path: &Path,
) -> Result<String, NotWritten> {
    let mut file = std::fs::File::create_new(path)?;
    let mut hash = Sha256::new();
    let parameters = Map::from_iter([("lang".to_owned(), json!(lang.as_str()))]);
    let written = reports::write(place, report, format, parameters, |bytes| {
        hash.update(bytes);
        file.write_all(bytes)
    });
    written.await?;
    file.sync_all()?;
    Ok(secret::hex(&hash.finalize()))
}
