//! Photographs of a delegation's members, as one archive: each is matched with a person by the name of its file, seen
//! first, taken in whole or not at all, and can be taken back.

mod archive;
mod commands;
mod matching;
mod model;
mod store;

pub use commands::{commit, preview, roll_back};
pub use model::{Content, FileFault, PhotoPreview};
