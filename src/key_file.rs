//! Key files: 32 bytes that only their owner can read, kept apart from what they open or seal.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::secret;

/// How long a key is.
pub const KEY_BYTES: usize = 32;

/// A key, which is gone from memory when it is let go.
pub type Key = Zeroizing<[u8; KEY_BYTES]>;

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFile {
    /// The file can be neither read nor made.
    #[error("the key file {path} cannot be read or made: {source}")]
    Io {
        /// Where it was looked for.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not 32 bytes.
    #[error("the key file {0} does not hold a key of 32 bytes")]
    Malformed(String),
    /// Somebody else than its owner could read the key.
    #[error(
        "the key file {0} is readable by others; make it readable by its owner only (chmod 600)"
    )]
    Exposed(String),
    /// There is none, and the database was begun with one.
    #[error(
        "the key file {0} is missing, and this database is sealed under one.\n  \
         1. Put back keys/field.key from where you keep it; without it passports and papers cannot be read.\n  \
         2. Or check the data directory and DATABASE_URL: one of them is another installation's.\n  \
         No new key was made."
    )]
    Missing(String),
    /// It is another one than the database is sealed under.
    #[error(
        "the key file {0} is not this database's: put back keys/field.key as it was when the database (or its backup) was made.\n  \
         Or check the data directory and DATABASE_URL: one of them is another installation's."
    )]
    Foreign(String),
}

/// Where the key lies that is to be put in force next.
#[must_use]
pub fn next(path: &Path) -> PathBuf {
    path.with_extension("next.key")
}

/// Reads a key file, where there is one. Its directory is closed to others.
pub fn read(path: &Path) -> Result<Option<Key>, KeyFile> {
    let shown = path.display().to_string();
    let io = |source| KeyFile::Io { path: shown.clone(), source };
    if !path.try_exists().map_err(io)? {
        return Ok(None);
    }
    close_to_others(path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if std::fs::metadata(path).map_err(io)?.permissions().mode() & 0o077 != 0 {
            return Err(KeyFile::Exposed(shown));
        }
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(io)?);
    let key = bytes.as_slice().try_into().map_err(|_| KeyFile::Malformed(shown))?;
    Ok(Some(Zeroizing::new(key)))
}

/// Makes a key file, readable by its owner only. Where there is one already, its key is what counts: of two who make one
/// at once, both get the same.
pub fn make(path: &Path) -> Result<Key, KeyFile> {
    let shown = || path.display().to_string();
    write_private(path, &Zeroizing::new(secret::random::<KEY_BYTES>()))
        .map_err(|source| KeyFile::Io { path: shown(), source })?;
    read(path)?.ok_or_else(|| KeyFile::Missing(shown()))
}

/// Puts back a key that was kept elsewhere, where there is no other.
pub fn put_back(path: &Path, bytes: &[u8]) -> Result<(), KeyFile> {
    let shown = || path.display().to_string();
    let key = bytes.try_into().map(Zeroizing::new).map_err(|_| KeyFile::Malformed(shown()))?;
    write_private(path, &key).map_err(|source| KeyFile::Io { path: shown(), source })
}

/// Puts the next key in the place of the one that has had its time, and lays that aside under its name. Says where it
/// lies; none where there was no next key. Stopped at any point, it goes on where it was.
pub fn replace(path: &Path, name: &str) -> std::io::Result<Option<PathBuf>> {
    let next = next(path);
    if !next.try_exists()? {
        return Ok(None);
    }
    let aside = path.with_extension(format!("{name}.retired"));
    match std::fs::hard_link(path, &aside) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::rename(next, path)?;
    keep_names(path)?;
    Ok(Some(aside))
}

/// Closes a file's directory to all but its owner. Where it is not ours to close, the file's own mode is what counts.
fn close_to_others(path: &Path) {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        use std::os::unix::fs::PermissionsExt as _;
        let is_open =
            std::fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if is_open
            && let Err(error) =
                std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        {
            tracing::warn!(%error, "the directory of the key file is open to others");
        }
    }
}

/// Writes a new file that only its owner can read; whole and durable before it has its name, which it takes from nobody.
fn write_private(path: &Path, bytes: &[u8; KEY_BYTES]) -> std::io::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(folder)?;
        close_to_others(path);
    }
    let draft = path.with_extension(format!("{}.new", secret::hex(&secret::random::<8>())));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let named = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match named {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => keep_names(path),
    }
}

/// Makes the names in a file's directory durable: all that is sealed under a lost key is lost with it.
fn keep_names(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
