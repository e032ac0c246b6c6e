//! The ceremony as data: the treaty, the event, the windows for signature, the register, the checklists, the quotas,
//! and the real record that the rehearsal replays. All of it stands in `config/ceremony/` and is built into the program.

mod files;
mod model;

pub use model::{
    Ceremony, CeremonyError, Digest, EntryIntoForce, Event, PlaceCode, Signatory, SigningWindow,
    Title, Treaty,
};

pub(crate) use model::time_zone;

#[cfg(test)]
mod tests;
