//! Quotas: how many of a category a delegation may announce, and the exceptions that officers make (R33).

pub mod api;
mod commands;
mod model;
mod store;

pub use commands::must_fit;
pub use model::{Category, Full, Places, Quotas, Seat};
pub use store::places;
