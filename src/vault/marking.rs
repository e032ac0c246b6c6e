//! Marks: values that are compared without being read.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KEY_BYTES;

/// A key by which values are compared without being read. Whoever has the table and not the key can neither read a
/// mark nor make one, so that there is nothing to be found by trying all passport numbers.
pub struct MarkingKey(Zeroizing<[u8; KEY_BYTES]>);

impl MarkingKey {
    /// Derived from the key-encryption key: there is no second secret to keep.
    pub(super) fn derived(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(hmac(bytes, &[b"hanoi-ceremony marking key"])))
    }

    /// The mark of a value of a kind: HMAC-SHA256, the same for the same value.
    #[must_use]
    pub fn mark(&self, kind: &str, value: &str) -> [u8; 32] {
        // A kind has no zero byte: where it ends is certain.
        hmac(&self.0, &[kind.as_bytes(), b"\0", value.as_bytes()])
    }

    /// Tells this key, and the one that it is derived from, from others, and nothing else about them.
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
