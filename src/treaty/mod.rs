//! The record of treaty actions, and the treaty's status derived from it (R13–R22, R27–R29).

mod model;

pub use model::{
    Act, ActKind, ActState, Action, ActionKind, Change, CnNumber, ConsentCell, Correction,
    DateCount, Declaration, DeclarationKind, DeclarationText, Draft, Entry, Field, Force,
    Instrument, KindCount, Listed, Notification, Parties, Party, PartyForce, Record, Refusal,
    Signatory, SignatureCell, Standing, StandingAction, Status, StatusRow, Translation, Value,
    certify, correct, decide, depositary_date, entry_into_force, status, withdraw,
};
