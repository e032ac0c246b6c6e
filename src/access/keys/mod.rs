//! Keys for other systems: each does a part of what its account may do, until a day, and can be taken away alone.

pub mod api;
mod commands;
mod model;
mod store;
mod view;

pub(super) use model::{Grant, PREFIX};
pub(super) use store::{delete_all, recognize};
