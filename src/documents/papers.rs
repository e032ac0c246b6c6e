//! The file store: the sealed content of papers, outside the database: in a directory, or in a store that speaks S3.
//!
//! A file is named by the SHA-256 of its sealed bytes. It is written once and never changed, so that the store can be
//! copied while it is in use and checked without a key. What makes it readable, the wrapped key, is only in the row.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::local::LocalFileSystem;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::model::Digest;
use crate::config::S3;
use crate::ids::{DocumentId, InstallationId};
use crate::vault::{DataKey, SealingKey, Unopened, Vault, Wrapped};

/// How many papers are sealed or opened at the same time; each takes a few times its size of memory while it lasts.
const PAPERS_AT_ONCE: usize = 4;

/// How long a bucket's store is waited for: who uploads waits as long, and is then told to come back.
const CONNECTING: Duration = Duration::from_secs(3);
const TRANSFER: Duration = Duration::from_secs(20);
const RETRIES: usize = 2;

/// What went wrong with stored content. The log learns which; a client learns that it should try later.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The store failed, or the file is not there.
    #[error("the file store failed")]
    Store(#[from] object_store::Error),
    /// The directory cannot be made or used.
    #[error("the file store's directory cannot be used")]
    Directory(#[from] std::io::Error),
    /// The file's bytes are not those that were written.
    #[error("a stored paper was altered, cut or moved: its hash is another")]
    Altered,
    /// The file is whole, but does not belong to this row, or the key is another.
    #[error("a stored paper does not open: its key or its row was exchanged")]
    Unopened(#[from] Unopened),
    /// The file that says whose the papers are says something else.
    #[error("its file `installation` does not hold an identity")]
    Unmarked,
    /// The process is stopping.
    #[error("the work was broken off")]
    BrokenOff,
}

/// The file store. Cheap to clone; clones share their turns.
#[derive(Clone)]
pub struct Papers(Arc<Inner>);

struct Inner {
    files: Arc<dyn ObjectStore>,
    turns: Semaphore,
}

/// Content in the store that no row knows of yet, and what opens it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Parcel {
    /// Whose place it is sealed for: of the paper that it is to be.
    pub id: DocumentId,
    /// Of the plain content.
    pub sha256: Digest,
    /// The name in the store: the SHA-256 of the sealed bytes.
    pub name: Digest,
    /// Its key.
    pub key: DataKey,
}

/// What a row knows of its content.
pub struct Locator {
    /// The paper.
    pub id: DocumentId,
    /// Of the plain content.
    pub sha256: Digest,
    /// The name in the store.
    pub sealed_sha256: Digest,
    /// The data key, wrapped.
    pub sealed_key: Vec<u8>,
}

impl Papers {
    /// The store in this directory, which is made where it is missing, for its owner only.
    pub fn open(dir: &Path) -> Result<Self, Broken> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(dir)?;
        // The store makes durable what it writes below; that the directory itself is there must be durable, too.
        #[cfg(unix)]
        if let Some(parent) = dir.canonicalize()?.parent() {
            std::fs::File::open(parent)?.sync_all()?;
        }
        // With fsync, a file is written beside its place, made durable, renamed, and its directory made durable too.
        let files = LocalFileSystem::new_with_prefix(dir)?.with_fsync(true);
        Ok(Self::of(Arc::new(files)))
    }

    /// The store in a bucket, which must be there: asking for what lies in it finds out, so that a wrong key is told at
    /// the start and not to the first mission that uploads.
    pub async fn in_bucket(settings: &S3) -> Result<Self, Broken> {
        let papers = Self::of(Arc::new(bucket(settings)?));
        papers.0.files.list(None).try_next().await?;
        Ok(papers)
    }

    fn of(files: Arc<dyn ObjectStore>) -> Self {
        Self(Arc::new(Inner { files, turns: Semaphore::new(PAPERS_AT_ONCE) }))
    }

    /// Waits until there is room for the work on one more paper; hold it while the content is in memory.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, Broken> {
        self.0.turns.acquire().await.map_err(|_| Broken::BrokenOff)
    }

    /// Hashes and seals content under a key of its own, off the reactor, and stores it; durable when this returns. What is
    /// not for good is not stored.
    pub async fn deposit(&self, plain: Bytes, for_good: bool) -> Result<Parcel, Broken> {
        let (parcel, sealed) = off_the_reactor(move || {
            let (id, key) = (DocumentId::fresh(), DataKey::fresh());
            let sealed = Bytes::from(key.sealing().seal(&content_place(id), &plain));
            let (sha256, name) = (Digest::of(&plain), Digest::of(&sealed));
            Ok((Parcel { id, sha256, name, key }, sealed))
        })
        .await?;
        if for_good {
            self.0.files.put(&path(&parcel.name), sealed.into()).await?;
        }
        Ok(parcel)
    }

    /// The content of what was deposited.
    pub async fn collect(&self, parcel: &Parcel) -> Result<Bytes, Broken> {
        self.open_file(parcel.id, parcel.name, parcel.sha256, parcel.key.sealing()).await
    }

    /// The content of a paper, once it is proven to be the content that was uploaded for this very row.
    pub(super) async fn fetch(&self, vault: &Vault, at: Locator) -> Result<Bytes, Broken> {
        let key = vault.unwrap_key(Wrapped::Document, at.id, &at.sealed_key)?;
        self.open_file(at.id, at.sealed_sha256, at.sha256, key).await
    }

    async fn open_file(
        &self,
        id: DocumentId,
        name: Digest,
        sha256: Digest,
        key: SealingKey,
    ) -> Result<Bytes, Broken> {
        let sealed = self.0.files.get(&path(&name)).await?.bytes().await?;
        off_the_reactor(move || {
            if Digest::of(&sealed) != name {
                return Err(Broken::Altered);
            }
            let plain = key.open(&content_place(id), &sealed)?;
            if Digest::of(&plain) != sha256 {
                return Err(Broken::Altered);
            }
            // The bytes are wiped when the answer has gone out.
            Ok(Bytes::from_owner(plain))
        })
        .await
    }

    /// Removes content; that it is gone already is no fault.
    pub(super) async fn remove(&self, sealed_sha256: &Digest) -> Result<(), Broken> {
        match self.0.files.delete(&path(sealed_sha256)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of all files.
    pub async fn names(&self) -> Result<Vec<Digest>, Broken> {
        self.written_before(DateTime::<Utc>::MAX_UTC).await
    }

    /// A file as it lies in the store, proven to be what was written; none where there is none.
    pub async fn sealed(&self, name: &Digest) -> Result<Option<Bytes>, Broken> {
        let bytes = match self.0.files.get(&path(name)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if Digest::of(&bytes) == *name { Ok(Some(bytes)) } else { Err(Broken::Altered) }
    }

    /// Puts back a file as it once lay in the store; durable when this returns.
    pub async fn put_back(&self, name: &Digest, sealed: Bytes) -> Result<(), Broken> {
        self.0.files.put(&path(name), sealed.into()).await?;
        Ok(())
    }

    /// Of which installation the papers are, where the store says it.
    pub async fn mark(&self) -> Result<Option<InstallationId>, Broken> {
        let bytes = match self.0.files.get(&mark_path()).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
        InstallationId::parse(text).map(Some).map_err(|_| Broken::Unmarked)
    }

    /// Says of which installation the papers are; durable when this returns.
    pub async fn set_mark(&self, id: InstallationId) -> Result<(), Broken> {
        self.0.files.put(&mark_path(), format!("{id}\n").into_bytes().into()).await?;
        Ok(())
    }

    /// The names of all files written before a moment.
    pub(super) async fn written_before(
        &self,
        moment: DateTime<Utc>,
    ) -> Result<Vec<Digest>, Broken> {
        let files = self.0.files.list(None);
        let names = files.try_filter_map(|file| async move {
            let name = file.location.filename().and_then(Digest::parse);
            Ok(name.filter(|_| file.last_modified < moment))
        });
        Ok(names.try_collect().await?)
    }
}

/// A bucket as the settings name it. Nothing is asked of it yet.
pub fn bucket(settings: &S3) -> Result<AmazonS3, object_store::Error> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        // The store refuses what was altered on the way there; on the way back we hash it ourselves.
        .with_checksum_algorithm(Checksum::SHA256)
        .with_client_options(
            ClientOptions::new().with_connect_timeout(CONNECTING).with_timeout(TRANSFER),
        )
        .with_retry(RetryConfig { max_retries: RETRIES, ..RetryConfig::default() });
    if let Some(endpoint) = &settings.endpoint {
        let is_plain = endpoint.as_str().starts_with("http://");
        builder = builder.with_endpoint(endpoint.as_str()).with_allow_http(is_plain);
    }
    if let Some(key) = &settings.secret_access_key {
        let key = key.expose_secret();
        builder = builder.with_access_key_id(&settings.access_key_id).with_secret_access_key(key);
    }
    builder.build()
}

/// Beside the directories of the papers; its name is no hash, so that it is never taken for a paper.
fn mark_path() -> object_store::path::Path {
    object_store::path::Path::from_iter(["installation"])
}

/// Spread over 256 directories, so that none grows long.
fn path(sealed_sha256: &Digest) -> object_store::path::Path {
    let name = sealed_sha256.to_string();
    let shard = name.get(..2).unwrap_or_default();
    object_store::path::Path::from_iter([shard, name.as_str()])
}

fn content_place(id: DocumentId) -> String {
    format!("document.content/{id}")
}

async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Broken> + Send + 'static,
) -> Result<T, Broken> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Broken::BrokenOff)?
}
