//! Who is let in, by whom, and on which paper: invitations, and the focal points of participants (R38).

pub mod api;
mod commands;
pub mod focal_points;
mod model;
mod store;
mod view;

pub use model::InvitationState;
