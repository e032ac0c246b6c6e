//! Seats (R48): who has one, who waits for one, and in which order they are offered.

pub mod api;
mod commands;
mod model;
mod queue;
mod store;
mod view;
mod waiting;

pub(super) use commands::must_stand;
pub use model::{NoSeat, SeatRules, WrongWait};
pub use queue::settle_all;
