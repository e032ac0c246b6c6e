//! The proof that what was put back is what was there: counted, hashed, and verified entry by entry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::manifest::Manifest;
use super::restore::Unrestored;
use crate::db::Scope;
use crate::documents::{self, Broken};
use crate::http::App;
use crate::ledger::Findings;
use crate::{audit, treaty};

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// How many tables.
    pub tables: usize,
    /// How many rows they have together.
    pub rows: i64,
    /// How many papers of rows are in the store, as they were written.
    pub papers: usize,
    /// The record: every entry, its place, its receipt, its row.
    pub record: Findings,
    /// The same of the audit trail.
    pub trail: Findings,
    /// What else is not as it was.
    pub faults: Vec<String>,
}

impl Proof {
    /// Whether all of it is as it was.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let logs = [&self.record, &self.trail];
        self.faults.is_empty() && logs.iter().all(|log| log.faults.is_empty())
    }
}

/// Holds a service on a database that was put back against the manifest. `rows` were counted before anything else was done
/// in it.
pub(super) async fn prove(
    app: &App,
    manifest: &Manifest,
    rows: BTreeMap<String, i64>,
) -> Result<Proof, Unrestored> {
    let mut faults = miscounted(&manifest.rows, &rows);
    let papers = papers(app, manifest, &mut faults).await?;
    let keys = (app.ledger.verifier(), app.audit.verifier());
    let (Some(of_record), Some(of_trail)) = keys else { return Err(Unrestored::NoKeys) };
    let record = treaty::verify(&app.db, of_record, &app.ceremony).await?;
    let trail = audit::verify(&app.db, of_trail).await?;
    for (log, found, expected) in [
        ("record", record.entries, manifest.record_entries),
        ("audit trail", trail.entries, manifest.trail_entries),
    ] {
        if found < expected {
            faults.push(format!("the {log} has {found} entries and not {expected}"));
        }
    }
    Ok(Proof { tables: rows.len(), rows: rows.values().sum(), papers, record, trail, faults })
}

fn miscounted(expected: &BTreeMap<String, i64>, found: &BTreeMap<String, i64>) -> Vec<String> {
    let tables: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
    let differ = tables.into_iter().filter(|table| expected.get(*table) != found.get(*table));
    let count = |of: Option<&i64>| of.map_or_else(|| "no table".to_owned(), i64::to_string);
    let told = differ.map(|table| {
        let (is, ought) = (count(found.get(table)), count(expected.get(table)));
        format!("rows of {table}: {is} and not {ought}")
    });
    told.collect()
}

/// How many papers of rows are there; of each that is not, a fault, but for those that were erased on the way.
async fn papers(
    app: &App,
    manifest: &Manifest,
    faults: &mut Vec<String>,
) -> Result<usize, Unrestored> {
    let mut tx = app.db.read(&Scope::all()).await?;
    let named = documents::named_files(&mut tx).await?;
    drop(tx);
    let mut found = 0;
    for name in named {
        match app.papers.sealed(&name).await {
            Ok(Some(_)) => found += 1,
            Ok(None) if manifest.papers.erased.contains(&name.to_string()) => {}
            Ok(None) => faults.push(format!("the paper {name} of a row is missing")),
            Err(Broken::Altered) => faults.push(format!("the paper {name} was altered")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tables, rows, papers, record, trail, faults } = self;
        writeln!(f, "{rows} rows of {tables} tables, {papers} papers with their hashes.")?;
        writeln!(f, "The record: {record}")?;
        write!(f, "The audit trail: {trail}")?;
        faults.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}
