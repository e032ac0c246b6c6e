//! The register of States and organizations: who there is, under which name, and who may sign.

mod model;
mod register;

pub use model::{Iso2, M49, Participant, ParticipantKind, RegionalGroup};
pub use register::{Register, RegisterFiles};

#[cfg(test)]
mod tests;
