//! Letters: written with the change that they tell of, sent at least once, lost never.

mod delivery;
mod invitations;
pub mod mailings;
mod notices;
mod post;
mod resets;
mod server;
mod settings;
