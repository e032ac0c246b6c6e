//! The back end of a treaty signing ceremony.

pub mod ids;
pub mod input;
pub mod text;
