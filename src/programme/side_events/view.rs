//! Side events as they are shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{
    CoSponsor, Decision, Material, Milestone, SideEvent, SideEventRules, SideEventState, Speaker,
};
use crate::access::{Action, Actor};
use crate::db::Answer;
use crate::ids::{MemberId, SessionId, SideEventId};
use crate::programme::conflicts::Conflict;
use crate::programme::rooms::{Equipment, FrameKey, Layout};
use crate::programme::words::Abstract;
use crate::text::{Label, Language, ParticipantCode, PersonName, Translated};

/// A side event that a participant asks to organize.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SideEvent)]
pub struct SideEventView<'a> {
    id: SideEventId,
    /// The sponsor.
    participant: &'a ParticipantCode,
    state: SideEventState,
    /// What can be done next.
    allowed: &'static [&'static str],
    #[schema(value_type = Translated<Label>)]
    title: &'a Translated<Label>,
    #[serde(rename = "abstract")]
    #[schema(value_type = Option<Translated<Abstract>>)]
    about: Option<&'a Translated<Abstract>>,
    /// The most wanted first.
    preferred_slots: &'a [FrameKey],
    /// How many are expected.
    audience: u16,
    layout: Option<Layout>,
    equipment: &'a [Equipment],
    /// Into which languages it is to be interpreted.
    languages: &'a [Language],
    material: Option<&'a Material>,
    /// Who is asked to organize it as well, and what they say; one of them sees itself alone.
    co_sponsors: &'a [CoSponsor],
    speakers: Vec<SpeakerView<'a>>,
    /// Until when what has to be said.
    milestones: Vec<MilestoneView>,
    /// How it was decided.
    decision: Option<&'a Decision>,
    /// The session as which it takes place.
    session: Option<SessionId>,
    created_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    /// What does not fit (R47), where it was just given its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<&'a [Conflict]>,
}

/// Somebody who speaks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SideEventSpeaker)]
struct SpeakerView<'a> {
    name: &'a PersonName,
    title: Option<&'a Label>,
    organization: Option<&'a Label>,
    /// Their entry in the sponsor's delegation; for those who prepare it.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberId>,
}

/// Until when something has to be said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SideEventMilestone)]
struct MilestoneView {
    milestone: Milestone,
    due_at: DateTime<Utc>,
    /// Whether it has been said.
    met: bool,
}

/// A side event, and what is shown with it.
#[derive(Debug)]
pub struct Shown {
    event: SideEvent,
    milestones: [(Milestone, DateTime<Utc>); 3],
    shows_members: bool,
    conflicts: Option<Vec<Conflict>>,
}

impl Shown {
    /// A side event for whoever asks.
    #[must_use]
    pub fn to(actor: &Actor, rules: &SideEventRules, event: SideEvent) -> Self {
        let milestones = [Milestone::Title, Milestone::Speakers, Milestone::Material];
        Self {
            milestones: milestones.map(|milestone| (milestone, rules.due_at(milestone))),
            shows_members: actor.may(Action::PrepareDelegation(&event.sponsor)),
            event,
            conflicts: None,
        }
    }

    /// The same with what does not fit.
    #[must_use]
    pub fn with(self, conflicts: Vec<Conflict>) -> Self {
        Self { conflicts: Some(conflicts), ..self }
    }

    /// As it is answered.
    #[must_use]
    pub fn view(&self) -> SideEventView<'_> {
        let SideEvent { application, decision, co_sponsors, .. } = &self.event;
        let milestone = |(milestone, due_at): &(Milestone, DateTime<Utc>)| MilestoneView {
            milestone: *milestone,
            due_at: *due_at,
            met: milestone.is_met(application),
        };
        SideEventView {
            id: self.event.id,
            participant: &self.event.sponsor,
            state: self.event.state,
            allowed: self.event.allowed(),
            title: &application.title,
            about: application.about.as_ref(),
            preferred_slots: &application.preferred_slots,
            audience: application.needs.audience,
            layout: application.needs.layout,
            equipment: &application.needs.equipment,
            languages: &application.needs.languages,
            material: application.material.as_ref(),
            co_sponsors,
            speakers: application.speakers.iter().map(|speaker| self.speaker(speaker)).collect(),
            milestones: self.milestones.iter().map(milestone).collect(),
            decision: decision.as_ref(),
            session: self.event.session,
            created_at: self.event.created_at,
            submitted_at: self.event.submitted_at,
            updated_at: self.event.updated_at,
            conflicts: self.conflicts.as_deref(),
        }
    }
}

impl Shown {
    fn speaker<'a>(&self, speaker: &'a Speaker) -> SpeakerView<'a> {
        let Speaker { name, title, organization, member } = speaker;
        SpeakerView {
            name,
            title: title.as_ref(),
            organization: organization.as_ref(),
            member: member.filter(|_| self.shows_members),
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.view())
    }
    fn etag(&self) -> Option<String> {
        Some(self.event.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/side-events/{}", self.event.id))
    }
}
