//! The pure rules of full powers. Papers say what they say; a stage says what the secretariat made of them.

mod appointment;
mod desk;
mod gaps;
mod paper;
mod rank;
mod signing;
mod stage;

pub use appointment::Appointment;
pub use desk::{FullPowers, Refusal, WrongStage};
pub use gaps::Gap;
pub use paper::{Application, Basis, Issuer, Office, Paper, Power, Signer};
pub use rank::Rank;
pub use signing::{Bar, Signing};
pub use stage::{Mark, Stage, StageColumns, StageName};

#[cfg(test)]
mod samples;
