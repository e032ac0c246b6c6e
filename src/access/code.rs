//! Codes: what was given to somebody, and lets them in once. Pure.

use zeroize::Zeroizing;

use crate::secret;
use crate::text::Fault;

/// The longest code that is looked at, in bytes; ours are far shorter.
const CODE_MAX_BYTES: usize = 200;

/// A secret that lets in once, whoever brings it: 256 bits, kept as a hash. Never printed, wiped when dropped.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// A fresh one, whose first letters say what it is for.
    #[must_use]
    pub fn fresh(prefix: &str) -> Self {
        Self(Zeroizing::new(format!("{prefix}{}", secret::random_text())))
    }

    /// Reads a code as somebody brought it. Whether it is one, only the database says: what cannot be a code is as unknown
    /// as what is none.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let input = input.trim();
        if input.is_empty() || input.len() > CODE_MAX_BYTES {
            return Err(Fault::new("invalid_code", "the code that was sent is expected"));
        }
        Ok(Self(Zeroizing::new(input.to_owned())))
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        secret::sha256(self.0.as_bytes())
    }

    /// The code itself, for whom it is made.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}
crate::input::from_string!(Code);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_256_bits_is_never_printed_and_comes_back_as_it_went_out() {
        let (one, other) = (Code::fresh("hci_"), Code::fresh("hci_"));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), "hci_".len() + 43, "256 bits in base64");
        assert_eq!(format!("{one:?}"), "Code(…)");
        let brought = Code::parse(&format!(" {}\n", one.expose())).unwrap();
        assert_eq!(brought.hash(), one.hash());
        assert!(Code::parse("").is_err() && Code::parse(&"x".repeat(201)).is_err());
    }
}
