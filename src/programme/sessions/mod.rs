//! Sessions: the items of the programme, as its officers draft them.

pub mod api;
mod body;
mod commands;
mod model;
pub(super) mod store;
mod view;

pub use model::{Access, Announced, Cancelled, Facts, Part, Session, SessionKind};
pub use view::Local;
