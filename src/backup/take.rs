//! Taking a backup, while the service goes on.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::archive::{self, KEYS, PART_BYTES, Part};
use super::dump::{Failed, Programs};
use super::manifest::{Dump, FORM, Manifest, PapersHeld};
use super::seal::Recipient;
use super::store;
use crate::access::Permit;
use crate::config::Config;
use crate::db::{self, Event, Schema, Shut};
use crate::documents::{self, Broken, Digest, Papers};
use crate::http::App;
use crate::key_file::{self, Key, KeyFile};
use crate::rehearsal::Telling;
use crate::secret;
use crate::server::{Source, Unstarted};
use crate::vault::Vault;

/// Why there is no backup. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum Untaken {
    /// The place is taken.
    #[error("{} is there already: a backup takes no other file's place", .0.display())]
    Taken(PathBuf),
    /// The archive could not be written.
    #[error("the archive could not be written to {}: {source}. Nothing is left of it", folder.display())]
    Unwritten {
        /// Where.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The schema is another one than the program's.
    #[error(
        "the schema of the database is of migration {}, and this program is of {}: take the backup with the program that serves, before it is replaced",
        .0.found, .0.own
    )]
    OtherSchema(Schema),
    /// The installation is not whole.
    #[error(transparent)]
    Unstarted(#[from] Unstarted),
    /// PostgreSQL's programs.
    #[error(transparent)]
    Programs(#[from] Failed),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The store of the papers.
    #[error("the papers could not be copied: {0}")]
    Papers(#[from] Broken),
    /// The key files.
    #[error(transparent)]
    Key(#[from] KeyFile),
    /// The keys that were read are not those of the snapshot.
    #[error("the key is being exchanged at this very moment; take the backup when that is done")]
    KeyMoved,
    /// The writer ended first; what it says counts.
    #[error("the archive was broken off")]
    BrokenOff,
    /// The trail could not be told. The archive was whole, and is gone.
    #[error(transparent)]
    Shut(#[from] Shut),
}

/// A backup that was taken.
#[derive(Debug, Serialize)]
pub struct Taken {
    /// Where it lies.
    pub file: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
    /// Whether it is sealed, and so holds the keys.
    pub is_sealed: bool,
    /// What is in it.
    pub manifest: Manifest,
}

/// Takes a backup into a file that is not there yet, or into a directory, under a name that says when.
pub async fn take(
    config: Config,
    source: &Source,
    to: &Path,
    recipients: Vec<Recipient>,
    telling: Telling,
) -> Result<Taken, Untaken> {
    // A later program would bring the schema up to date with the next start, of which the backup is the way back.
    let mut conn = store::owner(source).await?;
    let schema = db::schema(&mut conn).await?;
    if schema.found != schema.own {
        return Err(Untaken::OtherSchema(schema));
    }
    let app = source.open(config).await?;
    let at = app.db.clock.now();
    let is_sealed = !recipients.is_empty();
    let file = place(to, at, is_sealed)?;
    let folder = archive::folder_of(&file).to_owned();
    let unwritten = |source| Untaken::Unwritten { folder: folder.clone(), source };

    let mut copy = Copy::begin(&app, source, conn, is_sealed, at).await?;
    let (parts, writing) = archive::write(folder.clone(), recipients, at);
    let sent = copy.send_all(&parts, telling).await;
    drop(parts);
    let written = writing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    let draft = match (sent, written) {
        (Ok(()) | Err(Untaken::BrokenOff), written) => written.map_err(unwritten)?,
        (Err(error), _) => return Err(error),
    };
    let (bytes, sha256, manifest) = (draft.bytes, draft.sha256.clone(), copy.manifest);
    let taken = Taken { file, bytes, sha256, is_sealed, manifest };
    draft.name(&taken.file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Untaken::Taken(taken.file.clone()),
        _ => unwritten(error),
    })?;
    // After the name: a backup that the trail knows of and that is none would keep everybody from noticing.
    if let Err(error) = tell(&app, &taken).await {
        fs::remove_file(&taken.file).map_err(unwritten)?;
        return Err(error);
    }
    app.db.close().await;
    Ok(taken)
}

/// Where it is to lie.
fn place(to: &Path, at: DateTime<Utc>, is_sealed: bool) -> Result<PathBuf, Untaken> {
    let file = if to.is_dir() {
        let end = if is_sealed { "tar.age" } else { "tar" };
        to.join(format!("ceremony-{}.{end}", at.format("%Y%m%dT%H%M%SZ")))
    } else {
        to.to_owned()
    };
    if file.exists() { Err(Untaken::Taken(file)) } else { Ok(file) }
}

/// Tells the audit trail, which the next backup has.
async fn tell(app: &App, taken: &Taken) -> Result<(), Untaken> {
    let Taken { manifest, .. } = taken;
    let told = json!({
        "snapshot_at": manifest.taken_at, "sha256": taken.sha256, "bytes": taken.bytes, "sealed": taken.is_sealed,
        "papers": manifest.papers.files, "papers_lost": manifest.papers.lost.len(),
    });
    let written = app.db.write(Permit::service("backup"), async |_| {
        Ok::<_, Untaken>(((), Event::at_large("backup.taken").with(&told)))
    });
    written.await.map(drop)
}

/// A database and its papers while they are copied.
struct Copy<'a> {
    papers: &'a Papers,
    /// None where nothing keeps others from reading them.
    keys: Vec<(&'static str, Key)>,
    programs: Programs,
    /// Its transaction is the snapshot.
    conn: PgConnection,
    snapshot: String,
    bytes: i64,
    /// What the rows of the snapshot name.
    named: BTreeSet<Digest>,
    manifest: Manifest,
}

impl<'a> Copy<'a> {
    /// Opens the snapshot, and counts what it holds.
    async fn begin(
        app: &'a App,
        source: &Source,
        mut conn: PgConnection,
        with_keys: bool,
        at: DateTime<Utc>,
    ) -> Result<Self, Untaken> {
        let keys = if with_keys { keys_in(&source.data_dir().join("keys"))? } else { Vec::new() };
        let snapshot = store::open_snapshot(&mut conn).await?;
        let whole = store::whole(&mut conn).await?;
        if with_keys && !are_of(source, &keys, &whole)? {
            return Err(Untaken::KeyMoved);
        }
        let (_, postgresql) = store::server_version(&mut conn).await?;
        let programs = Programs::of(source, &mut conn).await?;
        let manifest = Manifest {
            form: FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: at,
            installation: whole.installation.to_string(),
            key: secret::hex(&whole.key_id.unwrap_or_default()),
            schema: db::newest_migration(),
            postgresql,
            dump: Dump::default(),
            rows: store::rows(&mut conn).await?,
            record_entries: app.ledger.extent(&mut conn).await?.entries,
            trail_entries: app.audit.extent(&mut conn).await?.entries,
            papers: PapersHeld::default(),
            keys: keys.iter().map(|(name, _)| (*name).to_owned()).collect(),
        };
        let named = documents::named_files(&mut conn).await?.into_iter().collect();
        let (papers, bytes) = (&app.papers, whole.bytes);
        Ok(Self { papers, keys, programs, conn, snapshot, bytes, named, manifest })
    }

    /// Sends all parts in their order.
    async fn send_all(&mut self, to: &mpsc::Sender<Part>, telling: Telling) -> Result<(), Untaken> {
        self.send_dump(to, telling).await?;
        self.send_papers(to, telling).await?;
        for (name, key) in &self.keys {
            send(to, Part::Key((*name).to_owned(), Zeroizing::new(key.to_vec()))).await?;
        }
        send(to, Part::Manifest(Box::new(self.manifest.clone()))).await
    }

    async fn send_dump(
        &mut self,
        to: &mpsc::Sender<Part>,
        telling: Telling,
    ) -> Result<(), Untaken> {
        use sha2::Digest as _;
        let expected = usize::try_from(self.bytes).unwrap_or_default() / PART_BYTES;
        let phase = telling.phase("Database", expected.max(1));
        let mut dump = self.programs.dump(&self.snapshot)?;
        let (mut sha256, mut length) = (sha2::Sha256::new(), 0);
        loop {
            let bytes = dump.next(PART_BYTES).await?;
            if bytes.is_empty() {
                break;
            }
            sha256.update(&bytes);
            length += u64::try_from(bytes.len()).unwrap_or_default();
            send(to, Part::Dump(bytes)).await?;
            phase.step();
        }
        dump.end().await?;
        phase.end();
        self.manifest.dump = Dump { bytes: length, sha256: secret::hex(&sha256.finalize()) };
        Ok(())
    }

    /// All that lies in the store now. What came after the snapshot is no row's in it, and does no harm.
    async fn send_papers(
        &mut self,
        to: &mpsc::Sender<Part>,
        telling: Telling,
    ) -> Result<(), Untaken> {
        send(to, Part::Mark(self.manifest.installation.clone())).await?;
        let files: BTreeSet<_> = self.papers.names().await?.into_iter().collect();
        let mut unfound: BTreeSet<_> = self.named.difference(&files).copied().collect();
        let phase = telling.phase("Papers", files.len());
        for name in files {
            match self.papers.sealed(&name).await {
                Ok(Some(bytes)) => {
                    self.manifest.papers.files += 1;
                    self.manifest.papers.bytes += u64::try_from(bytes.len()).unwrap_or_default();
                    send(to, Part::Paper(name, bytes)).await?;
                }
                // Of what no row names nothing is missed.
                Ok(None) | Err(Broken::Altered) => {
                    unfound.extend(self.named.get(&name));
                }
                Err(error) => return Err(error.into()),
            }
            phase.step();
        }
        phase.end();
        self.account_for(unfound).await
    }

    /// What rows of the snapshot name and the store does not have was erased meanwhile, where its row is gone now, or else
    /// lost before.
    async fn account_for(&mut self, unfound: BTreeSet<Digest>) -> Result<(), Untaken> {
        if unfound.is_empty() {
            return Ok(());
        }
        store::close_snapshot(&mut self.conn).await?;
        let names: Vec<_> = unfound.into_iter().collect();
        let known = documents::known_files(&mut self.conn, &names).await?;
        let (lost, erased): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| known.contains(name));
        let told = |names: Vec<Digest>| names.iter().map(Digest::to_string).collect();
        (self.manifest.papers.lost, self.manifest.papers.erased) = (told(lost), told(erased));
        Ok(())
    }
}

async fn send(to: &mpsc::Sender<Part>, part: Part) -> Result<(), Untaken> {
    to.send(part).await.map_err(|_| Untaken::BrokenOff)
}

/// The keys of a directory.
fn keys_in(folder: &Path) -> Result<Vec<(&'static str, Key)>, KeyFile> {
    let each =
        KEYS.iter().map(|name| Ok(key_file::read(&folder.join(name))?.map(|key| (*name, key))));
    each.filter_map(Result::transpose).collect()
}

/// Whether keys that were read before a snapshot are those that open it: they are still there, and among them is the one in
/// force. An exchange lays a key aside only when nothing is sealed under it any more.
fn are_of(source: &Source, keys: &[(&str, Key)], whole: &store::Whole) -> Result<bool, KeyFile> {
    let vault = Vault::open(&source.key_file())?;
    let key_id = whole.key_id.as_deref().unwrap_or_default();
    let is_here = vault.is_some_and(|vault| vault.follow(key_id).is_ok());
    Ok(is_here && keys_in(&source.data_dir().join("keys"))? == keys)
}
