//! The service over real HTTP, against a real PostgreSQL, one database per test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets a surprise fails"
)]

mod app;

mod access;
mod admission;
mod audit;
mod backups;
mod bad_input;
mod bulk;
mod canary;
mod changes;
mod checklists;
mod connections;
mod conventions;
mod delegations;
mod description;
mod desk;
mod devices;
mod documents;
mod dump;
mod embedded;
mod factors;
mod focal_points;
mod full_powers;
mod imports;
mod installation;
mod isolation;
mod keys;
mod ledger;
mod limits;
mod logins;
mod mail;
mod matrix;
mod metrics;
mod oidc;
mod overrides;
mod participants;
mod plans;
mod prepared;
mod program;
mod programme;
mod queues;
mod quotas;
mod register;
mod rehearsal;
mod reports;
mod retention;
mod rotation;
mod signing;
mod stream;
mod treaty;
mod visibility;
