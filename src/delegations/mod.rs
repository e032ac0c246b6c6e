//! Registration: delegations, their members, and the way of both to acceptance and clearance (R33–R36, R41).

pub mod api;
pub mod changes;
pub mod checklist;
mod commands;
pub mod composition;
pub mod imports;
pub mod members;
mod model;
pub mod papers;
pub mod queues;
pub mod quotas;
mod sight;
mod store;

pub use checklist::Checklists;
pub use commands::Error;
pub use composition::{Composition, composed, moment, statuses};
pub use members::{
    Calendar, Function, Identity, Member, MemberSort, Nationality, NewMember, OtherPassport,
    OtherPassports, PassportNumber, Person, Rank, Status, StatusName, enter_member, find_member,
    lock_member, mark_the_unmarked,
};
pub use model::{Delegation, Stage, StageName, WrongState};
pub use quotas::Quotas;
pub use store::{DelegationSort, find, hold};
