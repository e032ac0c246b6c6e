//! Letters to many: written by one officer, let go by another.

pub mod api;
mod commands;
mod model;
mod store;
mod view;

pub use model::{Audience, MailingState, Subject, Words};
