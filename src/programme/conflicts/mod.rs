//! What does not fit: rooms, persons, equipment (R47).

pub mod api;
mod commands;
mod model;

pub use commands::{Draft, must_fit};
pub use model::{Conflict, ConflictKind, Level, Levels, conflicts};
