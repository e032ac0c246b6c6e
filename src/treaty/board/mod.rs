//! What screens show of the ceremony: who signs now, who is next, the tally, the last acts. For everybody.

pub mod api;
mod model;
mod screens;
mod store;

pub use screens::Screens;
pub use store::CHANNEL;
