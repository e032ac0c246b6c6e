//! Rooms: what they hold, what they have, and when they can be had. Pure.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::RoomId;
use crate::input::{Faults, Moment};
use crate::page::Version;
use crate::programme::words::Name;
use crate::text::{Fault, Language, choices, text_types};

/// The longest time that a room may need between two sessions.
const LONGEST_TURN_ROUND_MINUTES: u16 = 24 * 60;
/// More than this is a slip of the keyboard.
const MOST_ENTRIES: usize = 50;

text_types! {
    /// Something that a room has or a session needs: `projector`.
    Equipment: 40, equipment;
    /// By which the ceremony's starting programme knows a room or a session: `plenary_hall`.
    FrameKey: 40, frame_key;
}

choices! {
    /// How a room is furnished.
    Layout {
        /// Rows of chairs.
        Theatre = "theatre",
        /// Rows of tables.
        Classroom = "classroom",
        /// Tables in the form of a U.
        UShape = "u_shape",
        /// One table.
        Boardroom = "boardroom",
        /// Tables in a square.
        HollowSquare = "hollow_square",
        /// Round tables for a meal.
        Banquet = "banquet",
        /// Round tables that leave the front free.
        Cabaret = "cabaret",
        /// Nobody sits.
        Reception = "reception",
    }
}

fn equipment(input: &str, max_chars: usize) -> Result<String, Fault> {
    plain(input, max_chars)
        .ok_or_else(|| Fault::new("invalid_equipment", "a name like projector is expected"))
}

fn frame_key(input: &str, max_chars: usize) -> Result<String, Fault> {
    plain(input, max_chars)
        .ok_or_else(|| Fault::new("invalid_key", "a name like plenary_hall is expected"))
}

/// Lower-case letters, digits and underscores.
fn plain(input: &str, max_chars: usize) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let is_name = !input.is_empty() && input.len() <= max_chars && input.bytes().all(is_plain);
    is_name.then(|| input.to_owned())
}

/// How many a room holds in one layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(deny_unknown_fields)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = RoomLayout)]
pub struct Furnished {
    /// The layout.
    pub layout: Layout,
    /// How many it then holds.
    pub capacity: u16,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(deny_unknown_fields)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = SpanOfTime)]
pub struct Span {
    /// Its first moment.
    pub from: Moment,
    /// The moment at which it is over.
    pub until: Moment,
}

/// What is known of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = FactsOfRoom)]
pub struct RoomFacts {
    /// Its name in each language.
    #[schema(value_type = crate::text::Translated<crate::text::Label>)]
    pub name: Name,
    /// How many it holds at most.
    pub capacity: u16,
    /// How many it holds in the layouts that it can be given; any layout and as many as it holds where none is named.
    pub layouts: Vec<Furnished>,
    /// How long it is not to be had after a session.
    pub turn_round_minutes: u16,
    /// How many booths for interpreters it has.
    pub booths: u16,
    /// The languages into which it can be interpreted there.
    pub languages: Vec<Language>,
    /// What it has.
    pub equipment: Vec<Equipment>,
    /// When it can be had; always where nothing is said.
    pub availability: Vec<Span>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its identity.
    pub id: RoomId,
    /// What is known of it.
    pub facts: RoomFacts,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

impl RoomFacts {
    /// Adds what cannot be.
    pub fn check(&self, faults: &mut Faults) {
        if self.capacity == 0 {
            faults.add("/capacity", "out_of_range", "at least 1 is expected");
        }
        for (place, furnished) in self.layouts.iter().enumerate().take(MOST_ENTRIES) {
            let at = format!("/layouts/{place}");
            if !(1..=self.capacity).contains(&furnished.capacity) {
                let detail = "from 1 to the capacity of the room is expected";
                faults.add(format!("{at}/capacity"), "out_of_range", detail);
            }
            if self.layouts.iter().take(place).any(|before| before.layout == furnished.layout) {
                faults.add(format!("{at}/layout"), "duplicate", "each layout is named once");
            }
        }
        if self.turn_round_minutes > LONGEST_TURN_ROUND_MINUTES {
            faults.add("/turn_round_minutes", "out_of_range", "at most a day is expected");
        }
        for (place, span) in self.availability.iter().enumerate() {
            if span.until <= span.from {
                let at = format!("/availability/{place}/until");
                faults.add(at, "too_early", "a moment after the first one is expected");
            }
        }
        at_most("/layouts", self.layouts.len(), faults);
        at_most("/availability", self.availability.len(), faults);
        at_most("/equipment", self.equipment.len(), faults);
        at_most("/languages", self.languages.len(), faults);
    }

    /// How many the room holds in a layout; none where it cannot be given it.
    #[must_use]
    pub fn holds(&self, layout: Option<Layout>) -> Option<u16> {
        match layout {
            Some(layout) if !self.layouts.is_empty() => {
                let named = self.layouts.iter().find(|furnished| furnished.layout == layout);
                named.map(|furnished| furnished.capacity)
            }
            _ => Some(self.capacity),
        }
    }

    /// Whether it can be had from one moment to another.
    #[must_use]
    pub fn is_available(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let holds = |span: &Span| span.from.0 <= from && until <= span.until.0;
        self.availability.is_empty() || self.availability.iter().any(holds)
    }
}

/// Refuses a list that nobody could have meant.
pub fn at_most(pointer: &str, entries: usize, faults: &mut Faults) {
    if entries > MOST_ENTRIES {
        faults.add(pointer, "too_long", format!("at most {MOST_ENTRIES} entries are accepted"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programme::words::english;
    use crate::text::Label;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    fn hall() -> RoomFacts {
        RoomFacts {
            name: english(Label::parse("Hall").unwrap()),
            capacity: 100,
            layouts: vec![Furnished { layout: Layout::Theatre, capacity: 80 }],
            turn_round_minutes: 15,
            booths: 2,
            languages: vec![],
            equipment: vec![],
            availability: vec![Span {
                from: moment("2025-10-25T08:00:00+07:00"),
                until: moment("2025-10-25T18:00:00+07:00"),
            }],
        }
    }

    #[test]
    fn r44_a_room_holds_what_its_layout_holds_while_it_can_be_had() {
        let hall = hall();
        assert_eq!(hall.holds(None), Some(100));
        assert_eq!(hall.holds(Some(Layout::Theatre)), Some(80));
        assert_eq!(hall.holds(Some(Layout::Banquet)), None);
        let had =
            |from, until| hall.is_available(moment(from).0.to_utc(), moment(until).0.to_utc());
        assert!(had("2025-10-25T01:00:00Z", "2025-10-25T11:00:00Z"));
        assert!(!had("2025-10-25T00:59:00Z", "2025-10-25T11:00:00Z"));
        assert!(!had("2025-10-25T01:00:00Z", "2025-10-25T11:01:00Z"));
    }

    #[test]
    fn r54_all_that_cannot_be_of_a_room_is_told_at_once() {
        let mut odd = hall();
        odd.capacity = 0;
        odd.layouts.push(Furnished { layout: Layout::Theatre, capacity: 1 });
        odd.turn_round_minutes = 2000;
        odd.availability[0].until = odd.availability[0].from;
        let mut faults = Faults::default();
        odd.check(&mut faults);
        let pointers: Vec<_> = faults.0.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/capacity",
                "/layouts/0/capacity",
                "/layouts/1/capacity",
                "/layouts/1/layout",
                "/turn_round_minutes",
                "/availability/0/until",
            ]
        );
        let mut faults = Faults::default();
        hall().check(&mut faults);
        assert_eq!(faults, Faults::default(), "the negative control");
        assert!(Equipment::parse("Beamer 2000").is_err() && Equipment::parse("projector").is_ok());
    }
}
