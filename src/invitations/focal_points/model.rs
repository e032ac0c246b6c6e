//! Focal points and what may happen to them. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use crate::documents::{Document, DocumentKind, DocumentState};
use crate::ids::{AccountId, DocumentId, FocalPointId};
use crate::page::Version;
use crate::text::{Email, Fault, ParticipantCode, PersonName, Reason, choices};

choices! {
    /// How it is with a focal point.
    FocalPointState {
        /// Appointed; has not come in yet.
        Invited = "invited",
        /// Speaks for the participant.
        InForce = "in_force",
        /// The last day is past.
        Expired = "expired",
        /// The account is closed.
        Disabled = "disabled",
        /// Speaks for it no more.
        Ended = "ended",
    }

    /// How it is with the paper that appoints a focal point.
    PaperState {
        /// Nobody has named one.
        Missing = "missing",
        /// Handed in, not yet looked at.
        Received = "received",
        /// An officer found it in order.
        Verified = "verified",
        /// An officer found it wanting.
        Refused = "refused",
        /// Its last day is past.
        Expired = "expired",
    }

    /// What becomes of the primary focal point when another takes the place.
    Predecessor {
        /// Goes on as a backup.
        Backup = "backup",
        /// Speaks for the participant no more.
        Ends = "ends",
    }
}

/// Somebody who speaks for a participant, or is invited to, or did.
#[derive(Debug, Clone)]
pub struct FocalPoint {
    /// Identity.
    pub id: FocalPointId,
    /// For whom they speak.
    pub participant: ParticipantCode,
    /// Whose account it is; none while they are invited.
    pub account: Option<AccountId>,
    /// The account's address; while they are invited, the one that they are invited at.
    pub email: Email,
    /// Their name.
    pub name: PersonName,
    /// How it is with them today.
    pub state: FocalPointState,
    /// Whether they are the one to turn to, who may invite backups.
    pub is_primary: bool,
    /// The paper that appoints them.
    pub document: Option<DocumentId>,
    /// How it is with it today.
    pub document_state: PaperState,
    /// The last day on which they speak.
    pub expires_on: Option<NaiveDate>,
    /// When they were appointed.
    pub appointed_at: DateTime<Utc>,
    /// By whom; none: by the keeper of the server.
    pub appointed_by: Option<AccountId>,
    /// Until when the code of their invitation is good, while they are invited.
    pub invitation_expires_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it.
    pub ended_by: Option<AccountId>,
    /// Why.
    pub end_reason: Option<Reason>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

impl FocalPoint {
    /// What may be done, by the names of the routes.
    #[must_use]
    pub fn allowed(&self) -> Vec<&'static str> {
        match self.state {
            FocalPointState::Ended => vec![],
            FocalPointState::Invited => vec!["change", "invite", "delete"],
            FocalPointState::InForce if !self.is_primary => {
                vec!["change", "make-primary", "delete"]
            }
            FocalPointState::InForce | FocalPointState::Expired | FocalPointState::Disabled => {
                vec!["change", "delete"]
            }
        }
    }

    /// The appointment over.
    #[must_use]
    pub fn ended(self, by: AccountId, reason: Option<Reason>, at: DateTime<Utc>) -> Self {
        Self {
            // A clock that was set back ends nothing before it began.
            ended_at: Some(at.max(self.appointed_at)),
            ended_by: Some(by),
            end_reason: reason,
            updated_at: at,
            version: self.version.next(),
            ..self
        }
    }

    /// The same as primary one, or as a backup.
    #[must_use]
    pub fn placed(self, is_primary: bool, at: DateTime<Utc>) -> Self {
        Self { is_primary, updated_at: at, version: self.version.next(), ..self }
    }

    /// The same on another paper, and until another day.
    #[must_use]
    pub fn changed(
        self,
        document: Option<DocumentId>,
        expires_on: Option<NaiveDate>,
        at: DateTime<Utc>,
    ) -> Self {
        Self { document, expires_on, updated_at: at, version: self.version.next(), ..self }
    }
}

/// What is wrong with a paper as one that appoints a focal point today.
#[must_use]
pub fn fault_of(
    paper: Option<&Document>,
    code: &ParticipantCode,
    today: NaiveDate,
) -> Option<Fault> {
    let is_one = |paper: &&Document| {
        paper.participant == *code && paper.kind == DocumentKind::AppointmentOfFocalPoint
    };
    let Some(paper) = paper.filter(is_one) else {
        let detail = "an appointment_of_focal_point of this participant is expected";
        return Some(Fault::new("unknown_document", detail));
    };
    if paper.state == DocumentState::Refused {
        return Some(Fault::new("refused_document", "a paper that was not refused is expected"));
    }
    let detail = "a paper that still holds today is expected";
    paper.is_expired(today).then(|| Fault::new("expired_document", detail))
}

/// What is wrong with a last day, given that of the paper.
#[must_use]
pub fn fault_of_last_day(
    expires_on: NaiveDate,
    paper: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<Fault> {
    if expires_on < today {
        return Some(Fault::new("too_early", "today or a later day is expected"));
    }
    let detail = "a day on which the paper still holds is expected";
    paper.is_some_and(|last| last < expires_on).then(|| Fault::new("too_late", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn r38_an_appointment_ends_with_its_paper_at_the_latest() {
        let today = day("2025-10-26");
        for (last, paper, code) in [
            ("2025-10-26", None, None),
            ("2025-10-25", None, Some("too_early")),
            ("2026-01-01", Some("2026-01-01"), None),
            ("2026-01-02", Some("2026-01-01"), Some("too_late")),
        ] {
            let fault = fault_of_last_day(day(last), paper.map(day), today);
            assert_eq!(fault.map(|fault| fault.code), code, "{last}");
        }
    }
}
