//! Registration: delegations, their members, and the way of both to acceptance and clearance (R33–R36, R41).

pub mod api;
mod commands;
pub mod members;
mod model;
mod sight;
mod store;

pub use commands::Error;
pub use members::{
    Function, Identity, Member, Nationality, PassportNumber, Person, Rank, Status, StatusName,
    find_member,
};
pub use model::{Delegation, Gap, Stage, StageName, WrongState};
pub use store::{DelegationSort, find};
