//! What somebody needs in order to sign, and what is still missing (R6–R12).

pub mod api;
mod look;
mod model;

pub use look::{Looked, look};
pub use model::Requirement;
