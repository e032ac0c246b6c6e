//! The server programs of this machine.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::ServerUser;

/// The oldest major version that the schema works with.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Where packages put the programs: a parent directory, the start of its children's names, the rest of the path.
const USUAL_PLACES: [(&str, &str, &str); 8] = [
    ("/usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                  // the PostgreSQL project's packages for Red Hat
    ("/usr/libexec", "postgresql", ""),         // Alpine
    ("/usr/lib64", "postgresql", "bin"),        // Gentoo
    ("/opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("/usr/local", "pgsql", "bin"),             // built from source
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
];

/// The programs of one installed version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binaries {
    /// First, so that the newest version is the greatest.
    pub major: u32,
    minor: u32,
    /// The directory with `postgres`, `initdb` and `pg_ctl`.
    pub dir: PathBuf,
}

impl Binaries {
    /// The version as people write it, such as `15.18`.
    pub fn version(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Finds the newest programs that `user` can run, of version `major` if one is asked for.
///
/// `fetched` is where an earlier run may have put a fetched build.
pub(super) fn find(user: &ServerUser, fetched: PathBuf, major: Option<u32>) -> Option<Binaries> {
    let mut dirs: BTreeSet<PathBuf> = places().into_iter().chain([fetched]).collect();
    dirs.extend(reported_by_pg_config());
    newest(dirs.into_iter().filter_map(|dir| probe(user, dir)), major)
}

/// Asks the programs in `dir` for their version; `None` when some are missing or do not run.
pub(super) fn probe(user: &ServerUser, dir: PathBuf) -> Option<Binaries> {
    if !["postgres", "initdb", "pg_ctl"].iter().all(|program| dir.join(program).is_file()) {
        return None;
    }
    let answer = user.command(dir.join("postgres")).arg("--version").output().ok()?;
    let (major, minor) = parse_version(&String::from_utf8_lossy(&answer.stdout))?;
    Some(Binaries { major, minor, dir })
}

/// The directory of the oldest client programs that can copy a database of this major version: none copies a newer one.
pub(super) fn clients(major: u32) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs: BTreeSet<PathBuf> = places()
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(reported_by_pg_config())
        .collect();
    let able = dirs.into_iter().filter_map(|dir| {
        let is_whole = ["pg_dump", "pg_restore"].iter().all(|program| dir.join(program).is_file());
        let answer = Command::new(dir.join("pg_dump")).arg("--version").output();
        let version = String::from_utf8(answer.ok().filter(|_| is_whole)?.stdout).ok()?;
        parse_version(&version).filter(|(found, _)| *found >= major).map(|version| (version, dir))
    });
    able.min().map(|(_, dir)| dir)
}

fn newest(found: impl Iterator<Item = Binaries>, major: Option<u32>) -> Option<Binaries> {
    found
        .filter(|binaries| {
            major.map_or(binaries.major >= OLDEST_MAJOR, |major| binaries.major == major)
        })
        .max()
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)`; versions under development (`18beta1`) are not taken.
fn parse_version(answer: &str) -> Option<(u32, u32)> {
    let version = answer.split_whitespace().nth(2)?;
    let (major, minor) = version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A link in a directory of many programs leads to the directory where the server's own programs are together.
    let mut places: Vec<PathBuf> = std::env::split_paths(&path)
        .filter_map(|dir| fs::canonicalize(dir.join("postgres")).ok())
        .filter_map(|server| server.parent().map(Path::to_owned))
        .collect();
    for (parent, prefix, rest) in USUAL_PLACES {
        let children = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
        let versions = children.filter(|child| starts_with(&child.file_name(), prefix));
        places.extend(versions.map(|version| version.path().join(rest)));
    }
    places
}

fn starts_with(name: &OsStr, prefix: &str) -> bool {
    name.to_string_lossy().starts_with(prefix)
}

fn reported_by_pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    let dir = String::from_utf8(answer.stdout).ok()?;
    Some(PathBuf::from(dir.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(major: u32, minor: u32) -> Binaries {
        Binaries { major, minor, dir: PathBuf::from(format!("/opt/{major}.{minor}")) }
    }

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some((15, 18))
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 17.2\n"), Some((17, 2)));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn the_newest_is_taken_unless_the_data_ask_for_a_major_version() {
        let machine = [installed(16, 9), installed(14, 20), installed(17, 2), installed(16, 10)];
        let taken = |major| newest(machine.iter().cloned(), major);
        assert_eq!(taken(None), Some(installed(17, 2)));
        assert_eq!(taken(Some(16)), Some(installed(16, 10)));
        assert_eq!(taken(Some(15)), None);
    }

    #[test]
    fn a_version_before_15_is_not_taken_for_new_data() {
        assert_eq!(newest([installed(14, 20)].into_iter(), None), None);
    }
}
