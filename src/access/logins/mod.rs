//! Logins: how somebody comes in, sees where they are logged in, and ends it.

pub mod api;
mod commands;
mod model;
mod store;

pub(super) use commands::{Entrance, recognize};
pub use model::Lasting;
pub(super) use store::{Added, delete_all as end_all, insert};
