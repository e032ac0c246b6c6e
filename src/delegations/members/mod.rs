//! The members of a delegation.

pub mod api;
pub(super) mod body;
pub mod bulk;
pub(super) mod commands;
pub(super) mod likeness;
pub(super) mod model;
mod passports;
mod person;
pub(super) mod sealed;
pub(super) mod status;
pub(super) mod store;
pub(super) mod told;
pub(super) mod view;

pub use body::NewMember;
pub use commands::entered as enter_member;
pub use likeness::mark_the_unmarked;
pub use model::{Calendar, Identity, Member, Person};
pub use passports::{OtherPassport, OtherPassports};
pub use person::{Function, Nationality, PassportNumber, Rank};
pub use status::{Status, StatusName};
pub use store::{
    MemberSort, Wanted as MembersWanted, find as find_member, list, lock as lock_member,
};
pub(super) use store::{next as next_member, save_status as save_member_status};
pub(super) use view::{MemberView, Shown as ShownMember};
