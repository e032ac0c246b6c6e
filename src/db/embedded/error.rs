//! Why there is no server, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST_MAJOR;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// No programs on this machine, and none could be fetched.
    #[error(
        "no PostgreSQL server was found on this machine and none could be fetched: {reason}.\n{}",
        ways_out(None)
    )]
    NoBinaries {
        /// Why none could be fetched.
        reason: String,
    },
    /// There are data, but no programs of the major version that wrote them.
    #[error("{} was written by PostgreSQL {major}, which was not found on this machine.\n{}", root.display(), ways_out(Some(*major)))]
    NoBinariesForData {
        /// The data directory.
        root: PathBuf,
        /// The version that wrote it.
        major: u32,
    },
    /// Root must hand the server over to somebody, and there is nobody.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor a user `nobody`"
    )]
    NoServerUser,
    /// The data directory is closed to the server's user, such as below root's home, or is somebody else's.
    #[error("the data directory {} cannot be reached by the user that the database server runs as; choose another", root.display())]
    Unreachable {
        /// The data directory.
        root: PathBuf,
    },
    /// The server did not come up.
    #[error("the database server did not start:\n{reason}")]
    NotReady {
        /// The end of its log.
        reason: String,
    },
    /// Another service runs on the same data.
    #[error("another service already runs on the data in {}", root.display())]
    AlreadyServed {
        /// The data directory.
        root: PathBuf,
    },
    /// A file or directory could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Unavailable {
    /// For `map_err`: the error of what was tried at `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

fn ways_out(major: Option<u32>) -> String {
    let version =
        major.map_or_else(|| format!("{OLDEST_MAJOR} or newer"), |major| major.to_string());
    let last = match major {
        Some(_) => "or start with an empty data directory: --data-dir PATH",
        None => {
            "or let this machine reach github.com once, so that a build with a known hash can be fetched."
        }
    };
    format!(
        "Set DATABASE_URL to a running server's address,\n\
         or install PostgreSQL {version} (Debian: apt install postgresql, macOS: brew install postgresql@17),\n\
         {last}"
    )
}
