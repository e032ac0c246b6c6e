//! Uploaded papers: sniffed, hashed, encrypted outside the database, verified or refused by an officer (R35, R50).

pub mod api;
mod commands;
mod keeping;
mod lodging;
mod model;
mod papers;
mod photo;
mod rights;
mod sniff;
mod store;
#[cfg(test)]
mod tests;

pub use api::attached;
pub use commands::{Error, Finding, Paper, content_of, discard, find_so, reviewer};
pub use keeping::{Misplaced, in_place, recognize, sweep};
pub use lodging::{Lodged, enter, judge_photo, lodge, within_quota};
pub use model::{Digest, Document, DocumentKind, DocumentState, FileName};
pub use papers::{Broken, Papers, Parcel, bucket};
pub use photo::Warning;
pub use rights::know as to_know;
pub use sniff::{MediaType, Unacceptable};
pub use store::{Held, find, held, hold, list_known_files as known_files, named_files};
