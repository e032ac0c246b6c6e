//! The way of a member from the mission's draft to the host's clearance (R34, R41). Pure.

use super::super::checklist::MemberStep;
use super::super::model::WrongState;
use crate::text::{Reason, choices};

choices! {
    /// The name of a member's status.
    StatusName {
        /// The mission is preparing the entry.
        Draft = "draft",
        /// With the secretariat.
        Submitted = "submitted",
        /// With the host's security.
        PreApproved = "pre_approved",
        /// Cleared.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// Security needs more.
        OnHold = "on_hold",
        /// Cleared once, and not for now.
        Suspended = "suspended",
        /// Cleared once, and not any more.
        Revoked = "revoked",
        /// The mission took the entry back.
        Withdrawn = "withdrawn",
    }

    /// What ended with a step: the answer says so.
    Lost {
        /// The clearance, and every badge with it.
        Approval = "approval",
    }
}

/// Where a member stands, and why where that is not what the mission wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The mission is preparing the entry.
    Draft,
    /// With the secretariat.
    Submitted,
    /// With the host's security.
    PreApproved,
    /// Cleared.
    Approved,
    /// Refused.
    Rejected(Reason),
    /// Security needs more.
    OnHold(Reason),
    /// Cleared once, and not for now.
    Suspended(Reason),
    /// Cleared once, and not any more.
    Revoked(Reason),
    /// The mission took the entry back.
    Withdrawn(Reason),
}

/// What can be done with a member: refusals with their reason, the rest with a note where somebody wants to leave one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The mission hands the entry to the secretariat.
    Submit(Option<Reason>),
    /// The secretariat hands it on to security.
    PreApprove(Option<Reason>),
    /// Security clears the person, or lifts a hold or a suspension.
    Approve(Option<Reason>),
    /// Refuses the person, cleared or not.
    Reject(Reason),
    /// Waits.
    Hold(Reason),
    /// Takes the clearance back for now.
    Suspend(Reason),
    /// Takes the clearance back.
    Revoke(Reason),
    /// The mission takes the entry back.
    Withdraw(Reason),
}

impl StatusName {
    /// Whether an entry in it still counts.
    #[must_use]
    pub fn stands(&self) -> bool {
        !matches!(self, Self::Rejected | Self::Revoked | Self::Withdrawn)
    }
}

impl Status {
    /// The status of this name. What is not as wanted has its reason, the others none.
    #[must_use]
    pub fn of(name: StatusName, reason: Option<Reason>) -> Option<Self> {
        match (name, reason) {
            (StatusName::Draft, None) => Some(Self::Draft),
            (StatusName::Submitted, None) => Some(Self::Submitted),
            (StatusName::PreApproved, None) => Some(Self::PreApproved),
            (StatusName::Approved, None) => Some(Self::Approved),
            (StatusName::Rejected, Some(reason)) => Some(Self::Rejected(reason)),
            (StatusName::OnHold, Some(reason)) => Some(Self::OnHold(reason)),
            (StatusName::Suspended, Some(reason)) => Some(Self::Suspended(reason)),
            (StatusName::Revoked, Some(reason)) => Some(Self::Revoked(reason)),
            (StatusName::Withdrawn, Some(reason)) => Some(Self::Withdrawn(reason)),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> StatusName {
        match self {
            Self::Draft => StatusName::Draft,
            Self::Submitted => StatusName::Submitted,
            Self::PreApproved => StatusName::PreApproved,
            Self::Approved => StatusName::Approved,
            Self::Rejected(_) => StatusName::Rejected,
            Self::OnHold(_) => StatusName::OnHold,
            Self::Suspended(_) => StatusName::Suspended,
            Self::Revoked(_) => StatusName::Revoked,
            Self::Withdrawn(_) => StatusName::Withdrawn,
        }
    }

    /// Why, where it is not what the mission wanted.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Rejected(reason)
            | Self::OnHold(reason)
            | Self::Suspended(reason)
            | Self::Revoked(reason)
            | Self::Withdrawn(reason) => Some(reason),
            Self::Draft | Self::Submitted | Self::PreApproved | Self::Approved => None,
        }
    }

    /// The verbs that are open from here, for the answer to an illegal one.
    #[must_use]
    pub fn allowed(&self) -> &'static [&'static str] {
        match self {
            Self::Draft => &["submit", "withdraw"],
            Self::Submitted => &["pre-approve", "reject", "withdraw"],
            Self::PreApproved => &["approve", "reject", "hold", "withdraw"],
            Self::OnHold(_) => &["approve", "reject", "withdraw"],
            Self::Approved => &["reject", "suspend", "revoke", "withdraw"],
            Self::Suspended(_) => &["approve", "reject", "revoke", "withdraw"],
            Self::Rejected(_) | Self::Revoked(_) | Self::Withdrawn(_) => &[],
        }
    }

    /// Whether the entry still counts.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.name().stands()
    }

    /// Whether the entry takes one of the places of the delegation (R33): it stands, and others know of it.
    #[must_use]
    pub fn takes_a_place(&self) -> bool {
        self.stands() && *self != Self::Draft
    }

    /// Whether the mission may still change the entry. What security looks at holds still.
    #[must_use]
    pub fn is_open_to_change(&self) -> bool {
        matches!(self, Self::Draft | Self::Submitted)
    }

    /// Whether a change is asked for instead: others have passed the person on (R37).
    #[must_use]
    pub fn takes_requests(&self) -> bool {
        matches!(self, Self::PreApproved | Self::Approved | Self::OnHold(_) | Self::Suspended(_))
    }

    /// Back to security, which has to look at the person anew (R37), and what is lost by it.
    #[must_use]
    pub fn vetted_anew(self) -> (Self, Option<Lost>) {
        let was_cleared = matches!(self, Self::Approved | Self::Suspended(_));
        (Self::PreApproved, was_cleared.then_some(Lost::Approval))
    }

    /// The refusal of a verb.
    #[must_use]
    pub fn refuse(&self, wanted: &'static str) -> WrongState {
        WrongState { current: self.name().as_str(), wanted, allowed: self.allowed() }
    }

    /// Goes a step further, where the rules know it (R34), and says what is lost by it.
    pub fn go(self, step: Step) -> Result<(Self, Option<Lost>), WrongState> {
        use Status as S;

        let wanted = step.verb();
        let was_cleared = matches!(self, S::Approved | S::Suspended(_));
        let after = match (self, step) {
            (S::Draft, Step::Submit(_)) => S::Submitted,
            (S::Submitted, Step::PreApprove(_)) => S::PreApproved,
            (S::PreApproved | S::OnHold(_) | S::Suspended(_), Step::Approve(_)) => S::Approved,
            (
                S::Submitted | S::PreApproved | S::OnHold(_) | S::Approved | S::Suspended(_),
                Step::Reject(reason),
            ) => S::Rejected(reason),
            (S::PreApproved, Step::Hold(reason)) => S::OnHold(reason),
            (S::Approved, Step::Suspend(reason)) => S::Suspended(reason),
            (S::Approved | S::Suspended(_), Step::Revoke(reason)) => S::Revoked(reason),
            (
                S::Draft
                | S::Submitted
                | S::PreApproved
                | S::OnHold(_)
                | S::Approved
                | S::Suspended(_),
                Step::Withdraw(reason),
            ) => S::Withdrawn(reason),
            (status, _) => return Err(status.refuse(wanted)),
        };
        // A suspension keeps the clearance, to be lifted or ended later.
        let lost = (was_cleared && !after.stands()).then_some(Lost::Approval);
        Ok((after, lost))
    }
}

impl Step {
    /// Its name in the path.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Submit(_) => "submit",
            Self::PreApprove(_) => "pre-approve",
            Self::Approve(_) => "approve",
            Self::Reject(_) => "reject",
            Self::Hold(_) => "hold",
            Self::Suspend(_) => "suspend",
            Self::Revoke(_) => "revoke",
            Self::Withdraw(_) => "withdraw",
        }
    }

    /// The event that it leaves behind.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::Submit(_) => "member.submitted",
            Self::PreApprove(_) => "member.pre_approved",
            Self::Approve(_) => "member.approved",
            Self::Reject(_) => "member.rejected",
            Self::Hold(_) => "member.held",
            Self::Suspend(_) => "member.suspended",
            Self::Revoke(_) => "member.revoked",
            Self::Withdraw(_) => "member.withdrawn",
        }
    }

    /// The step as checklists know it, where they can need something for it.
    #[must_use]
    pub fn checked(&self) -> Option<MemberStep> {
        match self {
            Self::Submit(_) => Some(MemberStep::Submit),
            Self::PreApprove(_) => Some(MemberStep::PreApprove),
            Self::Approve(_) => Some(MemberStep::Approve),
            Self::Reject(_)
            | Self::Hold(_)
            | Self::Suspend(_)
            | Self::Revoke(_)
            | Self::Withdraw(_) => None,
        }
    }

    /// Whether it brings the person nearer to the ceremony, for which the delegation must take part.
    #[must_use]
    pub fn is_forward(&self) -> bool {
        self.checked().is_some()
    }

    /// Why it is done; nothing is refused without.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Reject(reason)
            | Self::Hold(reason)
            | Self::Suspend(reason)
            | Self::Revoke(reason)
            | Self::Withdraw(reason) => Some(reason),
            Self::Submit(note) | Self::PreApprove(note) | Self::Approve(note) => note.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason() -> Reason {
        Reason::parse("an invented reason").unwrap()
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop::sample::select(vec![
            Step::Submit(None),
            Step::PreApprove(None),
            Step::Approve(None),
            Step::Reject(reason()),
            Step::Hold(reason()),
            Step::Suspend(reason()),
            Step::Revoke(reason()),
            Step::Withdraw(reason()),
        ])
    }

    proptest! {
        #[test]
        fn r34_a_step_is_taken_exactly_when_it_is_listed_as_allowed(walk in prop::collection::vec(steps(), 0..40)) {
            let mut status = Status::Draft;
            let mut was_pre_approved = false;
            for step in walk {
                let (verb, before) = (step.verb(), status.clone());
                match status.clone().go(step.clone()) {
                    Ok((after, _)) => {
                        prop_assert!(before.allowed().contains(&verb));
                        prop_assert_eq!(after.reason(), step.reason());
                        prop_assert_eq!(Status::of(after.name(), after.reason().cloned()), Some(after.clone()));
                        was_pre_approved |= after == Status::PreApproved;
                        prop_assert!(was_pre_approved || after != Status::Approved, "R41: nobody is cleared unseen by the secretariat");
                        status = after;
                    }
                    Err(wrong) => {
                        prop_assert!(!before.allowed().contains(&verb));
                        prop_assert_eq!((wrong.current, wrong.allowed), (before.name().as_str(), before.allowed()));
                    }
                }
            }
        }
    }

    #[test]
    fn r34_rejecting_an_approved_member_works_and_says_that_the_approval_is_gone() {
        for cleared in [Status::Approved, Status::Suspended(reason())] {
            for step in [Step::Reject(reason()), Step::Revoke(reason()), Step::Withdraw(reason())] {
                assert_eq!(cleared.clone().go(step).unwrap().1, Some(Lost::Approval));
            }
        }
        let (rejected, lost) = Status::PreApproved.go(Step::Reject(reason())).unwrap();
        assert_eq!((rejected, lost), (Status::Rejected(reason()), None));
        assert_eq!(Status::Approved.go(Step::Suspend(reason())).unwrap().1, None);
    }
}
