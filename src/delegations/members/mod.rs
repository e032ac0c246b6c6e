//! The members of a delegation.

pub mod api;
mod body;
mod commands;
mod model;
mod person;
mod sealed;
mod status;
mod store;
mod told;
mod view;

pub use model::{Identity, Member, Person};
pub use person::{Function, Nationality, PassportNumber, Rank};
pub use status::{Status, StatusName};
pub use store::{MemberSort, find as find_member};
