//! A delegation: one participant's team at the ceremony, and the way it goes (R34). Pure.

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, DelegationId};
use crate::page::Version;
use crate::text::{Email, ParticipantCode, Reason, choices, paragraphs, text_types};

text_types! {
    /// What a mission tells the secretariat: arrival, needs, wishes. Several lines.
    Remarks: 2000, paragraphs;
}

choices! {
    /// The name of a delegation's stage.
    StageName {
        /// The mission is preparing it.
        Draft = "draft",
        /// With the secretariat.
        Submitted = "submitted",
        /// Back with the mission, which is to mend it.
        Returned = "returned",
        /// The participant takes part.
        Accepted = "accepted",
        /// The participant does not take part.
        Rejected = "rejected",
        /// The mission took it back.
        Withdrawn = "withdrawn",
    }
}

/// Where a delegation stands, and why where that is not what its mission wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The mission is preparing it.
    Draft,
    /// With the secretariat.
    Submitted,
    /// Back with the mission, which is to mend it.
    Returned(Reason),
    /// The participant takes part.
    Accepted,
    /// The participant does not take part.
    Rejected(Reason),
    /// The mission took it back.
    Withdrawn(Reason),
}

/// What can be done with a delegation: refusals with their reason, the rest with a note where somebody wants to leave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The mission hands it to the secretariat.
    Submit(Option<Reason>),
    /// The secretariat gives it back to be mended.
    Return(Reason),
    /// The secretariat accepts it.
    Accept(Option<Reason>),
    /// The secretariat refuses it.
    Reject(Reason),
    /// The mission takes it back.
    Withdraw(Reason),
    /// An officer begins it anew.
    Reopen(Option<Reason>),
}

/// A participant's team at the ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Identity.
    pub id: DelegationId,
    /// Whose it is; there is one for each.
    pub participant: ParticipantCode,
    /// Where it stands.
    pub stage: Stage,
    /// Since when it stands there.
    pub since: DateTime<Utc>,
    /// Who works on it, while it waits there.
    pub assigned_to: Option<AccountId>,
    /// What the mission wants to say.
    pub remarks: Option<Remarks>,
    /// Where the mission is reached about it.
    pub contact_email: Option<Email>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// A step that the rules do not know from here; names those that they know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("from {current} there is no way to {wanted}")]
pub struct WrongState {
    /// The stage or status that stands.
    pub current: &'static str,
    /// The verb that was asked for.
    pub wanted: &'static str,
    /// The verbs that are open.
    pub allowed: &'static [&'static str],
}

impl Stage {
    /// The stage of this name. Refusals have their reason, the others none.
    #[must_use]
    pub fn of(name: StageName, reason: Option<Reason>) -> Option<Self> {
        match (name, reason) {
            (StageName::Draft, None) => Some(Self::Draft),
            (StageName::Submitted, None) => Some(Self::Submitted),
            (StageName::Returned, Some(reason)) => Some(Self::Returned(reason)),
            (StageName::Accepted, None) => Some(Self::Accepted),
            (StageName::Rejected, Some(reason)) => Some(Self::Rejected(reason)),
            (StageName::Withdrawn, Some(reason)) => Some(Self::Withdrawn(reason)),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> StageName {
        match self {
            Self::Draft => StageName::Draft,
            Self::Submitted => StageName::Submitted,
            Self::Returned(_) => StageName::Returned,
            Self::Accepted => StageName::Accepted,
            Self::Rejected(_) => StageName::Rejected,
            Self::Withdrawn(_) => StageName::Withdrawn,
        }
    }

    /// Why, where it is a refusal.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Returned(reason) | Self::Rejected(reason) | Self::Withdrawn(reason) => {
                Some(reason)
            }
            Self::Draft | Self::Submitted | Self::Accepted => None,
        }
    }

    /// The verbs that are open from here, for the answer to an illegal one.
    #[must_use]
    pub fn allowed(&self) -> &'static [&'static str] {
        match self {
            Self::Draft | Self::Returned(_) => &["submit", "withdraw"],
            Self::Submitted => &["return", "accept", "reject", "withdraw"],
            Self::Accepted => &["withdraw", "reopen"],
            Self::Rejected(_) | Self::Withdrawn(_) => &["reopen"],
        }
    }

    /// Whether the mission still takes part or may come to: its members can be entered and cleared.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Rejected(_) | Self::Withdrawn(_))
    }

    /// The refusal of a verb.
    #[must_use]
    pub fn refuse(&self, wanted: &'static str) -> WrongState {
        WrongState { current: self.name().as_str(), wanted, allowed: self.allowed() }
    }
}

impl Step {
    /// Its name in the path.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Submit(_) => "submit",
            Self::Return(_) => "return",
            Self::Accept(_) => "accept",
            Self::Reject(_) => "reject",
            Self::Withdraw(_) => "withdraw",
            Self::Reopen(_) => "reopen",
        }
    }

    /// The event that it leaves behind.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::Submit(_) => "delegation.submitted",
            Self::Return(_) => "delegation.returned",
            Self::Accept(_) => "delegation.accepted",
            Self::Reject(_) => "delegation.rejected",
            Self::Withdraw(_) => "delegation.withdrawn",
            Self::Reopen(_) => "delegation.reopened",
        }
    }

    /// Why it is done; there is no refusal without.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Return(reason) | Self::Reject(reason) | Self::Withdraw(reason) => Some(reason),
            Self::Submit(note) | Self::Accept(note) | Self::Reopen(note) => note.as_ref(),
        }
    }
}

impl Delegation {
    /// A draft.
    #[must_use]
    pub fn begun(participant: ParticipantCode, now: DateTime<Utc>) -> Self {
        Self {
            id: DelegationId::fresh(),
            participant,
            stage: Stage::Draft,
            since: now,
            assigned_to: None,
            remarks: None,
            contact_email: None,
            created_at: now,
            updated_at: now,
            version: Version(1),
        }
    }

    /// Goes a step further, where the rules know it (R34).
    pub fn go(self, step: Step, now: DateTime<Utc>) -> Result<Self, WrongState> {
        let wanted = step.verb();
        let stage = match (self.stage, step) {
            (Stage::Draft | Stage::Returned(_), Step::Submit(_)) => Stage::Submitted,
            (Stage::Submitted, Step::Return(reason)) => Stage::Returned(reason),
            (Stage::Submitted, Step::Accept(_)) => Stage::Accepted,
            (Stage::Submitted, Step::Reject(reason)) => Stage::Rejected(reason),
            (
                Stage::Draft | Stage::Submitted | Stage::Returned(_) | Stage::Accepted,
                Step::Withdraw(reason),
            ) => Stage::Withdrawn(reason),
            (Stage::Accepted | Stage::Rejected(_) | Stage::Withdrawn(_), Step::Reopen(_)) => {
                Stage::Draft
            }
            (stage, _) => return Err(stage.refuse(wanted)),
        };
        let (assigned_to, version) = (None, self.version.next());
        Ok(Self { stage, since: now, assigned_to, updated_at: now, version, ..self })
    }

    /// Somebody takes it, or gives it back.
    #[must_use]
    pub fn assigned(self, to: Option<AccountId>) -> Self {
        Self { assigned_to: to, version: self.version.next(), ..self }
    }

    /// Other remarks, another address; while the mission takes part.
    pub fn changed(
        self,
        remarks: Option<Remarks>,
        contact_email: Option<Email>,
        now: DateTime<Utc>,
    ) -> Result<Self, WrongState> {
        if !self.stage.is_open() {
            return Err(self.stage.refuse("change"));
        }
        Ok(Self { remarks, contact_email, updated_at: now, version: self.version.next(), ..self })
    }

    /// Since when the participant takes part, where it does.
    #[must_use]
    pub fn accepted_at(&self) -> Option<DateTime<Utc>> {
        (self.stage == Stage::Accepted).then_some(self.since)
    }

    /// Refuses what can be done only while the mission takes part.
    pub fn must_be_open(&self, wanted: &'static str) -> Result<(), WrongState> {
        if self.stage.is_open() { Ok(()) } else { Err(self.stage.refuse(wanted)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steps() -> impl Strategy<Value = Step> {
        let reason = Reason::parse("an invented reason").unwrap();
        prop::sample::select(vec![
            Step::Submit(None),
            Step::Return(reason.clone()),
            Step::Accept(None),
            Step::Reject(reason.clone()),
            Step::Withdraw(reason.clone()),
            Step::Reopen(None),
        ])
    }

    fn draft() -> Delegation {
        Delegation::begun(ParticipantCode::parse("FRA").unwrap(), DateTime::UNIX_EPOCH)
    }

    proptest! {
        #[test]
        fn r34_a_step_is_taken_exactly_when_it_is_listed_as_allowed(walk in prop::collection::vec(steps(), 0..40)) {
            let mut delegation = draft();
            for (minutes, step) in (1..).zip(walk) {
                let (verb, reason, before) = (step.verb(), step.reason().cloned(), delegation.clone());
                let now = DateTime::UNIX_EPOCH + chrono::Duration::minutes(minutes);
                match delegation.clone().go(step, now) {
                    Ok(after) => {
                        prop_assert!(before.stage.allowed().contains(&verb));
                        prop_assert_eq!(after.version, before.version.next());
                        prop_assert_eq!(after.since, now);
                        prop_assert_eq!(after.accepted_at().is_some(), verb == "accept");
                        let is_refusal = ["return", "reject", "withdraw"].contains(&verb);
                        prop_assert_eq!(after.stage.reason().cloned(), reason.filter(|_| is_refusal));
                        // What a row keeps of it says the same.
                        let (name, reason) = (after.stage.name(), after.stage.reason().cloned());
                        prop_assert_eq!(Stage::of(name, reason), Some(after.stage.clone()));
                        delegation = after;
                    }
                    Err(wrong) => {
                        prop_assert!(!before.stage.allowed().contains(&verb));
                        prop_assert_eq!(wrong.current, before.stage.name().as_str());
                        prop_assert_eq!(wrong.allowed, before.stage.allowed());
                    }
                }
            }
        }
    }

    #[test]
    fn r34_a_rejected_delegation_can_only_be_reopened() {
        let reason = Reason::parse("an invented reason").unwrap();
        let now = DateTime::UNIX_EPOCH;
        let submitted = draft().go(Step::Submit(None), now).unwrap();
        let rejected = submitted.go(Step::Reject(reason.clone()), now).unwrap();
        let wrong = rejected.clone().go(Step::Withdraw(reason), now).unwrap_err();
        assert_eq!((wrong.current, wrong.allowed), ("rejected", ["reopen"].as_slice()));
        assert_eq!(rejected.clone().changed(None, None, now).unwrap_err().current, "rejected");
        assert_eq!(rejected.go(Step::Reopen(None), now).unwrap().stage, Stage::Draft);
    }
}
