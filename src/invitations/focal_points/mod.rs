//! Focal points: one primary and backups, each appointed by a document, each until a day (R38).

pub mod api;
mod commands;
mod model;
mod store;
mod view;

pub use commands::{Appointed, Limits, Wanted, appoint, enter};
pub use model::{FocalPointState, PaperState, Predecessor};
pub use store::{Filter as FocalPointsWanted, list};
pub use view::AsInvitation;
