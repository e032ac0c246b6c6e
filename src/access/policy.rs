//! The whole policy: one match over role and action. Nothing else looks at a role.

use super::model::Role;
use crate::text::ParticipantCode;

/// Something that somebody may want to do, with whose business it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Reads their own account, changes their own password, ends their own login.
    KeepOwnAccount,
    /// Adds or takes away one of their own second factors.
    ChangeFactors,
    /// Takes all second factors from somebody who has lost theirs.
    ResetFactors,
    /// Makes, lists, changes and closes accounts; invites those who work for the organizer.
    KeepAccounts,
    /// Makes a key of their own account for another system.
    MakeKeys,
    /// Gives devices their tokens, lists and ends them.
    KeepDevices,
    /// Reads how far the service's letters are, and what they will say.
    ReadMessages,
    /// Sends letters again that failed.
    ResendMessages,
    /// Writes letters to many, looks at them, and takes them back.
    WriteMailings,
    /// Lets a colleague's letter to many go.
    ApproveMailing,
    /// Comes in for one more participant by an invitation to the address of their account.
    AcceptInvitation,
    /// Lists the focal points that they may see.
    ListFocalPoints,
    /// Reads who speaks for a participant, and on which paper.
    ReadFocalPoints(&'a ParticipantCode),
    /// Invites a focal point, and ends one. Of a mission the primary one alone does, and backups alone, which is the
    /// commands' to see to.
    InviteFocalPoint(&'a ParticipantCode),
    /// Appoints focal points by their papers, and hands over from one to the other.
    AppointFocalPoint(&'a ParticipantCode),
    /// Reads the register of participants.
    ReadRegister,
    /// Adds to the register or changes it (R3).
    ChangeRegister,
    /// Lists the delegations that they may see.
    ListDelegations,
    /// Reads a delegation, its members' public part and its history.
    ReadDelegation(&'a ParticipantCode),
    /// Makes, changes, submits or withdraws a delegation, its members and its papers.
    PrepareDelegation(&'a ParticipantCode),
    /// Returns, accepts, rejects or reopens a delegation; pre-approves members.
    ReviewDelegation(&'a ParticipantCode),
    /// Reads what identifies a member, for security's clearance.
    ReadIdentity(&'a ParticipantCode),
    /// Clears a member for the host.
    ClearMember(&'a ParticipantCode),
    /// Refuses a member, cleared or not: rejects, holds, suspends, revokes.
    RefuseMember(&'a ParticipantCode),
    /// Is warned of what is strange about a member: a likely double, a deceptive name.
    ReadWarnings,
    /// Takes what waits for the secretariat, and says who works on it (R41).
    WorkReviewQueues,
    /// Takes what waits for the host's clearance, and says who works on it (R41).
    WorkClearanceQueues,
    /// Erases a member; keeps data from being forgotten, and lets them go again (R52).
    ForgetMember(&'a ParticipantCode),
    /// Reads what is kept from being forgotten, and why.
    ReadLegalHolds,
    /// Reads what is still held of people, and the proofs of what was forgotten. Neither names anybody.
    ReadRetention,
    /// Reads what a member is in politics: function, rank, title (R41).
    ReadProtocol,
    /// Reads a passport in clear. Always audited.
    ReadPassport(&'a ParticipantCode),
    /// Lists the papers of missions that they may see.
    ListDocuments,
    /// Lists the papers that identify persons.
    ListIdentityPapers,
    /// Reads an uploaded paper. Always audited.
    ReadDocument(&'a ParticipantCode),
    /// Verifies or refuses an uploaded paper.
    ReviewDocument(&'a ParticipantCode),
    /// Lists full powers and appointments that they may see.
    ListFullPowers,
    /// Reads full powers.
    ReadFullPowers(&'a ParticipantCode),
    /// Lodges full powers.
    LodgeFullPowers(&'a ParticipantCode),
    /// Verifies, refuses, revokes full powers; appoints the hour to sign.
    CheckFullPowers(&'a ParticipantCode),
    /// Confirms full powers, after which their holder may sign.
    ConfirmFullPowers(&'a ParticipantCode),
    /// Reads the record of treaty actions, with who recorded them.
    ReadRecord,
    /// Records and corrects treaty actions.
    RecordAct,
    /// Freezes the record, thaws it, closes it for good.
    OrderRecord,
    /// Reads which reports there are.
    ListReports,
    /// Reads the running order of a signing session.
    ReadSession,
    /// Orders a signing session, and calls to the table.
    RunSession,
    /// Takes away the list of participants and other reports, which name persons.
    ExportDelegations,
    /// Takes away who makes up a delegation.
    ExportMembers(&'a ParticipantCode),
}

impl<'a> Action<'a> {
    /// Whose business it is, where it is one participant's.
    pub(super) fn participant(self) -> Option<&'a ParticipantCode> {
        match self {
            Self::ReadFocalPoints(code)
            | Self::InviteFocalPoint(code)
            | Self::AppointFocalPoint(code)
            | Self::ReadDelegation(code)
            | Self::PrepareDelegation(code)
            | Self::ReviewDelegation(code)
            | Self::ReadIdentity(code)
            | Self::ClearMember(code)
            | Self::RefuseMember(code)
            | Self::ForgetMember(code)
            | Self::ReadPassport(code)
            | Self::ReadDocument(code)
            | Self::ReviewDocument(code)
            | Self::ReadFullPowers(code)
            | Self::LodgeFullPowers(code)
            | Self::CheckFullPowers(code)
            | Self::ConfirmFullPowers(code)
            | Self::ExportMembers(code) => Some(code),
            Self::KeepOwnAccount
            | Self::ChangeFactors
            | Self::ResetFactors
            | Self::KeepAccounts
            | Self::MakeKeys
            | Self::KeepDevices
            | Self::ReadMessages
            | Self::ResendMessages
            | Self::WriteMailings
            | Self::ApproveMailing
            | Self::AcceptInvitation
            | Self::ListFocalPoints
            | Self::ReadRegister
            | Self::ChangeRegister
            | Self::ListDelegations
            | Self::ListDocuments
            | Self::ListIdentityPapers
            | Self::ReadWarnings
            | Self::WorkReviewQueues
            | Self::WorkClearanceQueues
            | Self::ReadLegalHolds
            | Self::ReadRetention
            | Self::ReadProtocol
            | Self::ListFullPowers
            | Self::ReadRecord
            | Self::RecordAct
            | Self::OrderRecord
            | Self::ListReports
            | Self::ReadSession
            | Self::RunSession
            | Self::ExportDelegations => None,
        }
    }
}

impl Action<'_> {
    /// Whether a login is not enough, and a factor must have been shown just now: what makes or ends a signature, what shows
    /// or takes away who people are, and what changes how somebody gets in.
    pub(super) fn is_grave(self) -> bool {
        matches!(
            self,
            Self::ConfirmFullPowers(_)
                | Self::RecordAct
                | Self::OrderRecord
                | Self::ReadPassport(_)
                | Self::ExportDelegations
                | Self::ExportMembers(_)
                | Self::ChangeFactors
                | Self::ResetFactors
                | Self::MakeKeys
                | Self::ApproveMailing
        )
    }

    /// Whether a person does it and no program with a person's key: what decides who else gets in, and what is grave. A
    /// report is what a key can be made for: the factor that was shown when it was made stands for it.
    pub(super) fn is_a_persons_own(self) -> bool {
        matches!(
            self,
            Self::KeepOwnAccount | Self::KeepAccounts | Self::KeepDevices | Self::AcceptInvitation
        ) || (self.is_grave() && self != Self::ExportDelegations)
    }
}

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
            | A::ReadRegister,
        ) => Allowed,

        (R::Administrator, A::ReadRetention) => Allowed,
        (R::Administrator, A::KeepAccounts | A::ResetFactors | A::ChangeRegister) => Allowed,
        (_, A::KeepAccounts | A::ResetFactors | A::ChangeRegister) => Forbidden,

        // Whoever answers for the gates says what may read badges there.
        (R::Administrator | R::Security, A::KeepDevices) => Allowed,
        (_, A::KeepDevices) => Forbidden,
        (R::Administrator | R::Accreditation | R::Auditor, A::ReadMessages) => Allowed,
        (R::Administrator | R::Accreditation, A::ResendMessages) => Allowed,
        (_, A::ReadMessages | A::ResendMessages) => Forbidden,
        (R::Accreditation, A::WriteMailings | A::ApproveMailing) => Allowed,
        (_, A::WriteMailings | A::ApproveMailing) => Forbidden,

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
            | A::ListReports
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
            | A::ListReports
            | A::ExportDelegations
            | A::ExportMembers(_),
        ) => Allowed,
        (R::Auditor, _) => Forbidden,

        // To everyone else delegations and their papers do not exist (R38).
        (
            R::Administrator | R::Programme | R::Gate,
            A::ReadRecord
            | A::RecordAct
            | A::OrderRecord
            | A::ReadSession
            | A::RunSession
            | A::ListReports
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
