//! What stands: each action that was not withdrawn, with its corrected values.

use chrono::NaiveDate;

use super::{Action, ActionKind};
use crate::ids::ActId;
use crate::text::ParticipantCode;

/// An action as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingAction {
    /// The act that recorded it.
    pub id: ActId,
    /// The action, with its corrected values.
    pub action: Action,
    /// The corrections in effect, in their order.
    pub corrected_by: Vec<ActId>,
}

/// All actions that stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing(Vec<StandingAction>);

impl From<Vec<StandingAction>> for Standing {
    fn from(actions: Vec<StandingAction>) -> Self {
        Self(actions)
    }
}

impl Standing {
    /// Those whose legal date is up to a day (R28).
    #[must_use]
    pub fn as_of(mut self, date: NaiveDate) -> Self {
        self.0.retain(|stands| stands.action.legal_date <= date);
        self
    }

    /// All but one.
    #[must_use]
    pub fn without(&self, id: ActId) -> Self {
        Self(self.iter().filter(|stands| stands.id != id).cloned().collect())
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, stands: StandingAction) -> Self {
        self.0.push(stands);
        self
    }

    /// All, in the order of recording.
    pub fn iter(&self) -> impl Iterator<Item = &StandingAction> {
        self.0.iter()
    }

    /// One of them.
    #[must_use]
    pub fn find(&self, id: ActId) -> Option<&StandingAction> {
        self.iter().find(|stands| stands.id == id)
    }

    /// The participant's action of a kind.
    #[must_use]
    pub fn of(&self, participant: &ParticipantCode, kind: ActionKind) -> Option<&StandingAction> {
        self.by(participant).find(|stands| stands.action.kind == kind)
    }

    /// The participant's consent to be bound.
    #[must_use]
    pub fn consent(&self, participant: &ParticipantCode) -> Option<&StandingAction> {
        self.by(participant).find(|stands| stands.action.kind.is_consent())
    }

    fn by(&self, participant: &ParticipantCode) -> impl Iterator<Item = &StandingAction> {
        self.iter().filter(move |stands| stands.action.participant == *participant)
    }
}
