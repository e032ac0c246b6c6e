//! The record of treaty actions, and the treaty's status derived from it (R13–R22, R27–R29).

pub mod api;
pub mod board;
mod commands;
mod leaves;
mod model;
mod row;
pub mod session;
mod store;
mod told;

pub use board::Screens;
pub use commands::{Error, Shown, read};
pub use leaves::{hindrances, open_record, verify, verify_on};
pub use model::{
    Act, ActKind, ActState, Action, ActionKind, Change, CnNumber, ConsentCell, Correction,
    DateCount, Declaration, DeclarationKind, DeclarationText, Draft, Entered, Entry, Field, Force,
    Instrument, KindCount, Listed, Notification, Only, Parties, Party, PartyForce, Record, Refusal,
    Settled, Signatory, SignatureCell, Slot, Standing, StandingAction, Status, StatusRow,
    Translation, Value, certify, correct, decide, depositary_date, entry_into_force, force_of,
    status, withdraw,
};
pub use session::RunningOrders;
pub use store::{Which, listed, load as load_acts};
