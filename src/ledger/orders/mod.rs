//! Freezing a log for maintenance, thawing it, closing it for good: by two officers, or by whoever runs the service.

pub mod api;
mod commands;
mod model;
mod store;

pub use commands::{is_frozen, order};
