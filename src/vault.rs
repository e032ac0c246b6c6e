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

pub use crate::key_file::KeyFile;
use crate::key_file::{self, KEY_BYTES};
use crate::secret;

const NONCE_BYTES: usize = 24;

/// A box that does not open: another key, another place, or altered bytes.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this key at this place")]
pub struct Unopened;

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
        Ok(key_file::read(path)?.map(|key| Self::of(&key)))
    }

    /// Makes a key file, readable by its owner only: for a database in which nothing is sealed yet.
    pub fn make(path: &Path) -> Result<Self, KeyFile> {
        Ok(Self::of(&*key_file::make(path)?))
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
