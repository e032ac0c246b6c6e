//! Whoever is asked to organize a side event as well is told of it.
//!
//! A sponsor may not write to other missions, so the service tells them itself, in a transaction of its own: after each step
//! that may ask somebody, and by housekeeping. Each request is told once, whoever is first.

mod commands;
mod store;

pub use commands::{tell, tell_after_step};
