//! What becomes of a person when an officer finds one of their papers in order.

pub mod api;
mod commands;
