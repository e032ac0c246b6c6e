//! Sessions: what takes place, where and when, and who is announced. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use deserr::Deserr;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::collation::fold;
use crate::ids::{AccountId, RoomId, SessionId};
use crate::input::Faults;
use crate::page::Version;
use crate::programme::rooms::{Equipment, Layout, at_most};
use crate::programme::words::{Abstract, Name};
use crate::text::{Label, Language, PersonName, Reason, Translated, choices};

/// The longest that one session lasts.
const LONGEST_HOURS: i64 = 24;

choices! {
    /// What takes place.
    SessionKind {
        /// The opening of the event.
        Opening = "opening",
        /// The signing of the treaty.
        Signing = "signing",
        /// Statements before all.
        Plenary = "plenary",
        /// What a participant organizes.
        SideEvent = "side_event",
        /// A panel or a round table.
        Panel = "panel",
        /// A meeting of two.
        Bilateral = "bilateral",
        /// A meeting with the press.
        PressConference = "press_conference",
        /// A meal or a reception.
        Social = "social",
        /// The end of the event.
        Closing = "closing",
        /// Anything else.
        Other = "other",
    }

    /// Who sees an item once it is released, and who may come.
    Access {
        /// Everybody sees it.
        Public = "public",
        /// Whoever has an account sees it, and whoever is accredited may come.
        Accredited = "accredited",
        /// The same, with a seat.
        BySeat = "by_seat",
    }

    /// What somebody who is announced does.
    Part {
        /// Leads it.
        Chair = "chair",
        /// Speaks.
        Speaker = "speaker",
        /// Asks.
        Moderator = "moderator",
    }
}

/// Somebody who is announced in the programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(deny_unknown_fields)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = AnnouncedPerson)]
pub struct Announced {
    /// What they do.
    pub part: Part,
    /// Who they are.
    pub name: PersonName,
    /// Their office.
    #[deserr(default)]
    pub title: Option<Label>,
    /// For whom they speak.
    #[deserr(default)]
    pub organization: Option<Label>,
}

impl Announced {
    /// By which the same person is recognized in another session.
    #[must_use]
    pub fn recognized_by(&self) -> String {
        fold(self.name.as_str())
    }
}

/// What is planned of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// What takes place.
    pub kind: SessionKind,
    /// Its title in each language.
    pub title: Name,
    /// What it is about, in each language.
    #[serde(rename = "abstract")]
    pub about: Option<Translated<Abstract>>,
    /// Where; to be announced where nothing is said.
    pub room: Option<RoomId>,
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
    /// How many are let in; as many as the room holds where nothing is said.
    pub places: Option<u16>,
    /// What is needed.
    pub equipment: Vec<Equipment>,
    /// Into which languages it is interpreted.
    pub languages: Vec<Language>,
    /// Not public before, released or not.
    pub embargo_until: Option<DateTime<Utc>>,
}

impl Facts {
    /// Adds what cannot be.
    pub fn check(&self, faults: &mut Faults) {
        if self.ends_at <= self.starts_at {
            faults.add("/ends_at", "too_early", "a moment after the beginning is expected");
        } else if self.ends_at - self.starts_at > TimeDelta::hours(LONGEST_HOURS) {
            faults.add("/ends_at", "too_late", "a session lasts at most a day");
        }
        if self.layout.is_some() && self.room.is_none() {
            faults.add("/layout", "not_applicable", "only a room has a layout");
        }
        if self.access == Access::BySeat && self.places.is_none() {
            faults.add(
                "/places",
                "required",
                "a session that is entered by seat says how many there are",
            );
        }
        if self.places == Some(0) {
            faults.add("/places", "out_of_range", "at least 1 is expected");
        }
        at_most("/people", self.people.len(), faults);
        at_most("/equipment", self.equipment.len(), faults);
        at_most("/languages", self.languages.len(), faults);
    }

    /// Whether both last at a common moment.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

/// That a session does not take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// When that was decided.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub because: Reason,
}

/// An item of the programme, as it is drafted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity, which it keeps wherever it moves.
    pub id: SessionId,
    /// What is planned.
    pub facts: Facts,
    /// That it does not take place.
    pub cancelled: Option<Cancelled>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// What was cancelled stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsCancelled;

impl Session {
    /// A session that is new.
    #[must_use]
    pub fn planned(facts: Facts, now: DateTime<Utc>) -> Self {
        let (id, version) = (SessionId::fresh(), Version(1));
        Self { id, facts, cancelled: None, updated_at: now, version }
    }

    /// The same with other facts.
    pub fn changed(self, facts: Facts, now: DateTime<Utc>) -> Result<Self, IsCancelled> {
        if self.cancelled.is_some() {
            return Err(IsCancelled);
        }
        Ok(Self { facts, updated_at: now, version: self.version.next(), ..self })
    }

    /// Calls it off.
    pub fn cancel(self, cancelled: Cancelled) -> Result<Self, IsCancelled> {
        if self.cancelled.is_some() {
            return Err(IsCancelled);
        }
        let (updated_at, version) = (cancelled.at, self.version.next());
        Ok(Self { cancelled: Some(cancelled), updated_at, version, ..self })
    }

    /// Whether it takes place.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.cancelled.is_none()
    }
}
