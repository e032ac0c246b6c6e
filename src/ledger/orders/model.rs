//! An order that one officer proposes and another confirms. Pure.

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, OrderProposalId};
use crate::ledger::model::Order;
use crate::page::Version;
use crate::text::Reason;

/// Who did something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an officer wants of the log of the record. Confirmed by another one, it is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its identity.
    pub id: OrderProposalId,
    /// What is wanted.
    pub order: Order,
    /// Why.
    pub reason: Reason,
    /// The first officer.
    pub proposed: Mark,
    /// The second; ordered from then on.
    pub confirmed: Option<Mark>,
}

/// Why it is not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is ordered already.
    #[error("the order is confirmed already")]
    Confirmed,
    /// By the officer who proposed it.
    #[error("the officer who proposed the order cannot confirm it: a second officer is required")]
    SecondPersonRequired,
}

impl Proposal {
    /// A second officer confirms.
    pub fn confirm(self, by: Mark) -> Result<Self, Refusal> {
        if self.confirmed.is_some() {
            return Err(Refusal::Confirmed);
        }
        if self.proposed.by == by.by {
            return Err(Refusal::SecondPersonRequired);
        }
        Ok(Self { confirmed: Some(by), ..self })
    }

    /// Proposed, then confirmed.
    #[must_use]
    pub fn version(&self) -> Version {
        Version(1 + i64::from(self.confirmed.is_some()))
    }
}
