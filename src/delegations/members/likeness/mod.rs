//! Who might be the same person twice, and whose name might deceive: warnings for officers, never refusals (R36).
//!
//! A mission is told nothing of it: that somebody else has entered the same person is not its business (R38).

mod commands;
mod model;
mod store;
mod view;

pub use commands::mark_the_unmarked;
pub use store::mark;
pub use view::{WarningView, warnings};
