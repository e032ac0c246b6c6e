//! Identities: one type per kind of thing, so that the id of a member cannot be passed for that of a delegation.
//!
//! All are `UUIDv7`: unique without asking the database, and rising with time, which keeps indexes compact.

/// Declares id types: a UUID on the wire, in the path and in the database.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, sqlx::Type, utoipa::ToSchema)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A fresh identity, given by the one generator of the process.
            #[must_use]
            pub fn fresh() -> Self {
                Self(fresh_uuid())
            }

            /// Reads an identity written as a UUID.
            pub fn parse(input: &str) -> Result<Self, crate::text::Fault> {
                uuid::Uuid::try_parse(input).map(Self).map_err(|_| crate::text::Fault::new("invalid_id", "a UUID is expected"))
            }

            /// The bare UUID, for the audit trail and for bindings.
            #[must_use]
            pub fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::text::Fault;
            fn from_str(input: &str) -> Result<Self, Self::Err> {
                Self::parse(input)
            }
        }

        crate::input::from_string!($name);
    )+};
}

ids! {
    /// A person who can log in.
    AccountId;
    /// Somebody as an identity provider knows them, who opens an account.
    IdentityId;
    /// Somebody's wish for a new password.
    ResetRequestId;
    /// The token of a login.
    TokenId;
    /// A passkey that somebody has added to their account.
    PasskeyId;
    /// A challenge that a passkey answers.
    ChallengeId;
    /// A report that is made while nobody waits for it.
    JobId;
    /// A report that is made again and again.
    ExportScheduleId;
    /// A key of an account, for another system.
    ApiKeyId;
    /// A device that has a token of its own.
    DeviceId;
    /// One participant's team at the ceremony.
    DelegationId;
    /// A person of a delegation.
    MemberId;
    /// What a mission asks to change of a member.
    ChangeRequestId;
    /// An uploaded paper.
    DocumentId;
    /// A member list that came as a file.
    ImportId;
    /// The appointment of an account as a participant's focal point.
    FocalPointId;
    /// An invitation to come in and set one's own password.
    InvitationId;
    /// A letter to somebody.
    MessageId;
    /// A letter to many.
    MailingId;
    /// Full powers lodged for one person, or the high office that stands for them.
    FullPowersId;
    /// An override of the rules on who may sign.
    OverrideId;
    /// What an officer wants of the record's log.
    OrderProposalId;
    /// The hour at which a participant is to sign.
    AppointmentId;
    /// An entry of the record: a treaty action, or what is said of one.
    ActId;
    /// What the Depositary published of an act.
    NotificationId;
    /// An exception from a quota.
    QuotaOverrideId;
    /// An entry of the audit trail.
    EventId;
    /// What an entry of the audit trail is about, of whatever kind.
    SubjectId;
    /// One installation of the service: its database, its key and its papers together.
    InstallationId;
    /// A room of the programme.
    RoomId;
    /// An item of the programme.
    SessionId;
    /// What a participant asks to organize.
    SideEventId;
    /// Somebody who speaks at a side event.
    SpeakerId;
    /// A proposal which side event gets which place.
    AllocationId;
    /// A seat that a delegation has in a session.
    SeatId;
    /// An address under which a calendar is read.
    CalendarFeedId;
    /// What somebody says in a plenary.
    StatementId;
    /// A delegation that waits for seats.
    WaitingGroupId;
    /// What may not be forgotten for now.
    LegalHoldId;
    /// The proof that something was forgotten.
    CertificateId;
}

#[expect(clippy::disallowed_methods, reason = "the one place where identities are made")]
fn fresh_uuid() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}
