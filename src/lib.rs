//! The back end of a treaty signing ceremony.

pub mod collation;
pub mod config;
pub mod ids;
pub mod input;
pub mod text;
