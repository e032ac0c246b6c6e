//! Letters to many as officers see them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::model::{Audience, Mailing, MailingState, Subject, Words};
use crate::db::Answer;
use crate::ids::{AccountId, MailingId};
use crate::mail::{LetterLanguage, Written};
use crate::text::Translated;

/// A letter to many.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mailing)]
pub struct MailingView {
    id: MailingId,
    audience: Audience,
    /// Who of them: parameters of the list of the audience.
    #[schema(value_type = Object)]
    filter: Map<String, Value>,
    #[schema(value_type = Translated<String>)]
    subject: Translated<Subject>,
    #[schema(value_type = Translated<String>)]
    text: Translated<Words>,
    state: MailingState,
    /// How many letters there were, once it was let go.
    readers: Option<i32>,
    made_by: AccountId,
    made_at: DateTime<Utc>,
    /// The second officer.
    approved_by: Option<AccountId>,
    approved_at: Option<DateTime<Utc>>,
    withdrawn_by: Option<AccountId>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl From<&Mailing> for MailingView {
    fn from(mailing: &Mailing) -> Self {
        Self {
            id: mailing.id,
            audience: mailing.audience,
            filter: mailing.filter.clone(),
            subject: mailing.subject.clone(),
            text: mailing.words.clone(),
            state: mailing.state,
            readers: mailing.readers,
            made_by: mailing.made_by,
            made_at: mailing.made_at,
            approved_by: mailing.approved_by,
            approved_at: mailing.approved_at,
            withdrawn_by: mailing.withdrawn_by,
            withdrawn_at: mailing.withdrawn_at,
        }
    }
}

impl Answer for Mailing {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&MailingView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/mailings/{}", self.id))
    }
}

/// A letter to many as a reader will see it, and how many there would be now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailingPreview)]
pub struct MailingPreview {
    language: LetterLanguage,
    subject: String,
    text: String,
    readers: usize,
}

impl MailingPreview {
    /// What was written, and to how many.
    pub fn of(language: LetterLanguage, written: Written, readers: usize) -> Self {
        Self { language, subject: written.subject, text: written.text, readers }
    }
}
