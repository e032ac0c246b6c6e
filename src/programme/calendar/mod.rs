//! The programme in people's calendars: what is public, and feeds by secret addresses.

pub mod api;
pub mod feeds;
mod model;
