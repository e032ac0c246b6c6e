//! The outbox: letters that wait to be sent, and how far each of them is.
//!
//! They are put here by the door for writes (`db/letters.rs`), in the transaction of what they tell of. A worker takes them
//! for a while, sends them, and notes what came of it; several workers share the work. One that dies between sending and
//! noting leaves a letter to the next one, which sends it again, under the same `Message-ID`: at least once, never lost.

pub mod api;
mod commands;
pub mod mailings;
mod model;
mod store;
mod view;
mod worker;

pub use model::MessageState;
pub use store::{Backlog, backlog};
pub use worker::{send_due, work};
