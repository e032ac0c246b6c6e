//! The register of States and organizations: who there is, under which name, and who may sign.
//!
//! To order rows of another table as the Depositary does (R27), join them with `participant` and `order by sort_key`:
//! the key is unique and indexed.

pub mod api;
mod commands;
mod load;
mod model;
mod register;
mod store;

pub use commands::Error;
pub use load::{Unloaded, load_register};
pub use model::{Iso2, M49, Participant, ParticipantKind, RegionalGroup};
pub use register::{Register, RegisterFiles};
pub use store::{find, members_of};

#[cfg(test)]
mod tests;
