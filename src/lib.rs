//! The back end of a treaty signing ceremony.

pub mod access;
pub mod bench;
pub mod ceremony;
pub mod collation;
pub mod config;
pub mod db;
pub mod delegations;
pub mod documents;
pub mod full_powers;
pub mod http;
pub mod ids;
pub mod input;
pub mod invitations;
pub mod page;
pub mod participants;
pub mod problem;
pub mod rehearsal;
pub mod reports;
pub mod retention;
pub mod routes;
pub mod secret;
pub mod server;
pub mod table;
pub mod text;
pub mod treaty;
pub mod vault;
