//! Randomness and digests: the one place where secrets are made.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Chooses the cryptography of TLS for this process. Whoever asks another server for something, for the database's
/// build or a stored paper, needs it, and no library chooses by itself: call it first in the program. Twice is once.
pub fn provide_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// Where the operating system has no randomness.
///
/// The generator cannot fail on the systems that this runs on once the machine has booted; should it ever, going on
/// with weak secrets would be worse than stopping.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where randomness is drawn")]
#[expect(clippy::expect_used, reason = "no secret is better than a weak one")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// 256 random bits as text that survives a header, a URL and a double click.
#[must_use]
pub fn random_text() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A password for somebody else's first login: five groups of four letters and digits, none of them easily confused.
///
/// 20 characters of 31 are 99 bits.
#[must_use]
pub fn initial_password() -> String {
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut groups = vec![String::new(); 5];
    for group in &mut groups {
        while group.len() < 4 {
            // 248 is the largest multiple of 31 below 256: bytes past it would favour the first letters.
            let [byte] = random::<1>();
            if byte < 248 {
                let letter = ALPHABET.get(usize::from(byte % 31)).copied().unwrap_or(b'x');
                group.push(char::from(letter));
            }
        }
    }
    groups.join("-")
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initial_password_is_readable_aloud_and_never_the_same() {
        let (a, b) = (initial_password(), initial_password());
        assert_ne!(a, b);
        assert_eq!(a.len(), 24);
        assert!(a.split('-').all(|g| g.len() == 4) && !a.contains(['0', 'o', '1', 'l', 'i']));
    }
}
