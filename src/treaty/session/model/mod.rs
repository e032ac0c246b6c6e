//! The pure rules of a session: the running order, and the way of a turn.

mod order;
mod strategy;
mod turn;

pub use order::{NotPlaced, Placed, Why, arrange, by_hand, moved, why};
pub use strategy::{Criterion, MANUAL, PlacedBy, RunningOrders, Strategy, StrategyName};
pub use turn::{Moved, Place, Step, Turn, TurnState, WrongTurn, in_line};

#[cfg(test)]
mod samples;
