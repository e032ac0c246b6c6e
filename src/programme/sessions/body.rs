//! What officers send to plan a session. Every fault is found at once (R54).

use deserr::Deserr;
use utoipa::ToSchema;

use super::model::{Access, Announced, Facts, SessionKind};
use crate::ids::RoomId;
use crate::input::{Faults, Moment, Patch};
use crate::programme::rooms::{Equipment, Layout};
use crate::programme::words::{Abstract, Words};
use crate::text::{Label, Language, Translated};

/// A session that is planned.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewSession {
    kind: SessionKind,
    /// Its title in each language, or in English alone.
    #[schema(value_type = Translated<Label>)]
    title: Words<Label>,
    /// What it is about, in the same way.
    #[deserr(default, rename = "abstract")]
    #[schema(rename = "abstract", value_type = Option<Translated<Abstract>>)]
    about: Option<Words<Abstract>>,
    /// Where; to be announced where nothing is said.
    #[deserr(default)]
    room: Option<RoomId>,
    /// How the room is furnished.
    #[deserr(default)]
    layout: Option<Layout>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    starts_at: Moment,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    ends_at: Moment,
    /// Who is announced.
    #[deserr(default)]
    #[schema(required = false)]
    people: Vec<Announced>,
    /// Who sees it once it is released, and who may come; `public` where nothing is said.
    #[deserr(default)]
    access: Option<Access>,
    /// How many are let in; as many as the room holds where nothing is said.
    #[deserr(default)]
    places: Option<u16>,
    /// What is needed.
    #[deserr(default)]
    #[schema(required = false)]
    equipment: Vec<Equipment>,
    /// Into which languages it is interpreted.
    #[deserr(default)]
    #[schema(required = false)]
    languages: Vec<Language>,
    /// Not public before, released or not.
    #[deserr(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    embargo_until: Option<Moment>,
}

impl NewSession {
    /// What is planned.
    pub fn facts(self) -> Result<Facts, Faults> {
        let facts = Facts {
            kind: self.kind,
            title: self.title.0,
            about: self.about.map(|Words(about)| about),
            room: self.room,
            layout: self.layout,
            starts_at: self.starts_at.kept().to_utc(),
            ends_at: self.ends_at.kept().to_utc(),
            people: self.people,
            access: self.access.unwrap_or(Access::Public),
            places: self.places,
            equipment: self.equipment,
            languages: self.languages,
            embargo_until: self.embargo_until.map(|moment| moment.kept().to_utc()),
        };
        let mut faults = Faults::default();
        facts.check(&mut faults);
        faults.none_or().map(|()| facts)
    }
}

/// What is to change of a session (JSON Merge Patch). A title, an abstract and a list are replaced as a whole.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct SessionPatch {
    #[deserr(default)]
    #[schema(value_type = Option<SessionKind>)]
    kind: Patch<SessionKind>,
    #[deserr(default)]
    #[schema(value_type = Option<Translated<Label>>)]
    title: Patch<Words<Label>>,
    #[deserr(default, rename = "abstract")]
    #[schema(rename = "abstract", value_type = Option<Translated<Abstract>>)]
    about: Patch<Words<Abstract>>,
    #[deserr(default)]
    #[schema(value_type = Option<RoomId>)]
    room: Patch<RoomId>,
    #[deserr(default)]
    #[schema(value_type = Option<Layout>)]
    layout: Patch<Layout>,
    #[deserr(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    starts_at: Patch<Moment>,
    #[deserr(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    ends_at: Patch<Moment>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Announced>>)]
    people: Patch<Vec<Announced>>,
    #[deserr(default)]
    #[schema(value_type = Option<Access>)]
    access: Patch<Access>,
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    places: Patch<u16>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Equipment>>)]
    equipment: Patch<Vec<Equipment>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Language>>)]
    languages: Patch<Vec<Language>>,
    #[deserr(default)]
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    embargo_until: Patch<Moment>,
}

impl SessionPatch {
    /// What is planned after the change, with what cannot be of it.
    pub fn apply(self, before: Facts, faults: &mut Faults) -> Facts {
        let moment = |Moment(moment)| Moment(moment).kept().to_utc();
        let starts_at = self.starts_at.required("/starts_at", faults).map(moment);
        let ends_at = self.ends_at.required("/ends_at", faults).map(moment);
        let title = self.title.required("/title", faults).map(|Words(title)| title);
        let about = before.about.map(Words);
        let embargo_until = match self.embargo_until {
            Patch::Keep => before.embargo_until,
            Patch::Clear => None,
            Patch::Set(until) => Some(moment(until)),
        };
        let facts = Facts {
            kind: self.kind.required("/kind", faults).unwrap_or(before.kind),
            title: title.unwrap_or(before.title),
            about: self.about.apply(about).map(|Words(about)| about),
            room: self.room.apply(before.room),
            layout: self.layout.apply(before.layout),
            starts_at: starts_at.unwrap_or(before.starts_at),
            ends_at: ends_at.unwrap_or(before.ends_at),
            people: self.people.apply(Some(before.people)).unwrap_or_default(),
            access: self.access.required("/access", faults).unwrap_or(before.access),
            places: self.places.apply(before.places),
            equipment: self.equipment.apply(Some(before.equipment)).unwrap_or_default(),
            languages: self.languages.apply(Some(before.languages)).unwrap_or_default(),
            embargo_until,
        };
        facts.check(faults);
        facts
    }
}
