//! Where a server's files are and as whom its processes run.
//!
//! ```text
//! <data directory>/
//!   pg/            the database itself; belongs to the server's user
//!   run/           the socket and the pipes of the users, mode 0700
//!   log/           a week of server logs
//!   postgresql/    a fetched build, if one was needed
//!   start.lock     held while a server is being started
//!   service.lock   held while the service runs
//! ```

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{Options, Unavailable};

/// A socket's path has 104 bytes on macOS and 108 on Linux, one of them a NUL, 14 of them the socket's own name.
const SOCKET_DIR_MAX_BYTES: usize = 104 - 1 - "/.s.PGSQL.5432".len();

/// Room that the tests' data should have in shared memory.
const SHARED_MEMORY_MIN_BYTES: u64 = 1 << 30;

/// Whom the server's processes run as.
#[derive(Debug, Clone)]
pub(super) struct ServerUser {
    /// User and group to change to; `None` when the server runs as the caller.
    ids: Option<(u32, u32)>,
}

impl ServerUser {
    /// `PostgreSQL` refuses to run as root, so root hands over: to the owner of the data, else to `postgres` or `nobody`.
    fn choose(root: &Path) -> Result<Self, Unavailable> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { ids: None });
        }
        let owner = [root.join("pg"), root.to_owned()].iter().find_map(|path| {
            let owned = fs::metadata(path).ok()?;
            (owned.uid() != 0).then_some((owned.uid(), owned.gid()))
        });
        let ids = owner.or_else(|| account("postgres")).or_else(|| account("nobody"));
        ids.map(|ids| Self { ids: Some(ids) }).ok_or(Unavailable::NoServerUser)
    }

    /// A command that runs as this user, with nothing of the caller's environment: that holds secrets.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("LC_ALL", "C")
            .current_dir("/");
        if let Some((uid, gid)) = self.ids {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn own(&self, path: &Path) -> io::Result<()> {
        self.ids.map_or(Ok(()), |(uid, gid)| chown(path, Some(uid), Some(gid)))
    }
}

/// Asks the system, which may keep its users elsewhere than in `/etc/passwd`.
fn account(name: &str) -> Option<(u32, u32)> {
    let ask = |flag: &str| -> Option<u32> {
        let answer = Command::new("id").args([flag, name]).output().ok()?;
        String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
    };
    Some((ask("-u")?, ask("-g")?))
}

/// The directories of one server.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub root: PathBuf,
    pub user: ServerUser,
    /// `run/`, or a short private directory when the path of `run/` is too long for a socket.
    pub socket_dir: PathBuf,
    pub throwaway: bool,
}

impl Place {
    /// Creates what is missing and makes sure that the server's user gets there.
    pub fn prepare(options: &Options) -> Result<Self, Unavailable> {
        let root = match &options.data_dir {
            Some(dir) => dir.clone(),
            None if options.throwaway => throwaway_dir(),
            None => default_data_dir(),
        };
        create_root(&root, options)?;
        let root = root.canonicalize().map_err(Unavailable::at(&root))?;
        let user = ServerUser::choose(&root)?;
        let place =
            Self { socket_dir: socket_dir(&root), root, user, throwaway: options.throwaway };
        for dir in [place.run(), place.logs(), place.socket_dir.clone()] {
            place.create_private(&dir).map_err(Unavailable::at(&dir))?;
        }
        let reached =
            place.user.command("/bin/sh").args(["-c", "cd \"$0\""]).arg(place.run()).output();
        if !reached.is_ok_and(|answer| answer.status.success()) {
            return Err(Unavailable::Unreachable { root: place.root });
        }
        Ok(place)
    }

    /// The database's own directory.
    pub fn pg(&self) -> PathBuf {
        self.root.join("pg")
    }

    /// The directory of the pipes and, if its path is short enough, of the socket.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// The directory of the server's logs.
    pub fn logs(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Where builds are fetched to.
    pub fn builds(&self) -> PathBuf {
        self.root.join("postgresql")
    }

    /// The major version that wrote the data, if there are any.
    pub fn data_major(&self) -> Option<u32> {
        fs::read_to_string(self.pg().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Creates a directory that only the server's user (and root) can enter; one of somebody else's is refused.
    pub fn create_private(&self, dir: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => self.user.own(dir),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let found = fs::symlink_metadata(dir)?;
                let owner =
                    self.user.ids.map_or(rustix::process::geteuid().as_raw(), |(uid, _)| uid);
                if !found.is_dir() || found.uid() != owner {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        "it belongs to another user",
                    ));
                }
                fs::set_permissions(dir, Permissions::from_mode(0o700))
            }
            Err(error) => Err(error),
        }
    }
}

/// Where the data are when nobody says otherwise.
///
/// As root `/var/lib/hanoi-ceremony`, else the user's data directory of the platform.
#[must_use]
pub fn default_data_dir() -> PathBuf {
    const NAME: &str = "hanoi-ceremony";
    if rustix::process::geteuid().is_root() {
        return Path::new("/var/lib").join(NAME);
    }
    let home = std::env::home_dir().unwrap_or_default();
    if cfg!(target_os = "macos") {
        return home.join("Library/Application Support").join(NAME);
    }
    let configured =
        std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    configured.unwrap_or_else(|| home.join(".local/share")).join(NAME)
}

/// One directory for all test processes of a user and a version of this program.
fn throwaway_dir() -> PathBuf {
    let name = format!(
        "hanoi-ceremony-test-{}-{}",
        rustix::process::geteuid().as_raw(),
        env!("CARGO_PKG_VERSION")
    );
    let in_memory = Path::new("/dev/shm").join(&name);
    let room =
        rustix::fs::statvfs("/dev/shm").map_or(0, |fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    if in_memory.exists() || room >= SHARED_MEMORY_MIN_BYTES {
        in_memory
    } else {
        std::env::temp_dir().join(name)
    }
}

fn create_root(root: &Path, options: &Options) -> Result<(), Unavailable> {
    // The server's user must pass through a directory of root's, but needs not see what else is there.
    let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(root).map_err(Unavailable::at(root))?;
    if options.throwaway && options.data_dir.is_none() {
        // Its name can be foreseen and its parent is open to all.
        let found = fs::symlink_metadata(root).map_err(Unavailable::at(root))?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
            return Err(Unavailable::Unreachable { root: root.to_owned() });
        }
    }
    Ok(())
}

fn socket_dir(root: &Path) -> PathBuf {
    let run = root.join("run");
    if run.as_os_str().len() <= SOCKET_DIR_MAX_BYTES {
        return run;
    }
    let hash = crate::secret::hex(&Sha256::digest(root.as_os_str().as_encoded_bytes()));
    Path::new("/tmp").join(format!("hanoi-ceremony-{hash:.16}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_too_long_for_a_socket_gets_a_short_directory_of_its_own() {
        let short = Path::new("/var/lib/hanoi-ceremony");
        assert_eq!(socket_dir(short), short.join("run"));
        let long =
            [Path::new("/srv").join("a".repeat(120)), Path::new("/srv").join("b".repeat(120))];
        for path in &long {
            assert!(socket_dir(path).as_os_str().len() <= SOCKET_DIR_MAX_BYTES);
        }
        assert_ne!(socket_dir(&long[0]), socket_dir(&long[1]));
    }
}
