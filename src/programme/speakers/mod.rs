//! Speakers' lists (R49): inscription, order, and what becomes of it on the day.

pub mod api;
mod commands;
mod model;
mod store;
mod swaps;
mod texts;
mod view;

pub use model::{
    Classes, MOST_REPLIES, Placed, Statement, StatementKind, StatementState, Step, Why, arrange,
};
pub use store::list as statements;
