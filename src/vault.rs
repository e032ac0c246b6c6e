//! What is unreadable at rest: envelope encryption under a key that is not in the database (R50).
//!
//! Each secret's owner (a member, a document) has a data key of its own, stored wrapped by the key-encryption key;
//! destroying the wrapped key destroys the secrets. Every box is bound to its *place* (table, column, row), so that
//! a box moved to another row does not open there.

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret;

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;

/// A box that does not open: another key, another place, or altered bytes.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this key at this place")]
pub struct Unopened;

/// Why the key-encryption key could not be had.
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
    /// It is another one than the database was begun with.
    #[error(
        "the key file {0} is not this database's: put back keys/field.key as it was when the database was begun.\n  \
         Or check the data directory and DATABASE_URL: one of them is another installation's."
    )]
    Foreign(String),
}

/// What is sealed when a database is begun, and where it belongs: whoever opens it has the same key.
const PROOF: &[u8] = b"hanoi-ceremony";
const PROOF_PLACE: &str = "installation.key_proof";

/// A symmetric key that seals and opens.
pub struct SealingKey(XChaCha20Poly1305);

impl SealingKey {
    fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*bytes)))
    }

    /// Seals `plain` for one place: nonce, then ciphertext and tag.
    ///
    /// # Panics
    /// Past 256 GiB, which no limit on bodies lets in.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the cipher refuses only messages past 256 GiB")]
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = secret::random();
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() })
            .expect("the message is shorter than 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        self.0
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| Unopened)
    }
}

/// A key by which values are compared without being read. Whoever has the table and not the key can neither read a
/// mark nor make one, so that there is nothing to be found by trying all passport numbers.
pub struct MarkingKey(Zeroizing<[u8; KEY_BYTES]>);

impl MarkingKey {
    /// Derived from the key-encryption key: there is no second secret to keep.
    fn derived(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(hmac(bytes, &[b"hanoi-ceremony marking key"])))
    }

    /// The mark of a value of a kind: HMAC-SHA256, the same for the same value.
    #[must_use]
    pub fn mark(&self, kind: &str, value: &str) -> [u8; 32] {
        // A kind has no zero byte: where it ends is certain.
        hmac(&self.0, &[kind.as_bytes(), b"\0", value.as_bytes()])
    }

    /// Tells this key from others, and nothing else about it.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        let digest = hmac(&self.0, &[b"\0id"]);
        digest.first_chunk().copied().unwrap_or_default()
    }
}

/// # Panics
/// Never: the function takes keys of any length.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn hmac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Holds the key-encryption key and makes data keys.
pub struct Vault {
    key: SealingKey,
    marking: MarkingKey,
}

impl Vault {
    /// Reads the key file, where there is one. Its directory is closed to others.
    pub fn open(path: &Path) -> Result<Option<Self>, KeyFile> {
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
        Ok(Some(Self::of(key)))
    }

    /// Makes a key file, readable by its owner only: for a database in which nothing is sealed yet.
    pub fn make(path: &Path) -> Result<Self, KeyFile> {
        let key = Zeroizing::new(secret::random::<KEY_BYTES>());
        write_private(path, key.as_slice())
            .map_err(|source| KeyFile::Io { path: path.display().to_string(), source })?;
        Ok(Self::of(&key))
    }

    /// Something by which this key is known again.
    #[must_use]
    pub fn proof(&self) -> Vec<u8> {
        self.key.seal(PROOF_PLACE, PROOF)
    }

    /// Whether a proof is of this key.
    #[must_use]
    pub fn has_made(&self, proof: &[u8]) -> bool {
        self.key.open(PROOF_PLACE, proof).is_ok_and(|text| text.as_slice() == PROOF)
    }

    fn of(bytes: &[u8; KEY_BYTES]) -> Self {
        Self { key: SealingKey::from_bytes(bytes), marking: MarkingKey::derived(bytes) }
    }

    /// A vault with a key that nobody keeps, for tests.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self::of(&secret::random())
    }

    /// The key-encryption key itself, for small boxes that have no owner of their own.
    #[must_use]
    pub fn key(&self) -> &SealingKey {
        &self.key
    }

    /// The key of the marks by which entries are compared.
    #[must_use]
    pub fn marking(&self) -> &MarkingKey {
        &self.marking
    }

    /// A fresh data key, and the same key wrapped for the place where it will be stored.
    #[must_use]
    pub fn fresh_key(&self, place: &str) -> (SealingKey, Vec<u8>) {
        let bytes = Zeroizing::new(secret::random::<KEY_BYTES>());
        (SealingKey::from_bytes(&bytes), self.key.seal(place, bytes.as_slice()))
    }

    /// The data key that was wrapped for this place.
    pub fn unwrap_key(&self, place: &str, wrapped: &[u8]) -> Result<SealingKey, Unopened> {
        let bytes = self.key.open(place, wrapped)?;
        Ok(SealingKey::from_bytes(bytes.as_slice().try_into().map_err(|_| Unopened)?))
    }
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

/// Writes a new file that only its owner can read; durable before it has its name.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
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
    let draft = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    // The name must survive a power failure too: all that is sealed under a lost key is lost with it.
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn r50_a_box_opens_only_at_its_place_and_unaltered() {
        let vault = Vault::ephemeral();
        let (key, wrapped) = vault.fresh_key("member/1");
        let mut sealed = key.seal("member.passport/1", b"X0000000");
        let same = vault.unwrap_key("member/1", &wrapped).unwrap();
        assert_eq!(same.open("member.passport/1", &sealed).unwrap().as_slice(), b"X0000000");
        assert!(same.open("member.passport/2", &sealed).is_err());
        assert!(vault.unwrap_key("member/2", &wrapped).is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(same.open("member.passport/1", &sealed).is_err());
        assert!(same.open("member.passport/1", b"short").is_err());
    }

    #[test]
    fn a_key_file_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys/field.key");
        assert!(Vault::open(&path).unwrap().is_none(), "to look for a key makes none");
        let fresh = Vault::make(&path).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

        std::fs::set_permissions(path.parent().unwrap(), std::fs::Permissions::from_mode(0o755))
            .unwrap();
        let read = Vault::open(&path).unwrap().unwrap();
        assert_eq!(mode(path.parent().unwrap()), 0o700, "a directory from before is closed");
        let sealed = fresh.key().seal("place", b"value");
        assert_eq!(read.key().open("place", &sealed).unwrap().as_slice(), b"value");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Vault::open(&path), Err(KeyFile::Exposed(_))));
    }

    #[test]
    fn a_key_is_known_again_by_its_proof() {
        let (one, other) = (Vault::ephemeral(), Vault::ephemeral());
        assert!(one.has_made(&one.proof()));
        assert!(!one.has_made(&other.proof()));
        assert!(!one.has_made(b""));
    }
}
