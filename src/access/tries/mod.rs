//! Failed tries: at a login, at one's own password, at a code. They are counted in the database, so that they hold across
//! replicas and restarts, and before anything costly is done for them. Only failures count: whoever succeeds gets the
//! try back.

mod commands;
mod memory;
mod model;
mod store;

pub use commands::{Refused, Tries};
pub use model::{Attempt, Door, Try, Who};
