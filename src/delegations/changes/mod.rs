//! Change requests: what a mission asks to change of a person whom others have passed on already (R37).

pub mod api;
mod body;
mod commands;
mod model;
mod sealed;
mod store;
mod view;

pub use model::{Field, RequestState};
pub use store::lapse;
