//! The whole policy: one match over role and action. Nothing else looks at a role.

mod action;

pub use self::action::Action;
use super::model::Role;

/// What the policy says of a role and an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// The thing does not exist for them: 404 (R38).
    Invisible,
    /// They know of it and may not do this: 403.
    Forbidden,
    /// Yes.
    Allowed,
}

/// The same of a key that is bound to one participant: what is of no participant it does only where that participant's
/// own mission would, which sees its own part of it.
pub(super) fn judge_bound(role: Role, action: Action<'_>) -> Verdict {
    let verdict = judge(role, action);
    match action.participant() {
        Some(_) => verdict,
        None => verdict.min(judge(Role::FocalPoint, action)),
    }
}

/// The table itself.
#[expect(
    clippy::match_same_arms,
    clippy::too_many_lines,
    reason = "one block per role, all on one page, reads as the table that it is"
)]
pub(super) fn judge(role: Role, action: Action<'_>) -> Verdict {
    use Action as A;
    use Role as R;
    use Verdict::{Allowed, Forbidden, Invisible};

    match (role, action) {
        (
            _,
            A::KeepOwnAccount
            | A::ChangeFactors
            | A::MakeKeys
            | A::AcceptInvitation
            | A::ReadRegister
            | A::ReadExports
            | A::ReadProgramme,
        ) => Allowed,

        (R::Administrator, A::ReadRetention | A::VerifyRecord) => Allowed,
        (R::Administrator, A::KeepAccounts | A::ResetFactors | A::ChangeRegister) => Allowed,
        (_, A::KeepAccounts | A::ResetFactors | A::ChangeRegister) => Forbidden,

        (R::Administrator | R::Auditor, A::ReviewAccounts) => Allowed,
        (R::Security, A::ExportVetting) => Allowed,
        (_, A::ReviewAccounts | A::ExportVetting) => Forbidden,
        // Of the reports each role is shown those that it may take.
        (R::FocalPoint | R::Gate, A::ListReports) => Forbidden,
        (_, A::ListReports) => Allowed,

        // Whoever answers for the gates says what may read badges there.
        (R::Administrator | R::Security, A::KeepDevices) => Allowed,
        (_, A::KeepDevices) => Forbidden,
        (R::Administrator | R::Accreditation | R::Auditor, A::ReadMessages) => Allowed,
        (R::Administrator | R::Accreditation, A::ResendMessages) => Allowed,
        (_, A::ReadMessages | A::ResendMessages) => Forbidden,
        (R::Accreditation, A::WriteMailings | A::ApproveMailing) => Allowed,
        (_, A::WriteMailings | A::ApproveMailing) => Forbidden,
        (
            R::Programme | R::FocalPoint,
            A::BookSeats(_) | A::ListSeats | A::Speak(_) | A::ListSpeakers,
        )
        | (R::Administrator | R::Auditor, A::ListSeats | A::ListSpeakers)
        | (R::Programme, A::KeepProgramme) => Allowed,
        (R::Administrator | R::Programme | R::Auditor, A::ReadDraftProgramme) => Allowed,
        (
            _,
            A::KeepProgramme
            | A::ReadDraftProgramme
            | A::BookSeats(_)
            | A::ListSeats
            | A::Speak(_)
            | A::ListSpeakers,
        ) => Forbidden,

        (R::Administrator | R::Programme | R::Auditor | R::FocalPoint, A::ListSideEvents)
        | (R::Programme | R::FocalPoint, A::PrepareSideEvent(_))
        | (R::Programme, A::ReviewSideEvents)
        // Nobody says so for a mission.
        | (R::FocalPoint, A::CoSponsorSideEvent(_)) => Allowed,
        (
            _,
            A::ListSideEvents
            | A::PrepareSideEvent(_)
            | A::CoSponsorSideEvent(_)
            | A::ReviewSideEvents,
        ) => Forbidden,

        // A focal point's own participant; that it is their own, `Actor::permit` has seen to.
        (
            R::FocalPoint,
            A::ListFocalPoints
            | A::ReadFocalPoints(_)
            | A::InviteFocalPoint(_)
            | A::ListDelegations
            | A::ReadProtocol
            | A::ReadDelegation(_)
            | A::PrepareDelegation(_)
            | A::ReadIdentity(_)
            | A::ReadPassport(_)
            | A::ListDocuments
            | A::ListIdentityPapers
            | A::ReadDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::ExportMembers(_),
        ) => Allowed,
        (R::FocalPoint, _) => Forbidden,

        (
            R::Accreditation,
            A::ListFocalPoints
            | A::ReadFocalPoints(_)
            | A::InviteFocalPoint(_)
            | A::AppointFocalPoint(_)
            | A::ListDelegations
            | A::ReadDelegation(_)
            | A::PrepareDelegation(_)
            | A::ReviewDelegation(_)
            | A::RefuseMember(_)
            | A::ReadWarnings
            | A::WorkReviewQueues
            | A::ForgetMember(_)
            | A::ReadLegalHolds
            | A::ReadRetention
            | A::ReadProtocol
            | A::ReadIdentity(_)
            | A::ReadPassport(_)
            | A::ListDocuments
            | A::ListIdentityPapers
            | A::ReadDocument(_)
            | A::ReviewDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::ExportDelegations
            | A::ExportMembers(_),
        ) => Allowed,
        (R::Accreditation, _) => Forbidden,

        // The treaty officer needs to know who a signer is, not their passport.
        (
            R::Treaty,
            A::ListDelegations
            | A::ReadProtocol
            | A::ReadDelegation(_)
            | A::ListDocuments
            | A::ReadDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::CheckFullPowers(_)
            | A::ConfirmFullPowers(_)
            | A::ReadRecord
            | A::VerifyRecord
            | A::RecordAct
            | A::OrderRecord
            | A::ExportMembers(_)
            | A::ReadSession
            | A::RunSession,
        ) => Allowed,
        (R::Treaty, _) => Forbidden,

        // Host security sees persons and not politics (R41).
        (
            R::Security,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::ReadIdentity(_)
            | A::ClearMember(_)
            | A::RefuseMember(_)
            | A::ReadWarnings
            | A::WorkClearanceQueues
            | A::ReadPassport(_)
            | A::ListIdentityPapers,
        ) => Allowed,
        (
            R::Security,
            A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::CheckFullPowers(_)
            | A::ConfirmFullPowers(_),
        ) => Invisible,
        (R::Security, _) => Forbidden,

        (
            R::Auditor,
            A::ListDelegations
            | A::ReadProtocol
            | A::ReadDelegation(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::ReadRecord
            | A::ReadSession
            | A::ReadLegalHolds
            | A::ReadRetention
            | A::ReadAudit
            | A::VerifyRecord
            | A::ExportDelegations
            | A::ExportMembers(_),
        ) => Allowed,
        (R::Auditor, _) => Forbidden,

        // To everyone else delegations and their papers do not exist (R38).
        (
            R::Administrator | R::Programme | R::Gate,
            A::ReadRecord
            | A::ReadAudit
            | A::VerifyRecord
            | A::RecordAct
            | A::OrderRecord
            | A::ReadSession
            | A::RunSession
            | A::ExportDelegations,
        ) => Forbidden,
        (R::Administrator | R::Programme | R::Gate, _) => Invisible,
    }
}

/// A refusal of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody known asks: 401.
    #[error("nobody known asks")]
    Unknown,
    /// Known and visible, but not allowed: 403.
    #[error("this role may not do this")]
    Forbidden,
    /// Allowed, once a factor was shown anew: 401.
    #[error("a factor must be shown anew")]
    StepUp,
    /// Not there, or not theirs: 404.
    #[error("there is nothing here for this account")]
    Invisible,
}

#[cfg(test)]
pub(super) mod tests;
