//! Sessions as they are shown to those who plan them.

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Access, Announced, Session, SessionKind};
use crate::db::Answer;
use crate::ids::{AccountId, RoomId, SessionId};
use crate::programme::conflicts::Conflict;
use crate::programme::rooms::{Equipment, Layout};
use crate::programme::words::Abstract;
use crate::text::{Label, Language, Reason, Translated};

/// When it is at the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LocalTime)]
pub struct Local {
    /// The zone of the place.
    zone: &'static str,
    starts_at: DateTime<FixedOffset>,
    ends_at: DateTime<FixedOffset>,
}

impl Local {
    /// From one moment to another, at a place.
    #[must_use]
    pub fn of(zone: Tz, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Self {
        let local = |moment: DateTime<Utc>| moment.with_timezone(&zone).fixed_offset();
        Self { zone: zone.name(), starts_at: local(starts_at), ends_at: local(ends_at) }
    }
}

/// A session of the draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DraftedSession)]
pub struct SessionView<'a> {
    id: SessionId,
    kind: SessionKind,
    #[schema(value_type = Translated<Label>)]
    title: &'a Translated<Label>,
    #[serde(rename = "abstract")]
    #[schema(value_type = Option<Translated<Abstract>>)]
    about: Option<&'a Translated<Abstract>>,
    room: Option<RoomId>,
    layout: Option<Layout>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    local: Local,
    people: &'a [Announced],
    access: Access,
    places: Option<u16>,
    equipment: &'a [Equipment],
    languages: &'a [Language],
    embargo_until: Option<DateTime<Utc>>,
    cancelled: Option<CancelledView<'a>>,
    updated_at: DateTime<Utc>,
    /// What does not fit (R47), where the session was just planned, moved or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflicts: Option<&'a [Conflict]>,
}

/// That a session does not take place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CancelledSession)]
struct CancelledView<'a> {
    at: DateTime<Utc>,
    by: AccountId,
    reason: &'a Reason,
}

/// A session, and what is shown with it.
#[derive(Debug)]
pub struct Shown {
    session: Session,
    zone: Tz,
    conflicts: Option<Vec<Conflict>>,
}

impl Shown {
    /// A session at a place.
    #[must_use]
    pub fn at(zone: Tz, session: Session) -> Self {
        Self { session, zone, conflicts: None }
    }

    /// The same with what does not fit.
    #[must_use]
    pub fn with(self, conflicts: Vec<Conflict>) -> Self {
        Self { conflicts: Some(conflicts), ..self }
    }

    /// As it is answered.
    #[must_use]
    pub fn view(&self) -> SessionView<'_> {
        let Session { id, facts, cancelled, updated_at, .. } = &self.session;
        SessionView {
            id: *id,
            kind: facts.kind,
            title: &facts.title,
            about: facts.about.as_ref(),
            room: facts.room,
            layout: facts.layout,
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            local: Local::of(self.zone, facts.starts_at, facts.ends_at),
            people: &facts.people,
            access: facts.access,
            places: facts.places,
            equipment: &facts.equipment,
            languages: &facts.languages,
            embargo_until: facts.embargo_until,
            cancelled: cancelled.as_ref().map(|cancelled| CancelledView {
                at: cancelled.at,
                by: cancelled.by,
                reason: &cancelled.because,
            }),
            updated_at: *updated_at,
            conflicts: self.conflicts.as_deref(),
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.view())
    }
    fn etag(&self) -> Option<String> {
        Some(self.session.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/sessions/{}", self.session.id))
    }
}
