//! Checklists: what a delegation and its members need, at which step of their way, and what of it is there
//! (R33, R35, R36). What is needed is configuration; what is there follows from members, papers and the day.

pub mod api;
mod commands;
mod model;
mod needs;
mod store;
#[cfg(test)]
mod tests;

pub use commands::{delegation_may, member_may};
pub use model::{Enrolled, Facts, ItemState, Line, Office};
pub use needs::{Checklists, DelegationStep, Enough, Item, Level, MemberStep};
pub use store::facts;
