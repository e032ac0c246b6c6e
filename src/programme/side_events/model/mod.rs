//! A side event: what a participant asks to organize, and the way it goes (R45). Pure.

mod needs;
mod rules;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use self::needs::{Lack, Needs};
pub use self::rules::{Milestone, SideEventRules};
use crate::collation::fold;
use crate::ids::{AccountId, MemberId, SessionId, SideEventId};
use crate::input::Faults;
use crate::page::Version;
use crate::programme::rooms::FrameKey;
use crate::programme::words::{Abstract, Name};
use crate::text::{
    Label, ParticipantCode, PersonName, Reason, Translated, choices, paragraphs, text_types,
};

text_types! {
    /// What is to be shown or handed out at a side event.
    Material: 2000, paragraphs;
}

choices! {
    /// Where a side event stands.
    SideEventState {
        /// The mission is preparing it.
        Draft = "draft",
        /// With the programme's officers.
        Submitted = "submitted",
        /// It takes place, where there is a place for it.
        Accepted = "accepted",
        /// It does not.
        Rejected = "rejected",
        /// Its sponsor took it back.
        Withdrawn = "withdrawn",
    }

    /// What somebody says who is asked to organize a side event with its sponsor.
    Answer {
        /// Nothing yet.
        Asked = "asked",
        /// Yes.
        Confirmed = "confirmed",
        /// No.
        Declined = "declined",
    }
}

/// Somebody who speaks at a side event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Who it is.
    pub name: PersonName,
    /// Their office.
    pub title: Option<Label>,
    /// For whom they speak.
    pub organization: Option<Label>,
    /// Their entry in the sponsor's delegation.
    pub member: Option<MemberId>,
}

/// What a participant asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its title in each language.
    pub title: Name,
    /// What it is about, in each language.
    pub about: Option<Translated<Abstract>>,
    /// In which slots of the ceremony, the most wanted first; in any where none is named.
    pub preferred_slots: Vec<FrameKey>,
    /// What it needs of a room.
    pub needs: Needs,
    /// Who is to organize it with the sponsor.
    pub co_sponsors: Vec<ParticipantCode>,
    /// Who speaks, in the order in which they are announced.
    pub speakers: Vec<Speaker>,
    /// What is to be shown or handed out.
    pub material: Option<Material>,
}

/// Somebody who is asked to organize a side event with its sponsor, and what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CoSponsor)]
pub struct CoSponsor {
    /// Who.
    pub participant: ParticipantCode,
    /// What they say.
    pub answer: Answer,
    /// When they said so.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Who accepted, rejected or withdrew a side event, when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SideEventDecision)]
pub struct Decision {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Option<Reason>,
}

/// A side event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideEvent {
    /// Its identity.
    pub id: SideEventId,
    /// Whose it is.
    pub sponsor: ParticipantCode,
    /// What is asked for.
    pub application: Application,
    /// Those who are asked to organize it as well.
    pub co_sponsors: Vec<CoSponsor>,
    /// Where it stands.
    pub state: SideEventState,
    /// How that was decided.
    pub decision: Option<Decision>,
    /// Where it takes place.
    pub session: Option<SessionId>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was handed in.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// What can be done with a side event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The mission hands it in.
    Submit,
    /// An officer accepts it.
    Accept(Option<Reason>),
    /// An officer does not.
    Reject(Reason),
    /// Its sponsor takes it back.
    Withdraw(Option<Reason>),
}

/// A step that a side event does not know from where it stands; names those that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a side event that is {current} cannot take this step")]
pub struct WrongStep {
    /// Where it stands.
    pub current: &'static str,
    /// What can be done from there.
    pub allowed: &'static [&'static str],
}

impl Speaker {
    /// By which the same person is recognized elsewhere in the programme.
    #[must_use]
    pub fn recognized_by(&self) -> String {
        fold(self.name.as_str())
    }
}

impl Application {
    /// Adds what cannot be.
    pub fn check(&self, sponsor: &ParticipantCode, slots: &[FrameKey], faults: &mut Faults) {
        self.needs.check(faults);
        for (place, slot) in self.preferred_slots.iter().enumerate() {
            let at = format!("/preferred_slots/{place}");
            if !slots.contains(slot) {
                faults.add(&at, "unknown_slot", "the key of a slot of the ceremony is expected");
            }
            if self.preferred_slots.iter().take(place).any(|before| before == slot) {
                faults.add(at, "duplicate", "each slot is named once");
            }
        }
        for (place, code) in self.co_sponsors.iter().enumerate() {
            let at = format!("/co_sponsors/{place}");
            if code == sponsor {
                faults.add(&at, "not_applicable", "the sponsor is no co-sponsor");
            }
            if self.co_sponsors.iter().take(place).any(|before| before == code) {
                faults.add(at, "duplicate", "each co-sponsor is named once");
            }
        }
    }

    /// What the audit trail says of it, which is for ever: of who speaks how many they are.
    #[must_use]
    pub fn told(&self) -> Value {
        json!({
            "title": self.title,
            "abstract": self.about,
            "preferred_slots": self.preferred_slots,
            "needs": self.needs,
            "co_sponsors": self.co_sponsors,
            "speakers": self.speakers.len(),
            "material": self.material,
        })
    }
}

impl Step {
    /// Its name in the audit trail.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::Submit => "side_event.submitted",
            Self::Accept(_) => "side_event.accepted",
            Self::Reject(_) => "side_event.rejected",
            Self::Withdraw(_) => "side_event.withdrawn",
        }
    }

    /// Why it is taken.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Submit => None,
            Self::Accept(reason) | Self::Withdraw(reason) => reason.as_ref(),
            Self::Reject(reason) => Some(reason),
        }
    }
}

impl SideEvent {
    /// A draft.
    #[must_use]
    pub fn begun(sponsor: ParticipantCode, application: Application, now: DateTime<Utc>) -> Self {
        Self {
            id: SideEventId::fresh(),
            sponsor,
            co_sponsors: asked(&application, &[]),
            application,
            state: SideEventState::Draft,
            decision: None,
            session: None,
            created_at: now,
            submitted_at: None,
            updated_at: now,
            version: Version(1),
        }
    }

    /// What can be done from where it stands.
    #[must_use]
    pub fn allowed(&self) -> &'static [&'static str] {
        match (self.state, self.session) {
            (SideEventState::Draft, _) => &["change", "submit", "withdraw"],
            (SideEventState::Submitted, _) => &["change", "accept", "reject", "withdraw"],
            (SideEventState::Accepted, None) => &["change", "schedule", "withdraw"],
            // It is a session now: it is changed, moved and called off as such.
            (SideEventState::Accepted, Some(_))
            | (SideEventState::Rejected | SideEventState::Withdrawn, _) => &[],
        }
    }

    /// Goes a step further.
    pub fn go(self, step: &Step, by: AccountId, now: DateTime<Utc>) -> Result<Self, WrongStep> {
        let (verb, state) = match step {
            Step::Submit => ("submit", SideEventState::Submitted),
            Step::Accept(_) => ("accept", SideEventState::Accepted),
            Step::Reject(_) => ("reject", SideEventState::Rejected),
            Step::Withdraw(_) => ("withdraw", SideEventState::Withdrawn),
        };
        let going = self.able_to(verb)?;
        let is_decided = *step != Step::Submit;
        let reason = step.reason().cloned();
        let submitted_at = if is_decided { going.submitted_at } else { Some(now) };
        Ok(Self {
            state,
            decision: is_decided.then_some(Decision { by, at: now, reason }),
            submitted_at,
            ..going.touched(now)
        })
    }

    /// Asks for something else.
    pub fn changed(self, application: Application, now: DateTime<Utc>) -> Result<Self, WrongStep> {
        let before = self.able_to("change")?.touched(now);
        Ok(Self { co_sponsors: asked(&application, &before.co_sponsors), application, ..before })
    }

    /// Takes place as a session.
    pub fn scheduled(self, session: SessionId, now: DateTime<Utc>) -> Result<Self, WrongStep> {
        Ok(Self { session: Some(session), ..self.able_to("schedule")?.touched(now) })
    }

    /// The same without a session that was called off.
    #[must_use]
    pub fn released(self) -> Self {
        Self { session: None, ..self }
    }

    /// Whether somebody can still say whether they organize it as well.
    #[must_use]
    pub fn takes_answers(&self) -> bool {
        matches!(self.state, SideEventState::Submitted | SideEventState::Accepted)
            && self.session.is_none()
    }

    /// The same after somebody has said whether they organize it as well. To say it again changes nothing.
    #[must_use]
    pub fn answered(self, code: &ParticipantCode, answer: Answer, now: DateTime<Utc>) -> Self {
        let says_so = |other: &CoSponsor| other.participant == *code && other.answer == answer;
        if self.co_sponsors.iter().any(says_so) {
            return self;
        }
        let mut event = self.touched(now);
        for other in event.co_sponsors.iter_mut().filter(|other| other.participant == *code) {
            (other.answer, other.answered_at) = (answer, Some(now));
        }
        event
    }

    /// What is told of a step that it does not know.
    #[must_use]
    pub fn wrong_step(&self) -> WrongStep {
        let is_scheduled = self.session.is_some();
        let current = if is_scheduled { "scheduled" } else { self.state.as_str() };
        WrongStep { current, allowed: self.allowed() }
    }

    /// The sponsor, and those who have said that they organize it as well.
    #[must_use]
    pub fn hosts(&self) -> Vec<ParticipantCode> {
        let confirmed = self.co_sponsors.iter().filter(|other| other.answer == Answer::Confirmed);
        let others = confirmed.map(|other| other.participant.clone());
        std::iter::once(self.sponsor.clone()).chain(others).collect()
    }

    fn able_to(self, verb: &str) -> Result<Self, WrongStep> {
        if self.allowed().contains(&verb) { Ok(self) } else { Err(self.wrong_step()) }
    }

    fn touched(self, now: DateTime<Utc>) -> Self {
        Self { updated_at: now, version: self.version.next(), ..self }
    }
}

/// Those whom an application names. Who was named before has not to say it again.
fn asked(application: &Application, before: &[CoSponsor]) -> Vec<CoSponsor> {
    let named = |code: &ParticipantCode| {
        let known = before.iter().find(|known| known.participant == *code);
        let anew =
            || CoSponsor { participant: code.clone(), answer: Answer::Asked, answered_at: None };
        known.cloned().unwrap_or_else(anew)
    };
    application.co_sponsors.iter().map(named).collect()
}

#[cfg(test)]
mod tests;
