//! Full powers: who may sign the treaty, and the hour at which they do (R6–R11).

pub mod api;
mod commands;
mod model;
mod row;
mod store;
mod view;

pub use commands::Error;
pub use model::{
    Application, Appointment, Bar, Basis, FullPowers, FullPowersStage, Gap, Issuer, Mark, Office,
    Paper, Power, Refusal, Signer, Signing, Stage, StageColumns, WrongStage,
};
pub use store::{Entitlement, lock_entitlement};
