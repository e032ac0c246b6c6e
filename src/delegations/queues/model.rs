//! The queues, and who works on what waits in them. Pure.

use crate::access::Action;
use crate::delegations::members::StatusName;
use crate::ids::AccountId;
use crate::text::{Fault, choices};

choices! {
    /// A queue: what stands in one stage of the approval (R41).
    #[schema(as = QueueName)]
    Queue {
        /// Delegations that were submitted; the secretariat's.
        Delegations = "delegations",
        /// Members that were submitted; the secretariat's.
        PreApproval = "pre-approval",
        /// Members that were pre-approved; the host's security's.
        Clearance = "clearance",
        /// Members on hold; the host's security's.
        OnHold = "on-hold",
        /// Changes that are asked for (R37); the secretariat's.
        Changes = "changes",
    }
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Delegations that were submitted.
    Delegations,
    /// Members of this status.
    Members(StatusName),
    /// Open change requests.
    Changes,
}

impl Queue {
    /// The queue in which a member of this status waits, where they wait for somebody.
    #[must_use]
    pub fn of(status: StatusName) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|queue| queue.waiting() == Waiting::Members(status))
    }

    /// What waits in it.
    #[must_use]
    pub fn waiting(self) -> Waiting {
        match self {
            Self::Delegations => Waiting::Delegations,
            Self::PreApproval => Waiting::Members(StatusName::Submitted),
            Self::Clearance => Waiting::Members(StatusName::PreApproved),
            Self::OnHold => Waiting::Members(StatusName::OnHold),
            Self::Changes => Waiting::Changes,
        }
    }

    /// What one must be permitted to work it.
    #[must_use]
    pub fn action(self) -> Action<'static> {
        match self {
            Self::Delegations | Self::PreApproval | Self::Changes => Action::WorkReviewQueues,
            Self::Clearance | Self::OnHold => Action::WorkClearanceQueues,
        }
    }
}

/// Who works on something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Nobody yet.
    Nobody,
    /// Whoever asks.
    Me,
    /// This account.
    Account(AccountId),
}

impl Holder {
    /// Reads `none`, `me`, or an account's id.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        match input {
            "none" => Ok(Self::Nobody),
            "me" => Ok(Self::Me),
            id => AccountId::parse(id).map(Self::Account).map_err(|_| {
                Fault::new("invalid_account", "me, none, or an account's id is expected")
            }),
        }
    }

    /// The same, said by this account: `me` is its id.
    #[must_use]
    pub fn said_by(self, account: AccountId) -> Self {
        if self == Self::Me { Self::Account(account) } else { self }
    }

    /// The account, where it is named.
    #[must_use]
    pub fn account(self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Nobody | Self::Me => None,
        }
    }
}
crate::input::from_string!(Holder);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r41_what_waits_for_somebody_waits_in_one_queue() {
        for status in StatusName::ALL {
            let waiting = Waiting::Members(*status);
            let queues: Vec<_> =
                Queue::ALL.iter().filter(|queue| queue.waiting() == waiting).collect();
            assert!(queues.len() <= 1, "{status}");
            assert_eq!(Queue::of(*status).as_ref(), queues.first().copied());
        }
        assert_eq!(Queue::of(StatusName::Approved), None);
    }

    #[test]
    fn who_works_on_it_is_named_or_nobody_or_whoever_asks() {
        let somebody = AccountId::fresh();
        for (input, expected) in [
            ("me", Holder::Account(somebody)),
            ("none", Holder::Nobody),
            (&somebody.to_string(), Holder::Account(somebody)),
        ] {
            assert_eq!(Holder::parse(input).unwrap().said_by(somebody), expected);
        }
        for input in ["", "Me", "somebody"] {
            assert_eq!(Holder::parse(input).unwrap_err().code, "invalid_account");
        }
    }
}
