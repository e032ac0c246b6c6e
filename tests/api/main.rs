//! The service over real HTTP, against a real PostgreSQL, one database per test.

mod app;

mod access;
mod conventions;
mod participants;
mod register;
