//! Second factors: codes of a time (TOTP), the codes on paper for the day on which they are lost, and what is common to
//! all of them.

pub mod api;
mod commands;
mod model;
mod store;

pub(super) use commands::{Judged, Shown, hold, paper, prove, replace_paper};
pub use model::{FactorKind, Refusal};
pub(super) use model::{RecoveryCode, TotpCode};
pub(super) use store::find;
