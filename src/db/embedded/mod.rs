//! The database that comes with it: stock `PostgreSQL` under a small launcher.
//!
//! Programs are taken from this machine, or else fetched once; the server listens on a socket in a directory of mode
//! 0700 and nowhere else, so whoever gets there is trusted: the server's user, and root, under whom the service may run
//! while the server runs as `postgres`. All processes that use one data directory share one server, which stops when
//! the last of them is gone.

use std::fmt::Write;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use binaries::Binaries;
use place::Place;

mod binaries;
mod cluster;
mod error;
mod fetch;
mod place;
mod settings;
mod watchdog;

#[cfg(test)]
mod tests;

pub use error::Unavailable;
pub use place::default_data_dir;

/// Which server is wanted.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the data are; `None` for [`default_data_dir`], or in throwaway mode for a place shared by all tests.
    pub data_dir: Option<PathBuf>,
    /// Trades the data's safety for speed: for tests alone.
    pub throwaway: bool,
}

/// A running server, which goes on running for as long as this value, or another process's, is held.
#[derive(Debug)]
pub struct Server {
    place: Place,
    binaries: Binaries,
    /// The end of a pipe whose closing tells the watchdog that one user less is there.
    _held: File,
}

impl Server {
    /// Joins the server of the data directory if it runs, else starts it, creating the database if there is none.
    pub async fn start(options: &Options) -> Result<Self, Unavailable> {
        let options = options.clone();
        let (place, found) = blocking(move || {
            let place = Place::prepare(&options)?;
            let wanted = place.data_major().filter(|_| !place.throwaway);
            let found = binaries::find(&place.user, fetch::bin_dir(&place.builds()), wanted);
            Ok((place, found))
        })
        .await?;
        let binaries = match found {
            Some(binaries) => binaries,
            None => fetched(&place).await?,
        };
        blocking(move || {
            let held = cluster::join_or_start(&place, &binaries)?;
            Ok(Self { place, binaries, _held: held })
        })
        .await
    }

    /// Lets go of the server, and waits until it has stopped, which it does when nobody else uses it.
    pub async fn stop(self) -> Result<(), Unavailable> {
        let Self { place, _held: held, .. } = self;
        drop(held);
        blocking(move || cluster::wait_until_stopped(&place)).await
    }

    /// How to connect through the socket.
    #[must_use]
    pub fn connect_options(&self, user: &str, database: &str) -> PgConnectOptions {
        let options =
            PgConnectOptions::new_without_pgpass().socket(&self.place.socket_dir).port(5432);
        options.ssl_mode(PgSslMode::Disable).username(user).database(database)
    }

    /// The same as an address that `psql`, `pg_dump` and `DATABASE_URL` understand.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        let socket_dir = percent_encoded(self.place.socket_dir.as_os_str().as_encoded_bytes());
        let [user, database] = [user, database].map(|name| percent_encoded(name.as_bytes()));
        format!("postgresql://{user}@{socket_dir}:5432/{database}")
    }

    /// One line that says which server is used and where the data are.
    #[must_use]
    pub fn describe(&self) -> String {
        let (version, bin_dir, data) =
            (self.binaries.version(), self.bin_dir().display(), self.data_dir().display());
        format!("PostgreSQL {version} from {bin_dir}, data in {data}")
    }

    /// The directory of the data, of the logs and of the locks.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.place.root
    }

    /// The directory of the server's programs, such as `pg_dump`.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        &self.binaries.dir
    }
}

async fn fetched(place: &Place) -> Result<Binaries, Unavailable> {
    if let Some(major) =
        place.data_major().filter(|major| !place.throwaway && *major != fetch::MAJOR)
    {
        return Err(Unavailable::NoBinariesForData { root: place.root.clone(), major });
    }
    let dir =
        fetch::fetch(&place.builds()).await.map_err(|reason| Unavailable::NoBinaries { reason })?;
    let broken =
        || Unavailable::NoBinaries { reason: "the fetched build does not run here".to_owned() };
    binaries::probe(&place.user, dir).ok_or_else(broken)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unavailable> + Send + 'static,
) -> Result<T, Unavailable> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|error| Err(Unavailable::NotReady { reason: error.to_string() }))
}

/// Where the client programs are that can copy a database of a server of this major version and put the copy back.
#[must_use]
pub fn clients(major: u32) -> Option<PathBuf> {
    binaries::clients(major)
}

/// Says that the service runs on some data; the kernel lets go of it however the process ends.
#[derive(Debug)]
pub struct ServiceLock {
    _file: File,
}

/// Makes sure that one service at a time runs on the data in `data_dir`, which must exist.
///
/// Other commands need not ask: they join the server that the service uses.
pub fn lock_service(data_dir: &Path) -> Result<ServiceLock, Unavailable> {
    let path = data_dir.join("service.lock");
    let file = open_lock(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(ServiceLock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            Err(Unavailable::AlreadyServed { root: data_dir.to_owned() })
        }
        Err(TryLockError::Error(error)) => Err(Unavailable::at(&path)(error)),
    }
}

fn open_lock(path: &Path) -> Result<File, Unavailable> {
    // Only read by others than its creator, which is enough to lock it.
    let open = OpenOptions::new().read(true).open(path);
    let create = || OpenOptions::new().read(true).append(true).create(true).mode(0o644).open(path);
    open.or_else(|_| create()).map_err(Unavailable::at(path))
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
