//! Statements, their order and their times. Pure.

mod order;

use chrono::{DateTime, Utc};
use serde::Deserialize;

pub use order::{Placed, Times, Why, arrange};

use crate::delegations::Rank;
use crate::ids::{DocumentId, SessionId, StatementId};
use crate::page::Version;
use crate::text::{Label, Language, ParticipantCode, PersonName, choices};

/// How often a delegation may reply in one session (R49).
pub const MOST_REPLIES: i32 = 2;

choices! {
    /// What is said.
    StatementKind {
        /// A statement from the list.
        Statement = "statement",
        /// The right of reply, behind all statements.
        Reply = "reply",
    }

    /// Where a statement stands.
    StatementState {
        /// It is on the list.
        Listed = "listed",
        /// The speaker is called.
        Called = "called",
        /// It is being made.
        Speaking = "speaking",
        /// It was made.
        Spoken = "spoken",
        /// It is not made.
        Withdrawn = "withdrawn",
    }

    /// What can be done with a statement.
    #[schema(as = StatementStep)]
    Step {
        /// Calls the speaker.
        Call = "call",
        /// Sees the speaker begin.
        Start = "start",
        /// Sees the speaker end.
        End = "end",
        /// Takes it off the list.
        Withdraw = "withdraw",
    }
}

/// By which classes lists are ordered, and how long is spoken, in this ceremony.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// The ranks of each class, the first one first; whoever is in none speaks behind all classes.
    pub classes: Vec<Vec<Rank>>,
    /// How long a statement takes.
    pub minutes: u16,
    /// How long a reply takes.
    pub reply_minutes: u16,
}

impl Classes {
    /// The class of a rank, counted from 1.
    #[must_use]
    pub fn of(&self, rank: Rank) -> i32 {
        let class = self.classes.iter().position(|ranks| ranks.contains(&rank));
        i32::try_from(class.unwrap_or(self.classes.len()) + 1).unwrap_or(i32::MAX)
    }

    /// How long something of this kind takes.
    #[must_use]
    pub fn minutes(&self, kind: StatementKind) -> u16 {
        match kind {
            StatementKind::Statement => self.minutes,
            StatementKind::Reply => self.reply_minutes,
        }
    }
}

/// Who speaks, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// Who.
    pub speaker: PersonName,
    /// Their office.
    pub title: Option<Label>,
    /// Their level.
    pub rank: Rank,
    /// In which language.
    pub language: Language,
    /// For a group as well.
    pub on_behalf_of: Option<Label>,
    /// When the mission would like to speak; whoever runs the session reads it.
    pub preferred: Option<Label>,
}

/// A statement, or a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its identity.
    pub id: StatementId,
    /// In which session.
    pub session: SessionId,
    /// Whose.
    pub participant: ParticipantCode,
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub state: StatementState,
    /// Who speaks, and how.
    pub speech: Speech,
    /// What is going to be said.
    pub text: Option<DocumentId>,
    /// When it was inscribed.
    pub inscribed_at: DateTime<Utc>,
    /// Its place: the class, then the time.
    pub place: (i32, DateTime<Utc>),
    /// With whom the mission would exchange its place.
    pub swap_with: Option<ParticipantCode>,
    /// When it did.
    pub swapped_at: Option<DateTime<Utc>>,
    /// When the speaker was called.
    pub called_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Of replies, which one it is.
    pub reply_number: Option<i32>,
    /// Counts its changes.
    pub version: Version,
}

/// The statement does not know the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a statement that is {0} cannot take this step")]
pub struct WrongTurn(pub StatementState);

impl StatementState {
    /// What can be done next.
    #[must_use]
    pub fn allowed(self) -> &'static [Step] {
        match self {
            Self::Listed => &[Step::Call, Step::Withdraw],
            Self::Called => &[Step::Start, Step::Withdraw],
            Self::Speaking => &[Step::End],
            Self::Spoken | Self::Withdrawn => &[],
        }
    }
}

impl Statement {
    /// A statement that is inscribed: its place is by class, then by time.
    #[must_use]
    pub fn inscribed(
        session: SessionId,
        participant: ParticipantCode,
        speech: Speech,
        classes: &Classes,
        now: DateTime<Utc>,
    ) -> Self {
        let place = (classes.of(speech.rank), now);
        Self {
            id: StatementId::fresh(),
            session,
            participant,
            kind: StatementKind::Statement,
            state: StatementState::Listed,
            speech,
            text: None,
            inscribed_at: now,
            place,
            swap_with: None,
            swapped_at: None,
            called_at: None,
            started_at: None,
            ended_at: None,
            reply_number: None,
            version: Version(1),
        }
    }

    /// The same as a reply: behind all statements, in the order in which they were asked for.
    #[must_use]
    pub fn into_reply(self, number: i32) -> Self {
        let (kind, place) = (StatementKind::Reply, (i32::MAX, self.inscribed_at));
        Self { kind, place, reply_number: Some(number), ..self }
    }

    /// Another speaker, language or level. A new level moves it to the class of that level, by the time of its inscription
    /// and nothing else; whatever it had by an exchange is gone then.
    pub fn changed(self, speech: Speech, classes: &Classes) -> Result<Self, WrongTurn> {
        if self.state != StatementState::Listed {
            return Err(WrongTurn(self.state));
        }
        let has_moved = speech.rank != self.speech.rank && self.kind == StatementKind::Statement;
        let place =
            if has_moved { (classes.of(speech.rank), self.inscribed_at) } else { self.place };
        let swapped_at = self.swapped_at.filter(|_| !has_moved);
        Ok(Self { speech, place, swapped_at, version: self.version.next(), ..self })
    }

    /// Hands in what is going to be said, or something better, until it is said.
    pub fn with_text(self, text: DocumentId) -> Result<Self, WrongTurn> {
        match self.state {
            StatementState::Listed | StatementState::Called => {
                Ok(Self { text: Some(text), version: self.version.next(), ..self })
            }
            state => Err(WrongTurn(state)),
        }
    }

    /// Whether the embargo on its text is over: it was said (R49).
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.state == StatementState::Spoken
    }

    /// Says with whom its mission would exchange places.
    pub fn would_swap(self, with: Option<ParticipantCode>) -> Result<Self, WrongTurn> {
        if self.state != StatementState::Listed || self.kind != StatementKind::Statement {
            return Err(WrongTurn(self.state));
        }
        Ok(Self { swap_with: with, version: self.version.next(), ..self })
    }

    /// Whether both would exchange places with each other, and still can.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let can = |statement: &Self| {
            statement.state == StatementState::Listed && statement.kind == StatementKind::Statement
        };
        can(self)
            && can(other)
            && self.swap_with.as_ref() == Some(&other.participant)
            && other.swap_with.as_ref() == Some(&self.participant)
    }

    /// The same at another's place.
    #[must_use]
    pub fn at_place_of(self, other: &Self, now: DateTime<Utc>) -> Self {
        let (place, version) = (other.place, self.version.next());
        Self { place, swap_with: None, swapped_at: Some(now), version, ..self }
    }

    /// Takes a step.
    pub fn step(self, step: Step, now: DateTime<Utc>) -> Result<Self, WrongTurn> {
        if !self.state.allowed().contains(&step) {
            return Err(WrongTurn(self.state));
        }
        let version = self.version.next();
        Ok(match step {
            Step::Call => {
                Self { state: StatementState::Called, called_at: Some(now), version, ..self }
            }
            Step::Start => {
                Self { state: StatementState::Speaking, started_at: Some(now), version, ..self }
            }
            Step::End => {
                Self { state: StatementState::Spoken, ended_at: Some(now), version, ..self }
            }
            Step::Withdraw => Self { state: StatementState::Withdrawn, version, ..self },
        })
    }
}

#[cfg(test)]
mod tests;
