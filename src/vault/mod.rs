//! What is unreadable at rest: envelope encryption under a key that is not in the database (R50).
//!
//! Each secret's owner (a member, a document) has a data key of its own, stored wrapped by the key-encryption key;
//! destroying the wrapped key destroys the secrets. Every box is bound to its *place* (table, column, row), so that
//! a box moved to another row does not open there.
//!
//! What is sealed under the key-encryption key itself ([`Wrapped`]) begins with the name of that key: it can be exchanged
//! for another while the service runs, and both are at hand until nothing is sealed under the old one any more.

mod marking;
#[cfg(test)]
mod tests;
mod wrapped;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key_file::{self, KEY_BYTES};
use crate::secret;

pub use crate::key_file::KeyFile;
pub use marking::MarkingKey;
pub use wrapped::Wrapped;

const NONCE_BYTES: usize = 24;

/// A box that does not open: another key, another place, or altered bytes.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this key at this place")]
pub struct Unopened;

/// The key that was put in force is in none of the key files here.
#[derive(Debug, thiserror::Error)]
#[error("the key that is in force is not here: copy it to keys/field.next.key")]
pub struct NotHere;

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

/// The bytes of a data key, until they are wrapped. Written down, as it may be inside what is sealed, it is all in clear.
#[derive(Clone, Serialize, Deserialize)]
pub struct DataKey(#[serde(with = "clear")] Zeroizing<[u8; KEY_BYTES]>);

impl DataKey {
    /// A key that nobody has had.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Zeroizing::new(secret::random()))
    }

    /// The key, to seal and open with.
    #[must_use]
    pub fn sealing(&self) -> SealingKey {
        SealingKey::from_bytes(&self.0)
    }
}

/// The bytes of a key, for what is sealed as a whole.
mod clear {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use zeroize::Zeroizing;

    use super::KEY_BYTES;

    pub fn serialize<S: Serializer>(
        key: &Zeroizing<[u8; KEY_BYTES]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        key.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, D::Error> {
        <[u8; KEY_BYTES]>::deserialize(deserializer).map(Zeroizing::new)
    }
}

/// Names a key-encryption key, and says nothing else about it.
pub type KeyId = [u8; 8];

/// A key-encryption key, with what is derived from it.
struct Encryption {
    id: KeyId,
    sealing: SealingKey,
    marking: Arc<MarkingKey>,
}

impl Encryption {
    fn of(bytes: &[u8; KEY_BYTES]) -> Self {
        let marking = MarkingKey::derived(bytes);
        let sealing = SealingKey::from_bytes(bytes);
        Self { id: marking.id(), sealing, marking: Arc::new(marking) }
    }

    fn proof(&self) -> Vec<u8> {
        self.sealing.seal(PROOF_PLACE, PROOF)
    }

    fn has_made(&self, proof: &[u8]) -> bool {
        self.sealing.open(PROOF_PLACE, proof).is_ok_and(|text| text.as_slice() == PROOF)
    }
}

/// Holds the key-encryption keys, of which one is in force, and makes data keys.
pub struct Vault {
    /// The one in force comes first.
    ring: RwLock<Vec<Arc<Encryption>>>,
    /// Where the keys come from, and where one comes from that is put in force meanwhile.
    file: Option<PathBuf>,
}

impl Vault {
    /// Reads the key file, and the next one, where there are any. Their directory is closed to others.
    pub fn open(path: &Path) -> Result<Option<Self>, KeyFile> {
        let ring = keys(path)?;
        let file = Some(path.to_owned());
        Ok((!ring.is_empty()).then(|| Self { ring: RwLock::new(ring), file }))
    }

    /// Makes a key file, readable by its owner only: for a database in which nothing is sealed yet.
    pub fn make(path: &Path) -> Result<Self, KeyFile> {
        let key = Encryption::of(&*key_file::make(path)?);
        Ok(Self { ring: RwLock::new(vec![Arc::new(key)]), file: Some(path.to_owned()) })
    }

    /// A vault with a key that nobody keeps, for tests.
    #[must_use]
    pub fn ephemeral() -> Self {
        let key = Encryption::of(&secret::random());
        Self { ring: RwLock::new(vec![Arc::new(key)]), file: None }
    }

    /// Something by which the key in force is known again.
    #[must_use]
    pub fn proof(&self) -> Vec<u8> {
        self.in_force().proof()
    }

    /// The same for a key that is to be put in force.
    pub fn proof_of(&self, id: &KeyId) -> Result<Vec<u8>, NotHere> {
        self.look_again();
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.iter().find(|key| key.id == *id).map(|key| key.proof()).ok_or(NotHere)
    }

    /// Puts that key in force of which this is the proof; `false` where it is not here.
    #[must_use]
    pub fn recognize(&self, proof: &[u8]) -> bool {
        self.put_first(|key| key.has_made(proof))
    }

    /// The name of the key in force.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.in_force().id
    }

    /// Puts the key of this name in force. Where it is not known yet, the key files are read anew.
    pub fn follow(&self, id: &[u8]) -> Result<(), NotHere> {
        let is_meant = |key: &Encryption| key.id == id;
        if self.put_first(is_meant) || self.look_again() && self.put_first(is_meant) {
            return Ok(());
        }
        Err(NotHere)
    }

    /// Makes the key that is to be put in force next, where there is none yet. Says its name.
    pub fn prepare(path: &Path) -> Result<KeyId, KeyFile> {
        Ok(Encryption::of(&*key_file::make(&key_file::next(path))?).id)
    }

    /// Puts the file of the key in force in the place of the one before, where it lies beside it, and lays that aside.
    /// Says where it lies.
    pub fn retire(&self) -> Result<Option<PathBuf>, KeyFile> {
        let Some(path) = &self.file else { return Ok(None) };
        let io = |source| KeyFile::Io { path: path.display().to_string(), source };
        let Some(current) = key_file::read(path)?.map(|bytes| Encryption::of(&bytes)) else {
            return Ok(None);
        };
        let next = key_file::read(&key_file::next(path))?.map(|bytes| Encryption::of(&bytes).id);
        if current.id == self.key_id() || next != Some(self.key_id()) {
            return Ok(None);
        }
        key_file::replace(path, &secret::hex(&current.id)).map_err(io)
    }

    /// The key of the marks by which entries are compared.
    #[must_use]
    pub fn marking(&self) -> Arc<MarkingKey> {
        Arc::clone(&self.in_force().marking)
    }

    /// A fresh data key, and the same key wrapped for the row where it will be stored.
    #[must_use]
    pub fn fresh_key(&self, of: Wrapped, row: impl Display) -> (SealingKey, Vec<u8>) {
        let key = DataKey::fresh();
        (key.sealing(), self.wrap(of, row, &key))
    }

    /// A data key, wrapped for the row where it will be stored: in the transaction that stores it, since the key that is
    /// in force before it may not be in force in it.
    #[must_use]
    pub fn wrap(&self, of: Wrapped, row: impl Display, key: &DataKey) -> Vec<u8> {
        self.seal_box(of, row, key.0.as_slice())
    }

    /// The data key that was wrapped for this row.
    pub fn unwrap_key(
        &self,
        of: Wrapped,
        row: impl Display,
        wrapped: &[u8],
    ) -> Result<SealingKey, Unopened> {
        let bytes = self.open_box(of, row, wrapped)?;
        Ok(SealingKey::from_bytes(bytes.as_slice().try_into().map_err(|_| Unopened)?))
    }

    /// Seals a small box that has no owner of its own: the name of the key, then the box.
    #[must_use]
    pub fn seal_box(&self, of: Wrapped, row: impl Display, plain: &[u8]) -> Vec<u8> {
        self.seal_away(&of.place(row), plain)
    }

    /// Seals what somebody else keeps for us for a while and brings back: it stands in no table, and is sealed anew by nobody.
    #[must_use]
    pub fn seal_away(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let key = self.in_force();
        [key.id.as_slice(), &key.sealing.seal(place, plain)].concat()
    }

    /// Opens what was sealed for the same row, whichever key it was sealed under.
    pub fn open_box(
        &self,
        of: Wrapped,
        row: impl Display,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let place = of.place(row);
        let opened = self.try_all(&place, sealed);
        // A key that was put in force since the files were read is in them by now.
        if opened.is_none() && self.look_again() {
            return self.try_all(&place, sealed).ok_or(Unopened);
        }
        opened.ok_or(Unopened)
    }

    /// Opens what was sealed for the same place and came back. What comes from outside makes us read no files.
    pub fn open_again(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        self.try_all(place, sealed).ok_or(Unopened)
    }

    /// The same box, sealed under the key in force.
    pub fn reseal(
        &self,
        of: Wrapped,
        row: impl Display,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Unopened> {
        let plain = self.open_box(of, &row, sealed)?;
        Ok(self.seal_box(of, row, &plain))
    }

    fn try_all(&self, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let named = sealed.split_first_chunk();
        let named = named.and_then(|(id, rest)| {
            ring.iter().find(|key| key.id == *id)?.sealing.open(place, rest).ok()
        });
        // A box from before boxes were named.
        named.or_else(|| ring.iter().find_map(|key| key.sealing.open(place, sealed).ok()))
    }

    fn in_force(&self) -> Arc<Encryption> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        #[expect(
            clippy::expect_used,
            reason = "no vault is made without a key, and none is taken out"
        )]
        Arc::clone(ring.first().expect("a vault has a key"))
    }

    fn put_first(&self, is_meant: impl Fn(&Encryption) -> bool) -> bool {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = ring.iter().position(|key| is_meant(key)) else { return false };
        ring.swap(0, at);
        true
    }

    /// Reads the key files anew, and says whether there was a key in them that was not known.
    fn look_again(&self) -> bool {
        let Some(file) = &self.file else { return false };
        let found = match keys(file) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the key files cannot be read anew");
                return false;
            }
        };
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let known = ring.len();
        for key in found {
            if ring.iter().all(|other| other.id != key.id) {
                ring.push(key);
            }
        }
        ring.len() > known
    }
}

/// The keys of the key file and of the next one beside it.
fn keys(path: &Path) -> Result<Vec<Arc<Encryption>>, KeyFile> {
    let mut ring = Vec::new();
    for path in [path, &key_file::next(path)] {
        ring.extend(key_file::read(path)?.map(|bytes| Arc::new(Encryption::of(&bytes))));
    }
    Ok(ring)
}
