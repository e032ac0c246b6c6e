//! Exports as jobs: a report that is asked for, made by a worker while nobody waits at the socket, and fetched within a day,
//! from any replica and in ranges of any size.
//!
//! A worker takes a job for a while and moves the end of that ahead as long as it lives. If it dies, another one makes the
//! job anew; whatever the first may still send is refused by the statement that would store it.

pub mod api;
mod commands;
mod keeping;
mod model;
mod range;
mod store;
mod worker;

pub use commands::{Wanted, enter, read, sweep};
pub use keeping::open;
pub use model::{Job, JobState, Why};
pub use worker::{work, work_due};
