//! The pure rules of the record.
//!
//! The record is a list of acts that only ever grows. An act is a treaty action, or says something of an earlier
//! act: that it is corrected, withdrawn or certified. What *stands* is derived from the list, and what the status
//! shows is derived from what stands; nothing derived is stored.

mod act;
mod action;
mod correction;
mod desk;
mod entered;
mod force;
mod notification;
mod record;
mod refusal;
mod rules;
mod standing;
mod status;

pub use act::{Act, ActKind, ActState, Entry};
pub use action::{
    Action, ActionKind, Declaration, DeclarationKind, DeclarationText, Signatory, Slot, Translation,
};
pub use correction::{Change, Correction, Field, Value};
pub use desk::{Draft, certify, correct, decide, withdraw};
pub use entered::{Entered, Settled};
pub use force::{Force, Instrument, PartyForce, entry_into_force};
pub use notification::{CnNumber, Notification};
pub use record::Record;
pub use refusal::Refusal;
pub use rules::{Parties, Party};
pub use standing::{Standing, StandingAction};
pub use status::{
    ConsentCell, DateCount, KindCount, Listed, Only, SignatureCell, Status, StatusRow,
    depositary_date, force_of, status,
};

#[cfg(test)]
mod samples;
