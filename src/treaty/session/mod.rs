//! The signing session: the running order, and who is called to the table (R30, R31).

pub mod api;
mod commands;
mod error;
mod model;
mod row;
mod store;
mod view;

pub use commands::{release, sign};
pub use model::{RunningOrders, Turn, TurnState, in_line};
pub use store::{Session, sessions, turns, under_way};
