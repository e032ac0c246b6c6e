//! Released sessions, who sees them, and what has changed from one version to another. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{RoomId, SessionId};
use crate::programme::rooms::{Layout, Room};
use crate::programme::sessions::{Access, Announced, Session, SessionKind};
use crate::programme::words::{Abstract, Name};
use crate::text::{Label, Language, Translated, choices};

/// Where a released session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The room.
    pub id: RoomId,
    /// Its name, as it was when the version was released.
    pub name: Name,
}

/// A session as it was released, with all that is ever shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its identity, the same in every version.
    pub id: SessionId,
    /// How often it was moved or called off in what was released.
    pub sequence: i32,
    /// When this was last released otherwise.
    pub changed_at: DateTime<Utc>,
    /// What takes place.
    pub kind: SessionKind,
    /// Its title.
    pub title: Name,
    /// What it is about.
    pub about: Option<Translated<Abstract>>,
    /// Where.
    pub room: Option<Place>,
    /// How the room is furnished.
    pub layout: Option<Layout>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Who is announced.
    pub people: Vec<Announced>,
    /// Who sees it and who may come.
    pub access: Access,
    /// How many are let in.
    pub places: Option<u16>,
    /// Into which languages it is interpreted.
    pub languages: Vec<Language>,
    /// Not public before.
    pub embargo_until: Option<DateTime<Utc>>,
    /// Whether it was called off.
    pub is_cancelled: bool,
}

impl Item {
    /// A session as it is released now. Calendars are told by the sequence that it has moved.
    #[must_use]
    pub fn released(
        session: &Session,
        room: Option<&Room>,
        before: Option<&Self>,
        now: DateTime<Utc>,
    ) -> Self {
        let facts = &session.facts;
        let item = Self {
            id: session.id,
            sequence: before.map_or(0, |before| before.sequence),
            changed_at: before.map_or(now, |before| before.changed_at),
            kind: facts.kind,
            title: facts.title.clone(),
            about: facts.about.clone(),
            room: room.map(|room| Place { id: room.id, name: room.facts.name.clone() }),
            layout: facts.layout,
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            people: facts.people.clone(),
            access: facts.access,
            places: facts.places,
            languages: facts.languages.clone(),
            embargo_until: facts.embargo_until,
            is_cancelled: !session.stands(),
        };
        match before {
            Some(before) if item != *before => {
                let has_moved = item.where_and_when() != before.where_and_when()
                    || item.is_cancelled != before.is_cancelled;
                Self { sequence: item.sequence + i32::from(has_moved), changed_at: now, ..item }
            }
            _ => item,
        }
    }

    fn where_and_when(&self) -> (Option<RoomId>, DateTime<Utc>, DateTime<Utc>) {
        (self.room.as_ref().map(|room| room.id), self.starts_at, self.ends_at)
    }
}

/// What somebody may see of what is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// What is for everybody.
    Public,
    /// What is for whoever has an account, too.
    Accredited,
    /// All of it, also what is under embargo: those who plan it.
    Planner,
}

impl Sight {
    /// Whether this is seen at a moment; `embargo` is the one that holds now, where it is later than the item's own.
    #[must_use]
    pub fn sees(self, item: &Item, embargo: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        let is_over = |until: Option<DateTime<Utc>>| until.is_none_or(|until| until <= now);
        match self {
            Self::Planner => true,
            Self::Accredited => is_over(item.embargo_until) && is_over(embargo),
            Self::Public => {
                item.access == Access::Public && is_over(item.embargo_until) && is_over(embargo)
            }
        }
    }
}

choices! {
    /// What became of a session from one version to another.
    ChangeKind {
        /// It was not there before.
        Added = "added",
        /// It is at another time or in another room.
        Moved = "moved",
        /// It was called off.
        Cancelled = "cancelled",
        /// Something else of it is different.
        Changed = "changed",
        /// It is not shown any more.
        Withdrawn = "withdrawn",
    }
}

/// Where and when a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WhereAndWhen)]
pub struct WhereAndWhen {
    /// The name of the room.
    #[schema(value_type = Option<Translated<Label>>)]
    room: Option<Name>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// What became of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ChangeOfProgramme)]
pub struct Change {
    /// Which session.
    pub session: SessionId,
    /// Its title, as it is now.
    #[schema(value_type = Translated<Label>)]
    pub title: Name,
    /// What became of it.
    pub change: ChangeKind,
    /// Where and when it was, where it was there.
    pub from: Option<WhereAndWhen>,
    /// Where and when it is, where it is there.
    pub to: Option<WhereAndWhen>,
}

/// What became of each session from one version to another, in the order of time; of what is as it was nothing is said.
#[must_use]
pub fn difference(before: &[Item], after: &[Item]) -> Vec<Change> {
    let known: BTreeMap<_, _> = before.iter().map(|item| (item.id, item)).collect();
    let mut changes = Vec::new();
    for item in after {
        let was = known.get(&item.id).copied();
        let change = match was {
            Some(was) if was == item => continue,
            None => ChangeKind::Added,
            Some(was) if item.is_cancelled && !was.is_cancelled => ChangeKind::Cancelled,
            Some(was) if was.where_and_when() != item.where_and_when() => ChangeKind::Moved,
            Some(_) => ChangeKind::Changed,
        };
        changes.push(of(item, change, was, Some(item)));
    }
    let gone = before.iter().filter(|was| after.iter().all(|item| item.id != was.id));
    changes.extend(gone.map(|was| of(was, ChangeKind::Withdrawn, Some(was), None)));
    changes
}

fn of(item: &Item, change: ChangeKind, was: Option<&Item>, is: Option<&Item>) -> Change {
    let place = |item: &Item| WhereAndWhen {
        room: item.room.as_ref().map(|room| room.name.clone()),
        starts_at: item.starts_at,
        ends_at: item.ends_at,
    };
    let title = item.title.clone();
    Change { session: item.id, title, change, from: was.map(place), to: is.map(place) }
}

#[cfg(test)]
mod tests;
