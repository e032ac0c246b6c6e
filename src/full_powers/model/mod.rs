//! The pure rules of full powers. Papers say what they say; a stage says what the secretariat made of them.

mod appointment;
mod desk;
mod entitlement;
mod gaps;
mod paper;
mod rank;
mod signing;
mod stage;

pub use appointment::Appointment;
pub use desk::{FullPowers, Kept, Refusal, WrongStage};
pub use entitlement::Entitlement;
pub use gaps::{Examined, Gap};
pub use paper::{Application, Basis, Issuer, Office, Paper, Power, Signer};
pub use signing::{Bar, Signing};
pub use stage::{FullPowersStage, Mark, Stage, StageColumns};

#[cfg(test)]
pub(super) mod samples;
