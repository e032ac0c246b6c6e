//! Who may open an archive: recipients and identities of `age` files (`age-encryption.org/v1`, X25519).

use std::path::Path;
use std::str::FromStr as _;

use zeroize::Zeroizing;

/// Whoever has the identity to it can open what is sealed for it: `age1…`.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

impl Recipient {
    /// Reads `age1…`, as `age-keygen` prints it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        age::x25519::Recipient::from_str(text).map(Self).map_err(|_| {
            "a recipient begins with age1; age-keygen makes one and the identity that goes with it"
        })
    }

    pub(super) fn each(all: &[Self]) -> impl Iterator<Item = &dyn age::Recipient> {
        all.iter().map(|recipient| -> &dyn age::Recipient { &recipient.0 })
    }
}

/// What opens archives.
#[derive(Clone, Default)]
pub struct Identities(Vec<age::x25519::Identity>);

/// Why a file of identities is of no use.
#[derive(Debug, thiserror::Error)]
pub enum Unidentified {
    /// It cannot be read.
    #[error("the identity file {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is none in it.
    #[error("the identity file {0} holds no identity: a line that begins with AGE-SECRET-KEY-1")]
    Empty(String),
}

impl Identities {
    /// Reads a file as `age-keygen` writes it: an identity on each line that is not empty and no comment.
    pub fn read(path: &Path) -> Result<Self, Unidentified> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|source| Unidentified::Io { path: shown(), source })?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found: Result<Vec<_>, _> = lines.map(age::x25519::Identity::from_str).collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(Self(found)),
            _ => Err(Unidentified::Empty(shown())),
        }
    }

    /// Whether nobody named any.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| -> &dyn age::Identity { identity })
    }
}
