//! How a leaf says what it says, whatever it is about.

use serde::Serialize;

use crate::secret::{hex, sha256};

/// SHA-256 of a salt and of what a leaf does not say, as JSON on one line, hexadecimal: it is committed to, and whoever has
/// both can show it.
pub fn salted(salt: &[u8], unsaid: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(hex(&sha256([salt, &serde_json::to_vec(unsaid)?].concat())))
}

/// A moment of the database, `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, in the form of RFC 3339. What is none stays different from
/// all that are.
#[must_use]
pub fn moment(text: &str) -> String {
    format!("{}Z", text.replacen(' ', "T", 1))
}
