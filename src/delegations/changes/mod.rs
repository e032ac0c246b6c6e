//! Change requests: what a mission asks to change of a person whom others have passed on already (R37).

pub mod api;
mod body;
mod commands;
mod model;
mod sealed;
mod store;
mod view;

pub(super) use commands::find as find_request;
pub use commands::{ASKED, Ask, told_withdrawn};
pub use model::{ChangeRequest, Difference, Field, RequestState, Verdict};
pub use store::{bulk, lapse, lock_all};
pub(super) use store::{
    lock as lock_request, next as next_request, save_assigned as save_request_assigned,
};
pub(super) use view::{ChangeRequestView, Shown as ShownRequest};
