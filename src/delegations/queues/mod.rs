//! Queues of the staged approval (R41): what waits in each stage, the longest first, and who works on it.

pub mod api;
mod commands;
mod model;
mod store;

pub use api::Work;
pub use commands::for_filter;
pub use model::{Holder, Queue};
