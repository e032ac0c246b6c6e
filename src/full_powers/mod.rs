//! Full powers: who may sign the treaty, and the hour at which they do (R6–R11).

mod model;

pub use model::{
    Application, Appointment, Bar, Basis, FullPowers, Gap, Issuer, Mark, Office, Paper, Power,
    Rank, Refusal, Signer, Signing, Stage, StageColumns, StageName, WrongStage,
};
