//! Full powers: who may sign the treaty, and the hour at which they do (R6–R12).

pub mod api;
mod commands;
mod model;
pub mod overrides;
pub mod requirement;
mod row;
mod store;
mod view;

pub use commands::Error;
pub use model::{
    Application, Appointment, Bar, Basis, Entitlement, FullPowers, FullPowersStage, Gap, Issuer,
    Mark, Office, Paper, Power, Refusal, Signer, Signing, Stage, StageColumns, WrongStage,
};
pub use overrides::{Lifted, Override, spare};
pub use store::{Wanted, find, find_entitlement, list, lock_entitlement};
