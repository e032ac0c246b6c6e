//! What missions send of a side event. Every fault is found at once (R54).

use deserr::Deserr;
use utoipa::ToSchema;

use super::model::{Application, Material, Needs, Speaker};
use crate::delegations::{Calendar, Identity, NewMember, Person};
use crate::ids::MemberId;
use crate::input::{Faults, Patch};
use crate::programme::rooms::{Equipment, FrameKey, Layout, at_most};
use crate::programme::words::{Abstract, Words};
use crate::text::{Label, Language, ParticipantCode, PersonName, Translated};

/// A side event that is applied for.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewSideEvent {
    /// Who organizes it.
    participant: ParticipantCode,
    /// Its title in each language, or in English alone.
    #[schema(value_type = Translated<Label>)]
    title: Words<Label>,
    /// What it is about, in the same way.
    #[deserr(default, rename = "abstract")]
    #[schema(rename = "abstract", value_type = Option<Translated<Abstract>>)]
    about: Option<Words<Abstract>>,
    /// In which slots, the most wanted first; in any where none is named.
    #[deserr(default)]
    #[schema(required = false)]
    preferred_slots: Vec<FrameKey>,
    /// How many are expected.
    audience: u16,
    /// How the room is to be furnished.
    #[deserr(default)]
    layout: Option<Layout>,
    /// What is needed there.
    #[deserr(default)]
    #[schema(required = false)]
    equipment: Vec<Equipment>,
    /// Into which languages it is to be interpreted, each from a booth.
    #[deserr(default)]
    #[schema(required = false)]
    languages: Vec<Language>,
    /// Who is asked to organize it as well.
    #[deserr(default)]
    #[schema(required = false)]
    co_sponsors: Vec<ParticipantCode>,
    /// Who speaks, in the order in which they are announced.
    #[deserr(default)]
    #[schema(required = false)]
    speakers: Vec<NewSpeaker>,
    /// What is to be shown or handed out.
    #[deserr(default)]
    material: Option<Material>,
}

/// Somebody who speaks.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewSideEventSpeaker)]
pub struct NewSpeaker {
    name: PersonName,
    /// Their office.
    #[deserr(default)]
    title: Option<Label>,
    /// For whom they speak.
    #[deserr(default)]
    organization: Option<Label>,
    /// Their entry in the sponsor's delegation, where they have one.
    #[deserr(default)]
    member: Option<MemberId>,
    /// Enters them into the sponsor's delegation with the same request, as a draft that its mission submits for
    /// accreditation like any other.
    #[deserr(default)]
    accreditation: Option<NewMember>,
}

/// Somebody who is to be entered into the sponsor's delegation.
#[derive(Debug, Clone)]
pub struct Entering {
    /// As which of the speakers, counted from 0.
    pub place: usize,
    /// Who it is.
    pub person: Person,
    /// What of them is sealed.
    pub identity: Identity,
}

impl NewSideEvent {
    /// Whose it is, what is asked for, and who is to be entered with it.
    pub fn read(
        self,
        calendar: Calendar,
    ) -> Result<(ParticipantCode, Application, Vec<Entering>), Faults> {
        let mut faults = Faults::default();
        at_most("/preferred_slots", self.preferred_slots.len(), &mut faults);
        at_most("/co_sponsors", self.co_sponsors.len(), &mut faults);
        let (speakers, entering) = speakers(self.speakers, calendar, &mut faults);
        let application = Application {
            title: self.title.0,
            about: self.about.map(|Words(about)| about),
            preferred_slots: self.preferred_slots,
            needs: Needs {
                audience: self.audience,
                layout: self.layout,
                equipment: self.equipment,
                languages: self.languages,
            },
            co_sponsors: self.co_sponsors,
            speakers,
            material: self.material,
        };
        faults.none_or().map(|()| (self.participant, application, entering))
    }
}

/// What is to change of a side event (JSON Merge Patch). A title, an abstract and a list are replaced as a whole.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct SideEventPatch {
    #[deserr(default)]
    #[schema(value_type = Option<Translated<Label>>)]
    title: Patch<Words<Label>>,
    #[deserr(default, rename = "abstract")]
    #[schema(rename = "abstract", value_type = Option<Translated<Abstract>>)]
    about: Patch<Words<Abstract>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<FrameKey>>)]
    preferred_slots: Patch<Vec<FrameKey>>,
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    audience: Patch<u16>,
    #[deserr(default)]
    #[schema(value_type = Option<Layout>)]
    layout: Patch<Layout>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Equipment>>)]
    equipment: Patch<Vec<Equipment>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Language>>)]
    languages: Patch<Vec<Language>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<ParticipantCode>>)]
    co_sponsors: Patch<Vec<ParticipantCode>>,
    #[deserr(default)]
    #[schema(value_type = Option<Vec<NewSpeaker>>)]
    speakers: Patch<Vec<NewSpeaker>>,
    #[deserr(default)]
    #[schema(value_type = Option<Material>)]
    material: Patch<Material>,
}

/// A patch that was read, with who is to be entered with it.
#[derive(Debug)]
pub struct Wanted {
    /// All but who speaks.
    rest: SideEventPatch,
    speakers: Patch<Vec<Speaker>>,
    /// Who is to be entered.
    pub entering: Vec<Entering>,
}

impl SideEventPatch {
    /// What is wanted, and who is to be entered with it.
    pub fn read(mut self, calendar: Calendar) -> Result<Wanted, Faults> {
        let mut faults = Faults::default();
        at_most("/preferred_slots", named(&self.preferred_slots), &mut faults);
        at_most("/co_sponsors", named(&self.co_sponsors), &mut faults);
        let (speakers, entering) = match std::mem::take(&mut self.speakers) {
            Patch::Keep => (Patch::Keep, Vec::new()),
            Patch::Clear => (Patch::Clear, Vec::new()),
            Patch::Set(named) => {
                let (speakers, entering) = speakers(named, calendar, &mut faults);
                (Patch::Set(speakers), entering)
            }
        };
        faults.none_or().map(|()| Wanted { rest: self, speakers, entering })
    }
}

impl Wanted {
    /// What is asked for after the change, with what cannot be cleared.
    pub fn apply(&self, before: Application, faults: &mut Faults) -> Application {
        let rest = &self.rest;
        let title = rest.title.clone().required("/title", faults).map(|Words(title)| title);
        let audience = rest.audience.clone().required("/audience", faults);
        let about = before.about.map(Words);
        let needs = before.needs;
        Application {
            title: title.unwrap_or(before.title),
            about: rest.about.clone().apply(about).map(|Words(about)| about),
            preferred_slots: or_none(&rest.preferred_slots, before.preferred_slots),
            needs: Needs {
                audience: audience.unwrap_or(needs.audience),
                layout: rest.layout.clone().apply(needs.layout),
                equipment: or_none(&rest.equipment, needs.equipment),
                languages: or_none(&rest.languages, needs.languages),
            },
            co_sponsors: or_none(&rest.co_sponsors, before.co_sponsors),
            speakers: or_none(&self.speakers, before.speakers),
            material: rest.material.clone().apply(before.material),
        }
    }
}

/// A list after a patch, which clears it by null.
fn or_none<T: Clone>(patch: &Patch<Vec<T>>, before: Vec<T>) -> Vec<T> {
    patch.clone().apply(Some(before)).unwrap_or_default()
}

/// How many a patch names.
fn named<T>(patch: &Patch<Vec<T>>) -> usize {
    if let Patch::Set(entries) = patch { entries.len() } else { 0 }
}

/// Who speaks, and who of them is to be entered.
fn speakers(
    named: Vec<NewSpeaker>,
    calendar: Calendar,
    faults: &mut Faults,
) -> (Vec<Speaker>, Vec<Entering>) {
    at_most("/speakers", named.len(), faults);
    let (mut speakers, mut entering) = (Vec::new(), Vec::new());
    for (place, new) in named.into_iter().enumerate() {
        let at = format!("/speakers/{place}/accreditation");
        if new.member.is_some() && new.accreditation.is_some() {
            faults.add(&at, "not_applicable", "who has an entry is not entered again");
        }
        if let Some(entry) = new.accreditation {
            match entry.judged(calendar) {
                Ok((person, identity)) => entering.push(Entering { place, person, identity }),
                Err(Faults(more)) => faults.0.extend(more.into_iter().map(|fault| {
                    let pointer = format!("{at}{}", fault.pointer);
                    crate::input::FieldFault { pointer, ..fault }
                })),
            }
        }
        let NewSpeaker { name, title, organization, member, .. } = new;
        speakers.push(Speaker { name, title, organization, member });
    }
    (speakers, entering)
}
