//! Side events (R45): what participants ask to organize, what officers think of it, and who gets which place.

pub mod allocation;
pub mod api;
mod body;
mod commands;
mod model;
mod refused;
mod requests;
pub mod reviews;
mod scheduling;
mod store;
mod view;

pub use model::{SideEventRules, SideEventState, WrongStep};
pub use refused::Refused;
pub use requests::tell as tell_co_sponsors;
