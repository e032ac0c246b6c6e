//! By which identity providers an account is opened: an identity is somebody as one provider knows them.

pub mod api;
mod commands;
mod model;
mod store;

pub(super) use model::Identity;
pub(super) use store::{delete_all, find, insert, note_use, opens_alone};
