//! `ceremony backup` and `ceremony restore`: everything in one archive, and back.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::backup::{self, Identities, Recipient, Restored, Taken, Wanted};
use crate::config::Config;
use crate::rehearsal::Telling;
use crate::server::Source;

/// Copies database, papers and keys into one archive, while the service goes on.
#[derive(Args)]
pub struct Backup {
    /// A file that is not there yet, or a directory, in which the backup is named for its moment.
    #[arg(long, value_name = "FILE|DIR")]
    to: PathBuf,
    /// Seals it for whoever has the identity to this (`age-keygen`); may be given several times. Without one the keys are not
    /// in it.
    #[arg(long = "recipient", value_name = "age1…", value_parser = Recipient::parse)]
    recipients: Vec<Recipient>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Puts a backup back where nothing is, and proves that all of it is there.
#[derive(Args)]
pub struct Restore {
    /// The archive.
    archive: PathBuf,
    /// The file of an identity that opens it.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Where field.key and ledger.key are, where they are not in the archive.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Only tries it: in a temporary place (TMPDIR), of which nothing is left.
    #[arg(long)]
    verify: bool,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Takes a backup. Papers that were lost before make it no worse, and are an error all the same.
pub async fn back_up(config: Config, Backup { to, recipients, json }: Backup) -> Outcome {
    let source = Source::find(&config).await?;
    let taken = tokio::select! {
        taken = backup::take(config, &source, &to, recipients, Telling::Aloud) => taken?,
        () = told_to_stop() => return Err("interrupted; nothing is left of the backup".into()),
    };
    told(&taken, json, in_words)?;
    match taken.manifest.papers.lost.as_slice() {
        [] => Ok(()),
        lost => Err(format!(
            "the backup is whole, but the store had lost papers of rows before: {}",
            lost.join(", ")
        )
        .into()),
    }
}

/// Puts a backup back, or tries it.
pub async fn put_back(config: Config, wanted: Restore) -> Outcome {
    let Restore { archive, identity, keys, verify, json } = wanted;
    let identities = identity.as_deref().map(Identities::read).transpose()?.unwrap_or_default();
    let wanted = Wanted { archive, identities, keys, telling: Telling::Aloud };
    let restored = tokio::select! {
        restored = async {
            if verify {
                Box::pin(backup::drill(config, &wanted)).await
            } else {
                Box::pin(backup::restore(config, &wanted)).await
            }
        } => restored?,
        () = told_to_stop() => return Err("interrupted; what is there is of no use, take it away".into()),
    };
    told(&restored, json, proven)?;
    if !restored.proof.is_sound() {
        return Err("what was put back is not what was there".into());
    }
    // In a drill the record has usually gone on meanwhile, which is no fault of the backup.
    if restored.data_dir.is_some() && !restored.hindrances.is_empty() {
        return Err("it was put back, and nothing will be signed on it as it is".into());
    }
    Ok(())
}

/// Ends when somebody wants the command to end.
async fn told_to_stop() {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

fn told<T: Serialize>(value: &T, is_json: bool, in_words: fn(&T) -> String) -> Outcome {
    let text = if is_json { serde_json::to_string_pretty(value)? } else { in_words(value) };
    println!("{text}");
    Ok(())
}

fn in_words(taken: &Taken) -> String {
    let Taken { file, bytes, sha256, is_sealed, manifest } = taken;
    let rows: i64 = manifest.rows.values().sum();
    let keys = if *is_sealed {
        "It is sealed, and the keys are in it: keep the identity that opens it apart from it."
    } else {
        "It is open to whoever reads it, and the keys are not in it: keep keys/field.key and keys/ledger.key apart from it. With --recipient it is sealed, and holds them."
    };
    format!(
        "{}\n{bytes} bytes, SHA-256 {sha256}\nAs of {}: {rows} rows of {} tables, {} papers; the record has {} entries, the audit trail {}.\n{keys}",
        file.display(),
        manifest.taken_at.to_rfc3339(),
        manifest.rows.len(),
        manifest.papers.files,
        manifest.record_entries,
        manifest.trail_entries,
    )
}

fn proven(restored: &Restored) -> String {
    let Restored { data_dir, manifest, proof, hindrances } = restored;
    let place = data_dir.as_ref().map_or_else(
        || "in a place of its own, of which nothing is left".to_owned(),
        |dir| format!("in {}", dir.display()),
    );
    let hindrances: Vec<String> =
        hindrances.iter().map(|why| format!("\nNothing would be signed on it: {why}.")).collect();
    format!(
        "The backup of {} was put back {place}.\n{proof}{}",
        manifest.taken_at.to_rfc3339(),
        hindrances.concat()
    )
}
