//! Letters as they are shown: how far they are, and never what they say.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Message, MessageState};
use crate::db::Answer;
use crate::ids::{AccountId, InvitationId, MailingId, MemberId, MessageId};
use crate::mail::{LetterKind, LetterLanguage, Placeholder, Trouble, Written};
use crate::text::ParticipantCode;

/// A letter on its way. Its text is not kept, nor is the address that it goes to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    id: MessageId,
    kind: LetterKind,
    /// Whose account it goes to; else it goes with an invitation, or to a member.
    account: Option<AccountId>,
    invitation: Option<InvitationId>,
    member: Option<MemberId>,
    /// Of which letter to many it is one.
    mailing: Option<MailingId>,
    /// Whose business it is, where it is one participant's.
    participant: Option<ParticipantCode>,
    state: MessageState,
    /// How often it was tried.
    attempts: i32,
    /// What went wrong last.
    trouble: Option<Trouble>,
    created_at: DateTime<Utc>,
    /// When it is tried next, while it waits.
    due_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let is_waiting = message.state == MessageState::Waiting;
        Self {
            id: message.id,
            kind: message.kind,
            account: message.account,
            invitation: message.invitation,
            member: message.member,
            mailing: message.mailing,
            participant: message.participant.clone(),
            state: message.state,
            attempts: message.attempts,
            trouble: message.trouble,
            created_at: message.created_at,
            due_at: is_waiting.then_some(message.due_at),
            ended_at: message.ended_at,
        }
    }
}

impl Answer for Message {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&MessageView::from(self))
    }
}

/// A letter as its readers will see it, with examples in its places.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LetterPreview)]
pub struct PreviewView {
    kind: LetterKind,
    language: LetterLanguage,
    subject: String,
    text: String,
    /// What its text may ask for.
    placeholders: &'static [Placeholder],
}

impl PreviewView {
    /// A letter that was written.
    pub fn of(kind: LetterKind, language: LetterLanguage, written: Written) -> Self {
        let Written { subject, text } = written;
        Self { kind, language, subject, text, placeholders: kind.placeholders() }
    }
}
