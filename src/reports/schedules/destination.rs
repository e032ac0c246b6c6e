//! Where files go: directories and buckets that the operator has named. Each file is there whole or not at all, and none takes
//! the place of another.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Seek as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::web::Bytes;
use futures_util::Stream;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt as _;

use super::model::{Recipient, Undelivered};
use super::seal;
use crate::config::{self, Exports};
use crate::documents;
use crate::mail::Trouble;
use crate::reports::export::Broken;
use crate::vault::Unopened;

/// The destination that is everybody's own address. No other one is called so.
pub const MAIL: &str = "mail";
/// What a file may be read by: its owner and its group, which is the directory's where that says so.
const FILE_MODE: u32 = 0o640;
/// How much is sent to a bucket at a time, and in how many pieces.
const PIECE_BYTES: u64 = 1024 * 1024;
const PARTS_AT_ONCE: usize = 2;

/// Why destinations cannot be used as the settings have them.
#[derive(Debug, thiserror::Error)]
pub enum Misplaced {
    /// Its name.
    #[error(
        "exports.destinations.{0}: a name of small letters, digits and hyphens is expected, and not `mail`"
    )]
    Name(String),
    /// It is none of the kinds, or several.
    #[error(
        "exports.destinations.{0}: either a directory by its full path or a bucket (s3) is expected"
    )]
    Kind(String),
    /// The bucket.
    #[error("exports.destinations.{0}.s3 cannot be used: {1}")]
    Bucket(String, object_store::Error),
}

/// What keeps a file from where it was to go.
#[derive(Debug, thiserror::Error)]
pub enum Stuck {
    /// Its owner may not have it any more.
    #[error("its owner's right to it has ended")]
    RightEnded,
    /// There is none.
    #[error("its job has no result")]
    NotMade,
    /// Nobody knows the place any more.
    #[error("the settings have no destination of this name")]
    NoDestination,
    /// It is more than a letter carries.
    #[error("it is too large for a letter")]
    TooLarge,
    /// It takes too long.
    #[error("it took too long")]
    Slow,
    /// The directory.
    #[error("a file could not be written: {0}")]
    Io(#[from] io::Error),
    /// The bucket.
    #[error("the bucket failed: {0}")]
    Store(#[from] object_store::Error),
    /// The letter.
    #[error("the letter did not leave: {0}")]
    Letter(Trouble),
    /// What was made, while it was read.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Its key.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl Stuck {
    /// What is told of it.
    #[must_use]
    pub fn why(&self) -> Undelivered {
        match self {
            Self::RightEnded | Self::Broken(Broken::RightEnded) => Undelivered::RightEnded,
            Self::NotMade | Self::Broken(Broken::Overtaken) => Undelivered::NotMade,
            Self::NoDestination => Undelivered::NoDestination,
            Self::TooLarge => Undelivered::TooLarge,
            _ => Undelivered::Unreachable,
        }
    }

    /// Whether it will be the same however often it is tried.
    #[must_use]
    pub fn is_for_good(&self) -> bool {
        self.why() != Undelivered::Unreachable
    }
}

/// The places that the operator has named.
pub struct Destinations(BTreeMap<String, Depot>);

/// One of them.
pub enum Depot {
    /// A directory.
    Directory(PathBuf),
    /// A bucket.
    Bucket(Arc<dyn ObjectStore>),
}

/// A file on its way.
pub struct Freight<'a, S> {
    /// What it is called there.
    pub name: &'a str,
    /// To whose keys it is encrypted.
    pub recipients: &'a [Recipient],
    /// Its bytes.
    pub content: S,
    /// Where it can wait, without a name.
    pub workshop: &'a Path,
}

impl Destinations {
    /// Reads the settings. Nothing is written or asked for yet: a place that is away for a while is no reason not to start.
    pub fn open(settings: &Exports) -> Result<Self, Misplaced> {
        let opened = settings.destinations.iter().map(|(name, place)| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name == MAIL || name.is_empty() || !name.chars().all(is_plain) {
                return Err(Misplaced::Name(name.clone()));
            }
            let depot = match place {
                config::Destination { directory: Some(directory), s3: None }
                    if directory.is_absolute() =>
                {
                    Depot::Directory(directory.clone())
                }
                config::Destination { directory: None, s3: Some(s3) } => {
                    let bucket = documents::bucket(s3);
                    let bucket = bucket.map_err(|error| Misplaced::Bucket(name.clone(), error))?;
                    Depot::Bucket(Arc::new(bucket))
                }
                _ => return Err(Misplaced::Kind(name.clone())),
            };
            Ok((name.clone(), depot))
        });
        opened.collect::<Result<_, _>>().map(Self)
    }

    /// A place by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Depot> {
        self.0.get(name)
    }
}

impl Depot {
    /// Puts a file there. One of its name is there already where a worker has died over the same run: it stays.
    pub async fn put<S>(&self, freight: Freight<'_, S>) -> Result<(), Stuck>
    where
        S: Stream<Item = Result<Bytes, Broken>>,
    {
        match self {
            Self::Directory(directory) => put_into(directory, freight).await,
            Self::Bucket(bucket) => {
                let at = object_store::path::Path::from(freight.name);
                match bucket.head(&at).await {
                    Ok(_) => return Ok(()),
                    Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
                let file = freight.unload().await?;
                upload(bucket.as_ref(), &at, file).await
            }
        }
    }
}

impl<S: Stream<Item = Result<Bytes, Broken>>> Freight<'_, S> {
    /// Writes it into a file without a name.
    pub async fn unload(self) -> Result<File, Stuck> {
        let mut file =
            seal::write(self.content, self.recipients, tempfile::tempfile_in(self.workshop)?)
                .await?;
        file.rewind()?;
        Ok(file)
    }
}

/// Writes a file beside its place, makes it durable, and gives it its name, unless one has it.
async fn put_into<S>(directory: &Path, freight: Freight<'_, S>) -> Result<(), Stuck>
where
    S: Stream<Item = Result<Bytes, Broken>>,
{
    let (directory, name) = (directory.to_owned(), freight.name.to_owned());
    let place = directory.join(&name);
    let begun = {
        let (directory, place) = (directory.clone(), place.clone());
        off_the_reactor(move || {
            if place.try_exists()? { Ok(None) } else { draft(&directory, &name).map(Some) }
        })
    };
    let Some(draft) = begun.await? else { return Ok(()) };
    let (file, path) = draft.into_parts();
    seal::write(freight.content, freight.recipients, file).await?;
    off_the_reactor(move || {
        match path.persist_noclobber(&place) {
            Err(fault) if fault.error.kind() == io::ErrorKind::AlreadyExists => {}
            named => named.map_err(|fault| fault.error)?,
        }
        File::open(&directory)?.sync_all()
    })
    .await
}

/// A file that is not whole yet, in the place of those that others left who died over it.
fn draft(directory: &Path, name: &str) -> io::Result<NamedTempFile> {
    let start = format!(".{name}.");
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            fs::remove_file(entry.path())?;
        }
    }
    let mode = Permissions::from_mode(FILE_MODE);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&start).suffix(".part").permissions(mode).tempfile_in(directory)
}

/// Sends a file to a bucket: it is there with its last part.
async fn upload(
    bucket: &dyn ObjectStore,
    at: &object_store::path::Path,
    file: File,
) -> Result<(), Stuck> {
    let mut file = tokio::fs::File::from_std(file);
    let mut upload = WriteMultipart::new(bucket.put_multipart(at).await?);
    loop {
        let mut piece = Vec::new();
        if (&mut file).take(PIECE_BYTES).read_to_end(&mut piece).await? == 0 {
            break;
        }
        upload.wait_for_capacity(PARTS_AT_ONCE).await?;
        upload.put(piece.into());
    }
    upload.finish().await?;
    Ok(())
}

async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stuck> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_destination_has_a_plain_name_and_one_place() {
        let opened = |destinations: &str| {
            let text = format!("[exports.destinations]\n{destinations}");
            Destinations::open(&Config::from_toml(&text).unwrap().exports)
        };
        let bucket = "{ region = 'eu-1', bucket = 'drop' }";
        let both = format!("archive = {{ directory = '/srv', s3 = {bucket} }}");
        for wrong in [
            "mail = { directory = '/srv' }",
            "'../etc' = { directory = '/srv' }",
            "Archive = { directory = '/srv' }",
            "archive = { directory = 'srv' }",
            "archive = {}",
            &both,
        ] {
            assert!(opened(wrong).is_err(), "{wrong}");
        }
        let good =
            opened(&format!("archive = {{ directory = '/srv' }}\ndrop-1 = {{ s3 = {bucket} }}"));
        assert!(good.is_ok_and(|all| all.find("drop-1").is_some() && all.find("mail").is_none()));
    }

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all_and_takes_no_others_place() {
        let home = tempfile::tempdir().unwrap();
        let depot = Depot::Directory(home.path().to_owned());
        let put = |pieces: Vec<Result<Bytes, Broken>>| {
            let content = futures_util::stream::iter(pieces);
            let workshop = home.path();
            depot.put(Freight { name: "a.csv", recipients: &[], content, workshop })
        };
        let files = || {
            let names = fs::read_dir(home.path()).unwrap();
            names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let half = put(vec![Ok("half".into()), Err(Broken::RightEnded)]).await;
        assert_eq!(half.unwrap_err().why(), Undelivered::RightEnded);
        assert_eq!(files(), Vec::<String>::new());
        // What somebody left who was killed is taken away by the next.
        fs::write(home.path().join(".a.csv.x.part"), "half").unwrap();
        for text in ["whole", "another"] {
            put(vec![Ok(text.into())]).await.unwrap();
            assert_eq!(fs::read_to_string(home.path().join("a.csv")).unwrap(), "whole");
        }
        assert_eq!(files(), ["a.csv"]);
    }
}
