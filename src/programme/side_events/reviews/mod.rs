//! What the programme's officers think of an application: one review each.

pub mod api;
mod commands;
mod model;
pub(super) mod store;

pub use commands::{merits, must_suffice};
