//! Putting a backup back: for good where nothing is, or for a drill in a place of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::archive::{self, KEYS, PART_BYTES, Part, Unfit};
use super::dump::{Failed, Programs, Running};
use super::manifest::Manifest;
use super::prove::{Proof, prove};
use super::seal::Identities;
use super::store;
use crate::access::Permit;
use crate::config::{Config, Store};
use crate::db::embedded;
use crate::db::{Event, Shut};
use crate::documents::{Broken, Papers};
use crate::http::App;
use crate::ids::InstallationId;
use crate::key_file::{self, KeyFile};
use crate::ledger::Hindrance;
use crate::rehearsal::Telling;
use crate::server::{self, Source, Unstarted};
use crate::text::Fault;
use crate::{ledger, treaty};

/// Why a backup was not put back.
#[derive(Debug, thiserror::Error)]
pub enum Unrestored {
    /// The archive.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Something is there.
    #[error("{0} is not empty: a backup is put back where nothing is. Nothing was touched")]
    NotEmpty(String),
    /// A later program took it.
    #[error(
        "the backup is of migration {0}, which this program does not know: use the one that took it, or a later one. Nothing was touched"
    )]
    Newer(i64),
    /// The keys are in the archive or somewhere else.
    #[error(
        "the archive holds no keys: name the directory in which field.key and ledger.key are kept by --keys. Nothing was touched"
    )]
    NoKeys,
    /// PostgreSQL's programs.
    #[error(transparent)]
    Programs(#[from] Failed),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The store of the papers.
    #[error("the papers could not be put back: {0}")]
    Papers(#[from] Broken),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyFile),
    /// The identity of the installation.
    #[error("the archive names no installation: {0}")]
    Unmarked(#[from] Fault),
    /// The place could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was put back does not start.
    #[error(transparent)]
    Unstarted(#[from] Unstarted),
    /// The record could not be looked at.
    #[error("the ledger could not be looked at: {0}")]
    Ledger(#[from] ledger::Error),
    /// The trail could not be told.
    #[error(transparent)]
    Shut(#[from] Shut),
}

/// What is to be put back, and with what it opens.
pub struct Wanted {
    /// The archive.
    pub archive: PathBuf,
    /// What opens it, where it is sealed.
    pub identities: Identities,
    /// Where the keys are, where they are not in it.
    pub keys: Option<PathBuf>,
    /// Whether it says how far it is.
    pub telling: Telling,
}

/// What was put back.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// Where; none after a drill, of which nothing is left.
    pub data_dir: Option<PathBuf>,
    /// What the archive says of itself.
    pub manifest: Manifest,
    /// Whether it is so.
    pub proof: Proof,
    /// What would keep a service on it from signing.
    pub hindrances: Vec<String>,
}

/// Puts a backup back where the settings say that the data are, and nothing may be.
pub async fn restore(config: Config, wanted: &Wanted) -> Result<Restored, Unrestored> {
    let manifest = look_through(wanted).await?;
    let data_dir = config.database.data_dir.clone().unwrap_or_else(embedded::default_data_dir);
    if !is_empty(&data_dir)? {
        return Err(Unrestored::NotEmpty(data_dir.display().to_string()));
    }
    let source = Source::find(&config).await?;
    let (app, proof, found) = fill(config, &source, wanted, &manifest).await?;
    let told = json!({ "snapshot_at": manifest.taken_at, "dump_sha256": manifest.dump.sha256 });
    app.db
        .write(Permit::service("restore"), async |_| {
            Ok::<_, Unrestored>(((), Event::at_large("backup.restored").with(&told)))
        })
        .await?;
    app.db.close().await;
    let data_dir = Some(source.data_dir().to_owned());
    let hindrances = found.iter().map(Hindrance::to_string).collect();
    Ok(Restored { data_dir, manifest, proof, hindrances })
}

/// Puts a backup back in a place of its own, proves it, and takes it away again.
pub async fn drill(mut config: Config, wanted: &Wanted) -> Result<Restored, Unrestored> {
    let manifest = look_through(wanted).await?;
    let place =
        trial_place().map_err(|source| Unrestored::Io { path: std::env::temp_dir(), source })?;
    config.database.url = None;
    config.database.migration_url = None;
    config.documents.store = Store::Files;
    // The server of a drill waits for no disk and has no standby; that is no fault of the backup.
    config.ledger.durable_only = false;
    config.ledger.standby = None;
    let source = Source::for_a_trial(&place.path().join("data")).await?;
    let filled = fill(config, &source, wanted, &manifest).await;
    if let Ok((app, ..)) = &filled {
        app.db.close().await;
    }
    source.stop().await?;
    let path = place.path().to_owned();
    place.close().map_err(|source| Unrestored::Io { path, source })?;
    let (_, proof, found) = filled?;
    let hindrances = found.iter().map(Hindrance::to_string).collect();
    Ok(Restored { data_dir: None, manifest, proof, hindrances })
}

/// Reads the whole archive, and changes nothing.
async fn look_through(wanted: &Wanted) -> Result<Manifest, Unrestored> {
    let mut parts = archive::read(wanted.archive.clone(), wanted.identities.clone());
    let manifest = loop {
        match parts.recv().await {
            Some(Ok(Part::Manifest(manifest))) => break *manifest,
            Some(Ok(_)) => {}
            Some(Err(unfit)) => return Err(unfit.into()),
            None => return Err(Unfit::CutOff.into()),
        }
    };
    InstallationId::parse(&manifest.installation)?;
    let own = crate::db::newest_migration();
    if manifest.schema > own {
        return Err(Unrestored::Newer(manifest.schema));
    }
    let is_kept = |folder: &PathBuf| folder.join("field.key").is_file();
    if manifest.keys.is_empty() && !wanted.keys.as_ref().is_some_and(is_kept) {
        return Err(Unrestored::NoKeys);
    }
    Ok(manifest)
}

/// Whether a directory is not there, or has nothing in it.
fn is_empty(dir: &Path) -> Result<bool, Unrestored> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(Unrestored::Io { path: dir.to_owned(), source }),
    }
}

/// A directory that goes with its value, and that the server's user can pass.
fn trial_place() -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("ceremony-restore-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o711));
    }
    builder.tempdir()
}

/// Puts everything back into a database and a store in which nothing is, and proves it.
async fn fill(
    config: Config,
    source: &Source,
    wanted: &Wanted,
    manifest: &Manifest,
) -> Result<(App, Proof, Vec<Hindrance>), Unrestored> {
    let mut conn = store::connect(source).await?;
    if !store::is_empty(&mut conn).await? {
        return Err(Unrestored::NotEmpty(format!("the database ({})", source.describe())));
    }
    let papers = server::papers(&config, source.data_dir()).await?;
    if papers.mark().await?.is_some() || !papers.names().await?.is_empty() {
        return Err(Unrestored::NotEmpty("the store of the papers".to_owned()));
    }
    let programs = Programs::of(source, &mut conn).await?;
    source.make_roles().await?;
    let parts = archive::read(wanted.archive.clone(), wanted.identities.clone());
    let keys = put_parts(parts, &programs, &papers, manifest, wanted.telling).await?;
    let rows: BTreeMap<_, _> = store::rows(&mut store::owner(source).await?).await?;
    put_keys(keys, wanted, &source.data_dir().join("keys"))?;

    source.migrate().await?;
    let app = source.open(config).await?;
    let proof = prove(&app, manifest, rows).await?;
    let found = treaty::hindrances(&app.db, &app.ledger, &app.ceremony).await?;
    Ok((app, proof, found))
}

/// A key file by its name.
type NamedKey = (String, Zeroizing<Vec<u8>>);

/// Puts back the database, then the papers. Gives the keys, which come last.
async fn put_parts(
    mut parts: mpsc::Receiver<Result<Part, Unfit>>,
    programs: &Programs,
    papers: &Papers,
    manifest: &Manifest,
    telling: Telling,
) -> Result<Vec<NamedKey>, Unrestored> {
    let steps = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let database = telling.phase("Database", steps(manifest.dump.bytes).div_ceil(PART_BYTES));
    let mut running = Some(programs.restore()?);
    let mut keys = Vec::new();
    let mut of_papers = None;
    while let Some(part) = parts.recv().await {
        match part? {
            Part::Dump(bytes) => {
                if let Some(running) = &mut running {
                    running.feed(&bytes).await;
                }
                database.step();
            }
            Part::Mark(id) => {
                end(&mut running).await?;
                papers.set_mark(InstallationId::parse(&id)?).await?;
                of_papers = Some(telling.phase("Papers", steps(manifest.papers.files)));
            }
            Part::Paper(name, bytes) => {
                papers.put_back(&name, bytes).await?;
                if let Some(phase) = &of_papers {
                    phase.step();
                }
            }
            Part::Key(name, bytes) => keys.push((name, bytes)),
            Part::Manifest(_) => break,
        }
    }
    end(&mut running).await?;
    database.end();
    if let Some(phase) = of_papers {
        phase.end();
    }
    Ok(keys)
}

async fn end(running: &mut Option<Running>) -> Result<(), Failed> {
    match running.take() {
        Some(running) => running.end().await,
        None => Ok(()),
    }
}

/// The last step: without keys nothing starts, so that what was broken off before is not taken for the whole.
fn put_keys(keys: Vec<NamedKey>, wanted: &Wanted, into: &Path) -> Result<(), KeyFile> {
    for (name, bytes) in keys {
        key_file::put_back(&into.join(name), &bytes)?;
    }
    for name in KEYS {
        let kept = wanted.keys.as_ref().map(|folder| key_file::read(&folder.join(name)));
        if let Some(key) = kept.transpose()?.flatten() {
            key_file::put_back(&into.join(name), key.as_slice())?;
        }
    }
    Ok(())
}
