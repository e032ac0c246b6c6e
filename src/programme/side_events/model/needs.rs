//! What a side event needs of a room, and whether a room has it.

use serde::Serialize;

use crate::input::Faults;
use crate::programme::rooms::{Equipment, Layout, RoomFacts, at_most};
use crate::text::{Language, choices};

/// What a side event needs of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// How many are expected.
    pub audience: u16,
    /// How the room is to be furnished; any way where nothing is said.
    pub layout: Option<Layout>,
    /// What there must be.
    pub equipment: Vec<Equipment>,
    /// Into which languages it is interpreted, each from a booth.
    pub languages: Vec<Language>,
}

choices! {
    /// What a room lacks for a side event.
    Lack {
        /// It cannot be furnished so.
        Layout = "layout",
        /// It holds too few.
        Capacity = "capacity",
        /// It does not have all that is needed.
        Equipment = "equipment",
        /// It has not the languages, or too few booths.
        Interpretation = "interpretation",
    }
}

impl Needs {
    /// Adds what cannot be.
    pub fn check(&self, faults: &mut Faults) {
        if self.audience == 0 {
            faults.add("/audience", "out_of_range", "at least 1 is expected");
        }
        at_most("/equipment", self.equipment.len(), faults);
        at_most("/languages", self.languages.len(), faults);
    }

    /// How many the room holds as it is needed, or the first thing that it lacks.
    pub fn met_by(&self, room: &RoomFacts) -> Result<u16, Lack> {
        let holds = room.holds(self.layout).ok_or(Lack::Layout)?;
        if self.audience > holds {
            return Err(Lack::Capacity);
        }
        if !self.equipment.iter().all(|needed| room.equipment.contains(needed)) {
            return Err(Lack::Equipment);
        }
        let is_interpreted = self.languages.iter().all(|needed| room.languages.contains(needed));
        if !is_interpreted || self.languages.len() > usize::from(room.booths) {
            return Err(Lack::Interpretation);
        }
        Ok(holds)
    }
}
