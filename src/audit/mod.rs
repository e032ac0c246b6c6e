//! The audit trail as a log of the ledger (R51): what every write said of itself, sealed within a second.
//!
//! A write stores its event in its own transaction and waits for nobody. The sealer comes after it: it gives what is committed
//! its place in the log, extends the tree, and signs. Any process may seal, one at a time; what one leaves undone, the next
//! one finishes.

pub mod api;
mod commands;
mod model;
mod store;
mod verify;
mod view;

pub use commands::{open, seal};
pub use store::{Wanted as Entries, list as entries, seconds_without_backup};
pub use verify::verify;
