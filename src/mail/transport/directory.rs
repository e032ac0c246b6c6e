//! Letters as files: for trying out, and for whoever carries them on by other means.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::Trouble;

/// Writes a letter as `<id>.eml`, for its owner's eyes only: it may hold what lets somebody in. The same letter written
/// again is the same file.
pub(super) async fn write(directory: PathBuf, id: Uuid, bytes: Vec<u8>) -> Result<(), Trouble> {
    let written = tokio::task::spawn_blocking(move || write_private(&directory, id, &bytes)).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::debug!(kind = ?error.kind(), "a letter could not be written");
            Err(Trouble::Storage)
        }
        Err(_) => Err(Trouble::Storage),
    }
}

fn write_private(directory: &Path, id: Uuid, bytes: &[u8]) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.create(directory)?;
    let draft = directory.join(format!("{id}.new"));
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, directory.join(format!("{id}.eml")))?;
    std::fs::File::open(directory)?.sync_all()
}

/// Takes away letters that have lain in the directory for so long, by the clock of its file system. Says how many.
pub(in crate::mail) fn sweep(
    directory: &Path,
    now: SystemTime,
    keep: Duration,
) -> std::io::Result<usize> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let is_letter = path.extension().is_some_and(|ending| ending == "eml" || ending == "new");
        let is_old = entry.metadata()?.modified()?.checked_add(keep).is_some_and(|end| end < now);
        if is_letter && is_old {
            std::fs::remove_file(path)?;
            swept += 1;
        }
    }
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_letter_is_a_file_for_its_owners_eyes_and_not_for_ever() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mail");
        let id = Uuid::nil();
        for text in ["once", "again"] {
            write(directory.clone(), id, text.into()).await.unwrap();
        }
        let file = directory.join(format!("{id}.eml"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "again");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));

        let day = Duration::from_hours(24);
        let written = std::fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(sweep(&directory, written + day, day).unwrap(), 0);
        assert_eq!(sweep(&directory, written + 2 * day, day).unwrap(), 1);
        assert_eq!(sweep(&home.path().join("nowhere"), written, day).unwrap(), 0);
        let blocked = write(file.join("below a file"), id, Vec::new()).await;
        assert!(blocked.is_ok() || blocked == Err(Trouble::Storage));
    }
}
