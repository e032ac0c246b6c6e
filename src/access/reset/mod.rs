//! A new password for who forgot theirs: asked for by address, answered by mail, confirmed by a code that is good once.

pub mod api;
mod commands;
mod store;

pub use commands::answer_requests;
