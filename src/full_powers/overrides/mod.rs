//! Overrides of R6–R9, by two treaty officers and with a reason (R12).

pub mod api;
mod commands;
mod model;
mod store;

pub use model::{Lifted, Override, spare};
pub use store::list;
