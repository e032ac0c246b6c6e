//! What is released, as it is answered.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Change, Item};
use super::store::Release;
use crate::db::Answer;
use crate::ids::{RoomId, SessionId};
use crate::programme::rooms::Layout;
use crate::programme::sessions::{Access, Announced, Local, SessionKind};
use crate::programme::words::{Abstract, Spoken, said};
use crate::text::{Label, Language, Reason};

/// The programme as it is released.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Programme)]
pub struct ProgrammeView<'a> {
    /// Which version; none before the first release.
    version: Option<i32>,
    released_at: Option<DateTime<Utc>>,
    /// The zone of the place.
    time_zone: &'static str,
    /// The sessions in the order of time.
    items: Vec<ItemView<'a>>,
}

/// A released session, in one language.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleasedSession)]
pub struct ItemView<'a> {
    id: SessionId,
    kind: SessionKind,
    title: &'a Label,
    /// In which language the title is: English, where it is not there in the one that was asked for.
    language: Spoken,
    #[serde(rename = "abstract")]
    about: Option<&'a Abstract>,
    /// In which language the abstract is.
    abstract_language: Option<Spoken>,
    /// None where it is still to be announced.
    room: Option<RoomName<'a>>,
    layout: Option<Layout>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    local: Local,
    people: &'a [Announced],
    access: Access,
    /// Into which languages it is interpreted.
    languages: &'a [Language],
    is_cancelled: bool,
    /// How often it was moved or called off in what was released.
    sequence: i32,
    /// When it was last released otherwise.
    changed_at: DateTime<Utc>,
}

/// A room and what it is called.
#[derive(Debug, Serialize, ToSchema)]
struct RoomName<'a> {
    id: RoomId,
    name: &'a Label,
}

impl<'a> ProgrammeView<'a> {
    /// What is seen of a version, in the language that is wanted as far as it is there.
    #[must_use]
    pub fn of(release: Option<&Release>, items: &'a [Item], zone: Tz, wanted: Spoken) -> Self {
        Self {
            version: release.map(|release| release.version),
            released_at: release.map(|release| release.released_at),
            time_zone: zone.name(),
            items: items.iter().map(|item| ItemView::of(item, zone, wanted)).collect(),
        }
    }

    /// The languages that it is in, for `Content-Language`.
    #[must_use]
    pub fn languages(&self, wanted: Spoken) -> String {
        let titles = self.items.iter().map(|item| item.language);
        let abstracts = self.items.iter().filter_map(|item| item.abstract_language);
        let mut all: BTreeSet<_> = titles.chain(abstracts).collect();
        if all.is_empty() {
            all.insert(wanted);
        }
        all.iter().map(Spoken::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl<'a> ItemView<'a> {
    fn of(item: &'a Item, zone: Tz, wanted: Spoken) -> Self {
        let (language, title) = said(&item.title, wanted);
        let about = item.about.as_ref().map(|about| said(about, wanted));
        Self {
            id: item.id,
            kind: item.kind,
            title,
            language,
            about: about.map(|(_, about)| about),
            abstract_language: about.map(|(language, _)| language),
            room: item
                .room
                .as_ref()
                .map(|room| RoomName { id: room.id, name: said(&room.name, wanted).1 }),
            layout: item.layout,
            starts_at: item.starts_at,
            ends_at: item.ends_at,
            local: Local::of(zone, item.starts_at, item.ends_at),
            people: &item.people,
            access: item.access,
            languages: &item.languages,
            is_cancelled: item.is_cancelled,
            sequence: item.sequence,
            changed_at: item.changed_at,
        }
    }
}

/// A version, and what it has changed.
#[derive(Debug)]
pub struct Released {
    /// The version.
    pub release: Release,
    /// The version that it is compared with; 0 is the empty programme.
    pub since: i32,
    /// What became of each session since.
    pub changes: Vec<Change>,
}

/// A version of the whole programme.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeRelease)]
pub struct ReleaseView<'a> {
    /// Counted from 1.
    version: i32,
    released_at: DateTime<Utc>,
    /// What was said to it.
    note: Option<&'a Reason>,
    /// The version that it is compared with; 0 is the empty programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i32>,
    /// What became of each session since, as far as the caller sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a [Change]>,
}

impl<'a> From<&'a Release> for ReleaseView<'a> {
    fn from(release: &'a Release) -> Self {
        let Release { version, released_at, note, .. } = release;
        let (version, released_at) = (*version, *released_at);
        Self { version, released_at, note: note.as_ref(), since: None, changes: None }
    }
}

impl Released {
    /// As it is answered.
    #[must_use]
    pub fn view(&self) -> ReleaseView<'_> {
        let (since, changes) = (Some(self.since), Some(self.changes.as_slice()));
        ReleaseView { since, changes, ..ReleaseView::from(&self.release) }
    }
}

impl Answer for Released {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.view())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/programme/releases/{}", self.release.version))
    }
}
