//! What of the programme is released: versions of the whole, and the difference between two of them (R46).

pub mod api;
mod commands;
mod model;
mod read;
pub(super) mod store;
mod view;

pub use model::{Change, ChangeKind, Item, Place, Sight};
pub use read::last_seen;
