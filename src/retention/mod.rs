//! What is forgotten, when, and the proof of it (R52).
//!
//! The ceremony's `retention.toml` says what is kept, what for and how long. What is past its day is forgotten by
//! `ceremony retention run`; a person is forgotten earlier at an officer's word. Both leave a certificate, and neither
//! touches what is under a legal hold.

pub mod api;
mod commands;
mod model;
mod store;
mod view;

pub use commands::{Error, report, run, still_held};
pub use model::{Counts, Datum, Outcome, Periods, Rule};
pub use view::ReportView;
