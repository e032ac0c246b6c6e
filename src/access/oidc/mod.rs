//! Logins by an identity provider of a ministry's own (OpenID Connect): authorization code flow with PKCE.
//!
//! Who somebody is, the provider says; what they may do here, our settings and our database. Somebody is known by issuer
//! and subject, never by an address.

pub mod api;
mod commands;
mod discovery;
mod id_token;
mod model;
mod provider;
mod store;

pub use provider::{Misconfigured, Providers};
