//! Feeds: the released programme of a room, a delegation or a member, by an address that lets in.

pub mod api;
mod commands;
mod model;
mod store;
mod view;
