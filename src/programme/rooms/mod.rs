//! Rooms.

pub mod api;
mod commands;
mod model;
pub(super) mod store;

pub(super) use model::at_most;
pub use model::{Equipment, FrameKey, Furnished, Layout, Room, RoomFacts, Span};
