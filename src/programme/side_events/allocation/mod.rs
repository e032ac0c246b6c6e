//! Which side event gets which place: proposals, which are made by rule and seed, explained, kept, and applied by an officer.

pub mod api;
mod commands;
mod input;
mod model;
mod proposal;
mod store;

pub use model::AllocationRules;
