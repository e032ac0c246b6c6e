//! A letter to many, and the way it goes. Pure.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::ids::{AccountId, MailingId};
use crate::page::Version;
use crate::text::{Translated, choices, line, paragraphs, text_types};

text_types! {
    /// What stands above a letter.
    Subject: 150, line;
    /// What a letter says, between greeting and end. Several lines.
    Words: 10_000, paragraphs;
}

choices! {
    /// Of which list the readers are.
    Audience {
        /// Who speaks for participants.
        FocalPoints = "focal_points",
        /// Members of delegations, at their own addresses.
        Members = "members",
    }

    /// How far a letter to many is.
    MailingState {
        /// To be looked at by a second officer.
        Draft = "draft",
        /// Its letters are on their way.
        Approved = "approved",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// A letter to many.
#[derive(Debug, Clone)]
pub struct Mailing {
    /// Identity.
    pub id: MailingId,
    /// Of which list its readers are.
    pub audience: Audience,
    /// Who of them: parameters of that list.
    pub filter: Map<String, Value>,
    /// What stands above it.
    pub subject: Translated<Subject>,
    /// What it says.
    pub words: Translated<Words>,
    /// How far it is.
    pub state: MailingState,
    /// How many letters there were.
    pub readers: Option<i32>,
    /// Who wrote it.
    pub made_by: AccountId,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Who let it go.
    pub approved_by: Option<AccountId>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// Who took it back.
    pub withdrawn_by: Option<AccountId>,
    /// When.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: Version,
}

/// Why a letter to many does not take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is not there any more, or not yet.
    WrongState,
    /// Who wrote it does not let it go as well.
    SamePerson,
}

impl Mailing {
    /// Let go by a second officer, to so many.
    pub fn approved(self, by: AccountId, readers: i32, at: DateTime<Utc>) -> Result<Self, Refusal> {
        if self.state != MailingState::Draft {
            return Err(Refusal::WrongState);
        }
        if self.made_by == by {
            return Err(Refusal::SamePerson);
        }
        let (approved_by, approved_at, version) = (Some(by), Some(at), self.version.next());
        let state = MailingState::Approved;
        Ok(Self { state, readers: Some(readers), approved_by, approved_at, version, ..self })
    }

    /// Taken back.
    pub fn withdrawn(self, by: AccountId, at: DateTime<Utc>) -> Result<Self, Refusal> {
        if self.state == MailingState::Withdrawn {
            return Err(Refusal::WrongState);
        }
        let (withdrawn_by, withdrawn_at, version) = (Some(by), Some(at), self.version.next());
        Ok(Self { state: MailingState::Withdrawn, withdrawn_by, withdrawn_at, version, ..self })
    }

    /// The steps that are open, by the names of the routes.
    #[must_use]
    pub fn allowed(&self) -> &'static [&'static str] {
        match self.state {
            MailingState::Draft => &["approve", "withdraw"],
            MailingState::Approved => &["withdraw"],
            MailingState::Withdrawn => &[],
        }
    }
}
