//! Schedules: a report that is made every hour or every day, and put where its owner said.
//!
//! A run is an export job of its owner like any other: audited, made by the same worker, ended with the right to it. What is
//! here is the clock before it and the way after it. A run begins in the transaction that moves the clock on; that it has
//! arrived is noted once it has, and the name of its file follows from its instant, so that whoever finishes for a worker
//! that died finds what that one may have left.

pub mod api;
mod commands;
mod destination;
mod model;
mod runs;
mod seal;
mod store;
mod view;

pub use commands::forget_stopped;
pub use destination::{Destinations, Misplaced};
pub use model::{Every, RunState, ScheduleState, Undelivered, Why};
pub use runs::{Dispatch, begin_due, deliver_due, work};
