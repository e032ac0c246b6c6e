//! What is written, and to whom.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::template::Placeholder;
use crate::ids::{AccountId, InvitationId, MailingId, MemberId, MessageId};
use crate::text::{ParticipantCode, Translated, choices};
use crate::vault::{Unopened, Vault, Wrapped};

choices! {
    /// What a letter is about. Each has its text, in each language.
    LetterKind {
        /// To an office of the organizer's.
        Invitation = "invitation",
        /// To speak for a participant.
        FocalPointInvitation = "focal_point_invitation",
        /// Whoever has it chooses a new password.
        PasswordReset = "password_reset",
        /// The password is another one.
        PasswordChanged = "password_changed",
        /// An administrator gave the account a new password.
        PasswordGiven = "password_given",
        /// Somebody came in with the password that an administrator gave.
        GivenPasswordUsed = "given_password_used",
        /// The second factor is another one, or gone.
        FactorChanged = "factor_changed",
        /// An identity provider can open the account, or can no more.
        IdentityChanged = "identity_changed",
        /// The delegation is with the secretariat.
        DelegationSubmitted = "delegation_submitted",
        /// The delegation is back, to be mended.
        DelegationReturned = "delegation_returned",
        /// The participant takes part.
        DelegationAccepted = "delegation_accepted",
        /// The participant does not take part.
        DelegationRejected = "delegation_rejected",
        /// Members, or changes of them, were decided on.
        MembersDecided = "members_decided",
        /// Full powers were verified, confirmed or refused.
        FullPowersDecided = "full_powers_decided",
        /// There is an hour to sign.
        AppointmentMade = "appointment_made",
        /// The hour to sign was taken back.
        AppointmentCancelled = "appointment_cancelled",
        /// The mission's side event was accepted, or not.
        SideEventDecided = "side_event_decided",
        /// The mission is asked to organize a side event as well.
        CoSponsorAsked = "co_sponsor_asked",
        /// A side event of the mission stands in the programme.
        SideEventPlaced = "side_event_placed",
        /// Sessions in which the mission has a seat or speaks are elsewhere, or were called off.
        ProgrammeMoved = "programme_moved",
        /// Seats are kept for the mission, for a while.
        SeatsOffered = "seats_offered",
        /// A report that somebody has made again and again is enclosed. It waits in no outbox.
        ReportEnclosed = "report_enclosed",
        /// Nothing is made any more by a schedule of the reader's.
        ExportScheduleStopped = "export_schedule_stopped",
        /// What an officer wrote to many.
        Announcement = "announcement",
    }

    /// A language in which letters are written.
    #[derive(Default)]
    LetterLanguage {
        /// English, where nothing else is known.
        #[default]
        En = "en",
        /// French.
        Fr = "fr",
        /// Spanish.
        Es = "es",
        /// Vietnamese.
        Vi = "vi",
    }
}

impl LetterKind {
    /// What its text may ask for. A text that asks for something else is refused at the start.
    #[must_use]
    pub fn placeholders(self) -> &'static [Placeholder] {
        use Placeholder::{Code, Event, Expires, Link, Name, Participant, Subject, Words};
        match self {
            Self::Invitation | Self::PasswordReset => &[Name, Event, Link, Code, Expires],
            Self::FocalPointInvitation => &[Name, Event, Participant, Link, Code, Expires],
            Self::PasswordChanged
            | Self::PasswordGiven
            | Self::GivenPasswordUsed
            | Self::FactorChanged
            | Self::IdentityChanged
            | Self::ExportScheduleStopped => &[Name, Event, Link],
            Self::ReportEnclosed => &[Name, Event, Subject],
            Self::DelegationSubmitted
            | Self::DelegationReturned
            | Self::DelegationAccepted
            | Self::DelegationRejected
            | Self::MembersDecided
            | Self::FullPowersDecided
            | Self::AppointmentMade
            | Self::AppointmentCancelled
            | Self::SideEventDecided
            | Self::CoSponsorAsked
            | Self::SideEventPlaced
            | Self::ProgrammeMoved
            | Self::SeatsOffered => &[Name, Event, Participant, Link],
            Self::Announcement => &[Name, Event, Subject, Words],
        }
    }

    /// Whether it is pointless without what it carries: a text of it that does not show the code is refused.
    #[must_use]
    pub fn carries_a_code(self) -> bool {
        self.placeholders().contains(&Placeholder::Code)
    }

    /// For how long it waits for more of its kind to the same reader, so that a hundred decisions are one letter.
    #[must_use]
    pub fn gathers_seconds(self) -> f64 {
        if self == Self::MembersDecided { 600.0 } else { 0.0 }
    }
}

impl LetterLanguage {
    /// The text in this language; in English where there is no other.
    #[must_use]
    pub fn of<T>(self, text: &Translated<T>) -> &T {
        let translated = match self {
            Self::En => None,
            Self::Fr => text.fr.as_ref(),
            Self::Es => text.es.as_ref(),
            Self::Vi => text.vi.as_ref(),
        };
        translated.unwrap_or(&text.en)
    }
}

/// What lets its reader in. It is sealed as long as it waits, and never printed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Opening {
    /// The secret itself.
    pub code: Zeroizing<String>,
    /// When it is good no more.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening(…)")
    }
}

/// A letter: what it says beside what the ceremony is and who reads it.
#[derive(Debug, Clone)]
pub struct Letter {
    kind: LetterKind,
    opening: Option<Opening>,
    mailing: Option<MailingId>,
}

impl Letter {
    /// One that tells of something.
    #[must_use]
    pub fn notice(kind: LetterKind) -> Self {
        Self { kind, opening: None, mailing: None }
    }

    /// One that lets its reader in.
    #[must_use]
    pub fn opening(kind: LetterKind, code: &str, expires_at: DateTime<Utc>) -> Self {
        let code = Zeroizing::new(code.to_owned());
        Self { kind, opening: Some(Opening { code, expires_at }), mailing: None }
    }

    /// One of a letter to many, which says what it says.
    #[must_use]
    pub fn announcement(mailing: MailingId) -> Self {
        Self { kind: LetterKind::Announcement, opening: None, mailing: Some(mailing) }
    }

    /// The letter to many that it is one of.
    #[must_use]
    pub fn mailing(&self) -> Option<MailingId> {
        self.mailing
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> LetterKind {
        self.kind
    }

    /// What it carries, sealed for the row in which it waits.
    pub fn sealed(
        &self,
        vault: &Vault,
        id: MessageId,
    ) -> Result<Option<Vec<u8>>, serde_json::Error> {
        let Some(opening) = &self.opening else { return Ok(None) };
        let plain = Zeroizing::new(serde_json::to_vec(opening)?);
        Ok(Some(vault.seal_box(Wrapped::Letter, id, &plain)))
    }

    /// What a letter carries that waited in this row.
    pub fn opened(vault: &Vault, id: MessageId, sealed: &[u8]) -> Result<Opening, Unopened> {
        let plain = vault.open_box(Wrapped::Letter, id, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| Unopened)
    }
}

/// Who reads a letter. Their name and address are looked up when it is sent.
#[derive(Debug, Clone)]
pub enum Reader {
    /// Whose account it is.
    Account(AccountId),
    /// Who is invited.
    Invited(InvitationId),
    /// A member of a delegation.
    Member(MemberId),
    /// Everybody who speaks for the participant on that day.
    FocalPoints,
}

/// A letter on its way to who reads it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: Reader,
    /// Whose business it is, where it is one participant's.
    pub participant: Option<ParticipantCode>,
    /// What.
    pub letter: Letter,
}
