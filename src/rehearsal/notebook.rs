//! What a rehearsal remembers between its runs: a seed for the passwords of its people, and what the service has
//! acknowledged.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::secret;

/// Stands in the file of the seed, for whoever comes across it.
const EXPLANATION: &str = "\
# The memory of a rehearsal. Keep it to yourself: whoever has it can log in as those who took part.
# The passwords of all of them follow from the seed. That of the administrator is written out, for the case that the
# rehearsal had to replace a one-time password.
";

/// The notebook cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the rehearsal's memory in {path} cannot be used: {source}")]
pub struct Unusable {
    /// The file.
    pub path: String,
    /// What the system says.
    pub source: io::Error,
}

/// The memory of a rehearsal, in two files that only their owner can read.
pub struct Notebook {
    seed: Zeroizing<String>,
    acknowledged: Mutex<File>,
    /// What was acknowledged before this run: each item with the latest version that was.
    pub earlier: BTreeMap<String, i64>,
}

impl Notebook {
    /// Opens the notebook at `path`, or begins one.
    pub fn open(path: &Path, administrator: &str) -> Result<Self, Unusable> {
        let fault = |path: &Path| {
            let path = path.display().to_string();
            move |source| Unusable { path, source }
        };
        let seed = match std::fs::read_to_string(path) {
            Ok(text) => seed_in(&Zeroizing::new(text)).ok_or_else(|| {
                fault(path)(io::Error::new(io::ErrorKind::InvalidData, "it has no seed"))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                begin(path, administrator).map_err(fault(path))?
            }
            Err(error) => return Err(fault(path)(error)),
        };
        let beside = path.with_extension("acknowledged");
        let earlier = match std::fs::read_to_string(&beside) {
            Ok(text) => latest(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(fault(&beside)(error)),
        };
        let acknowledged = private().append(true).create(true).open(&beside);
        let acknowledged = Mutex::new(acknowledged.map_err(fault(&beside))?);
        Ok(Self { seed, acknowledged, earlier })
    }

    /// The password of somebody of the rehearsal.
    pub fn password(&self, email: &str) -> Zeroizing<String> {
        password(&self.seed, email)
    }

    /// Notes that the service has answered for this version of an item. In the file when this returns.
    pub fn acknowledge(&self, item: &str, version: i64) {
        let mut file = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        // One call, so that a line is whole even if the process dies in the next moment. What cannot be noted can
        // only make the later check see less.
        if let Err(error) = file.write_all(format!("{version} {item}\n").as_bytes()) {
            tracing::warn!(%error, "could not note an acknowledged write");
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn begin(path: &Path, administrator: &str) -> io::Result<Zeroizing<String>> {
    if let Some(folder) = path.parent() {
        // Passed through by the database's own user, listed by nobody else.
        DirBuilder::new().recursive(true).mode(0o711).create(folder)?;
    }
    let seed = Zeroizing::new(secret::random_text());
    let password = password(&seed, administrator);
    let text = Zeroizing::new(format!(
        "{EXPLANATION}seed = \"{}\"\nadministrator_password = \"{}\"\n",
        seed.as_str(),
        password.as_str()
    ));
    // Whole before it has its name: half a seed would lock the rehearsal out.
    let draft: PathBuf = path.with_extension("new");
    let mut file = private().write(true).create(true).truncate(true).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(seed)
}

fn seed_in(text: &str) -> Option<Zeroizing<String>> {
    let line = text.lines().find_map(|line| line.strip_prefix("seed = \""))?;
    let seed = line.strip_suffix('"').filter(|seed| seed.len() >= 40)?;
    Some(Zeroizing::new(seed.to_owned()))
}

fn password(seed: &str, email: &str) -> Zeroizing<String> {
    let digest = secret::sha256(format!("rehearsal password\n{seed}\n{email}"));
    Zeroizing::new(secret::hex(&digest).chars().take(40).collect())
}

/// Each item with its latest version; a last line that was cut off is left out.
fn latest(text: &str) -> BTreeMap<String, i64> {
    let mut latest = BTreeMap::new();
    for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        if let Some((version, item)) = line.split_once(' ')
            && let Ok(version) = version.parse::<i64>()
        {
            let known = latest.entry(item.to_owned()).or_insert(version);
            *known = version.max(*known);
        }
    }
    latest
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_notebook_gives_the_same_passwords_again_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/rehearsal.toml");
        let first = Notebook::open(&path, "a@ceremony.example").unwrap();
        let password = first.password("vnm@rehearsal.example");
        drop(first);
        let again = Notebook::open(&path, "a@ceremony.example").unwrap();
        assert_eq!(*again.password("vnm@rehearsal.example"), *password);
        assert_ne!(*again.password("fra@rehearsal.example"), *password);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(again.password("a@ceremony.example").as_str()));
        for path in [path.clone(), path.with_extension("acknowledged")] {
            assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "seed = \"short\"\n").unwrap();
        assert!(Notebook::open(&path, "a@ceremony.example").is_err());
    }

    #[test]
    fn what_was_acknowledged_is_read_back_without_a_line_cut_short() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rehearsal.toml");
        let first = Notebook::open(&path, "a@ceremony.example").unwrap();
        for (item, version) in [("/a", 1), ("/b", 3), ("/a", 2), ("/b", 1)] {
            first.acknowledge(item, version);
        }
        let beside = path.with_extension("acknowledged");
        OpenOptions::new().append(true).open(beside).unwrap().write_all(b"9 /a").unwrap();
        let again = Notebook::open(&path, "a@ceremony.example").unwrap();
        assert_eq!(again.earlier, BTreeMap::from([("/a".to_owned(), 2), ("/b".to_owned(), 3)]));
    }
}
