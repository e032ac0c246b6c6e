//! What each entry of the record is in the ledger: a leaf, made from the rows as they are stored, so that whoever edits a row
//! is found by making the leaf again (R23–R26).

mod commands;
mod model;
mod store;
mod verify;

pub use commands::{acknowledged, enter_act, enter_notification, hindrances, open_record, places};
pub use verify::{verify, verify_on};
