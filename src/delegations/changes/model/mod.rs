//! A change request, and its way to a decision (R37). Pure.

mod difference;

use chrono::{DateTime, Utc};

pub use difference::{Change, Difference, Field, Said};

use crate::delegations::model::WrongState;
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::page::Version;
use crate::text::{ParticipantCode, Reason, choices};

choices! {
    /// Where a change request stands.
    RequestState {
        /// With the secretariat.
        Open = "open",
        /// The member is as it was asked for.
        Accepted = "accepted",
        /// The member stays as it was.
        Refused = "refused",
        /// The mission took it back.
        Withdrawn = "withdrawn",
        /// The member's entry came to its end before a decision.
        Lapsed = "lapsed",
    }
}

/// A change request, without the values that are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Identity.
    pub id: ChangeRequestId,
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// Who is to change.
    pub member: MemberId,
    /// Where it stands.
    pub state: RequestState,
    /// What may be read at rest of what is asked for.
    pub plain: Difference,
    /// What else is asked for.
    pub sealed: Vec<Field>,
    /// Whether it sends the person back to vetting.
    pub is_material: bool,
    /// What the mission says to it.
    pub note: Option<Reason>,
    /// What whoever decided said to it.
    pub reason: Option<Reason>,
    /// Who asked.
    pub requested_by: AccountId,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who works on it, while it is open.
    pub assigned_to: Option<AccountId>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// What is decided about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The secretariat agrees.
    Accept(Option<Reason>),
    /// The secretariat does not.
    Refuse(Reason),
    /// The mission takes it back.
    Withdraw(Option<Reason>),
}

impl Verdict {
    /// Its name in the path.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::Refuse(_) => "refuse",
            Self::Withdraw(_) => "withdraw",
        }
    }

    fn outcome(self) -> (RequestState, Option<Reason>) {
        match self {
            Self::Accept(note) => (RequestState::Accepted, note),
            Self::Refuse(reason) => (RequestState::Refused, Some(reason)),
            Self::Withdraw(note) => (RequestState::Withdrawn, note),
        }
    }
}

impl ChangeRequest {
    /// Asks for a change.
    #[must_use]
    pub fn made(
        participant: ParticipantCode,
        member: MemberId,
        difference: &Difference,
        note: Option<Reason>,
        by: AccountId,
        now: DateTime<Utc>,
    ) -> Self {
        let (plain, Difference(sealed)) = difference.clone().split();
        Self {
            id: ChangeRequestId::fresh(),
            participant,
            member,
            state: RequestState::Open,
            plain,
            sealed: sealed.iter().map(|change| change.field).collect(),
            is_material: difference.is_material(),
            note,
            reason: None,
            requested_by: by,
            requested_at: now,
            decided_by: None,
            decided_at: None,
            assigned_to: None,
            updated_at: now,
            version: Version(1),
        }
    }

    /// Decides it, which is done once.
    pub fn decided(
        self,
        verdict: Verdict,
        by: AccountId,
        now: DateTime<Utc>,
    ) -> Result<Self, WrongState> {
        if self.state != RequestState::Open {
            let current = self.state.as_str();
            return Err(WrongState { current, wanted: verdict.verb(), allowed: &[] });
        }
        let (state, reason) = verdict.outcome();
        let (decided_by, decided_at) = (Some(by), Some(now));
        let (assigned_to, version) = (None, self.version.next());
        Ok(Self {
            state,
            reason,
            decided_by,
            decided_at,
            assigned_to,
            updated_at: now,
            version,
            ..self
        })
    }

    /// Somebody takes it, or gives it back; while it is open.
    pub fn assigned(self, to: Option<AccountId>) -> Result<Self, WrongState> {
        if self.state != RequestState::Open {
            let current = self.state.as_str();
            return Err(WrongState { current, wanted: "assign", allowed: &[] });
        }
        Ok(Self { assigned_to: to, version: self.version.next(), ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r37_a_request_is_decided_once() {
        let (now, by) = (DateTime::UNIX_EPOCH, AccountId::fresh());
        let code = ParticipantCode::parse("FRA").unwrap();
        let difference = Difference(vec![
            Change { field: Field::DateOfBirth, before: None, after: None },
            Change { field: Field::Rank, before: None, after: None },
        ]);
        let request = ChangeRequest::made(code, MemberId::fresh(), &difference, None, by, now);
        assert_eq!(
            (request.plain.0.len(), request.sealed.as_slice()),
            (1, [Field::DateOfBirth].as_slice())
        );
        let reason = Reason::parse("an invented reason").unwrap();
        for verdict in
            [Verdict::Accept(None), Verdict::Refuse(reason.clone()), Verdict::Withdraw(None)]
        {
            let decided = request.clone().decided(verdict.clone(), by, now).unwrap();
            assert_eq!((decided.version, decided.decided_at), (Version(2), Some(now)));
            let again = decided.clone().decided(verdict, by, now).unwrap_err();
            assert_eq!((again.current, again.allowed), (decided.state.as_str(), [].as_slice()));
            assert_eq!(decided.clone().assigned(Some(by)).unwrap_err().current, again.current);
        }
    }
}
