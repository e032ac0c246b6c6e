//! What somebody may want to do, and how grave it is.

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
    /// Reads the audit trail: who did what, and when.
    ReadAudit,
    /// Has record and trail looked at, from the first entry to the last.
    VerifyRecord,
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
    /// Reads which seats there are, and who has them of those that they may see.
    ListSeats,
    /// Takes a participant's seats, waits for them, and says who sits there.
    BookSeats(&'a ParticipantCode),
    /// Reads speakers' lists, of those that they may see.
    ListSpeakers,
    /// Speaks for a participant: inscribes it, and exchanges its place.
    Speak(&'a ParticipantCode),
    /// Reads what is released of the programme for whoever has an account.
    ReadProgramme,
    /// Reads the draft of the programme, which is not released.
    ReadDraftProgramme,
    /// Plans rooms and sessions, and releases the programme.
    KeepProgramme,
    /// Lists the side events that they may see.
    ListSideEvents,
    /// Applies for a participant's side event, changes it, hands it in and takes it back.
    PrepareSideEvent(&'a ParticipantCode),
    /// Says for a participant whether it organizes another's side event as well.
    CoSponsorSideEvent(&'a ParticipantCode),
    /// Reviews applications for side events, decides them, and gives side events their places.
    ReviewSideEvents,
    /// Reads what became of a file that they took away.
    ReadExports,
    /// Takes away who waits for the host's vetting.
    ExportVetting,
    /// Takes away who can get in, and by what, to look who still should.
    ReviewAccounts,
    /// Takes away the list of participants and other reports, which name persons.
    ExportDelegations,
    /// Takes away who makes up a delegation.
    ExportMembers(&'a ParticipantCode),
}

impl<'a> Action<'a> {
    /// Whose business it is, where it is one participant's.
    #[expect(
        clippy::too_many_lines,
        reason = "every action is named, so that a new one is decided on"
    )]
    pub(in crate::access) fn participant(self) -> Option<&'a ParticipantCode> {
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
            | Self::BookSeats(code)
            | Self::Speak(code)
            | Self::PrepareSideEvent(code)
            | Self::CoSponsorSideEvent(code)
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
            | Self::ReadAudit
            | Self::VerifyRecord
            | Self::ReadProtocol
            | Self::ListFullPowers
            | Self::ReadRecord
            | Self::RecordAct
            | Self::OrderRecord
            | Self::ListReports
            | Self::ReadSession
            | Self::RunSession
            | Self::ReadProgramme
            | Self::ListSeats
            | Self::ListSpeakers
            | Self::ReadDraftProgramme
            | Self::KeepProgramme
            | Self::ListSideEvents
            | Self::ReviewSideEvents
            | Self::ReadExports
            | Self::ExportVetting
            | Self::ReviewAccounts
            | Self::ExportDelegations => None,
        }
    }
}

impl Action<'_> {
    /// Whether a login is not enough, and a factor must have been shown just now: what makes or ends a signature, what shows
    /// or takes away who people are, and what changes how somebody gets in.
    #[must_use]
    pub fn is_grave(self) -> bool {
        matches!(
            self,
            Self::ConfirmFullPowers(_)
                | Self::RecordAct
                | Self::OrderRecord
                | Self::ReadPassport(_)
                | Self::ExportVetting
                | Self::ReviewAccounts
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
    pub(in crate::access) fn is_a_persons_own(self) -> bool {
        matches!(
            self,
            Self::KeepOwnAccount | Self::KeepAccounts | Self::KeepDevices | Self::AcceptInvitation
        ) || (self.is_grave() && !matches!(self, Self::ExportDelegations | Self::ExportVetting))
    }
}
