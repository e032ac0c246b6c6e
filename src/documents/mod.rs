//! Uploaded papers: sniffed, hashed, encrypted outside the database, verified or refused by an officer (R35, R50).

pub mod api;
mod commands;
mod keeping;
mod model;
mod papers;
mod photo;
mod rights;
mod sniff;
mod store;
#[cfg(test)]
mod tests;

pub use commands::{Error, Finding, discard, find_so, reviewer};
pub use keeping::{Misplaced, in_place, recognize, sweep};
pub use model::{Digest, Document, DocumentKind, DocumentState, FileName};
pub use papers::{Broken, Papers};
pub use photo::Warning;
pub use rights::know as to_know;
pub use sniff::MediaType;
pub use store::{Held, find, held, hold};
