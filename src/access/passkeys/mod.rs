//! Passkeys (WebAuthn): as a second factor, and in place of a password.

pub mod api;
mod commands;
mod model;
mod store;

pub(super) use api::AssertionBody;
pub(super) use commands::{Proven, prove};
pub(super) use model::Assertion;
pub use model::RelyingParty;
pub(super) use store::{delete_all, spend};
