//! Periods, holds and certificates. Pure.

mod periods;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use periods::{Datum, Periods};

use crate::delegations::WrongState;
use crate::ids::{AccountId, CertificateId, LegalHoldId, MemberId};
use crate::page::Version;
use crate::text::{ParticipantCode, Reason, choices};

choices! {
    /// By what something was forgotten.
    Rule {
        /// It was past its day.
        Period = "period",
        /// An officer said so.
        Request = "request",
    }
}

/// How many rows were changed or removed, of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ErasureCounts)]
#[serde(default)]
pub struct Counts {
    /// Members who lost data.
    pub members: i64,
    /// Earlier versions of them.
    pub versions: i64,
    /// Requests to change them.
    pub change_requests: i64,
    /// Papers, with their files.
    pub papers: i64,
    /// Answers kept for retries.
    pub kept_answers: i64,
    /// Imported lists whose rows were kept.
    pub imported_lists: i64,
    /// Delegations whose contact was removed.
    pub delegations: i64,
}

/// The proof that something was forgotten. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Identity.
    pub id: CertificateId,
    /// When.
    pub issued_at: DateTime<Utc>,
    /// At whose word; none for the service by its periods.
    pub account: Option<AccountId>,
    /// By what.
    pub rule: Rule,
    /// Why, where somebody said so.
    pub reason: Option<Reason>,
    /// What.
    pub data: Vec<Datum>,
    /// Of whom: identities that lead nowhere any more.
    pub members: Vec<MemberId>,
    /// How much.
    pub counts: Counts,
}

/// Something that may not be forgotten for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHold {
    /// Identity.
    pub id: LegalHoldId,
    /// Of whose delegation.
    pub participant: ParticipantCode,
    /// Of which member; none: of all.
    pub member: Option<MemberId>,
    /// Why.
    pub reason: Reason,
    /// Who said so.
    pub placed_by: AccountId,
    /// When.
    pub placed_at: DateTime<Utc>,
    /// What ended it.
    pub lifted: Option<Lifted>,
    /// Counts its changes.
    pub version: Version,
}

/// The end of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted {
    /// Who said so.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Reason,
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// What is past its day.
    pub due: Vec<Datum>,
    /// How much was forgotten.
    pub counts: Counts,
    /// How many members have something past its day that is under a legal hold, and were skipped.
    pub skipped: i64,
    /// The certificates that were issued.
    pub certificates: Vec<CertificateId>,
}

impl Outcome {
    /// The outcome for people, one line for each thing worth saying.
    #[must_use]
    pub fn sentence(&self, is_trial: bool) -> String {
        if self.due.is_empty() {
            return "Nothing is past its day.".to_owned();
        }
        let due: Vec<_> = self.due.iter().map(Datum::as_str).collect();
        let (done, Counts { members, papers, delegations, .. }) =
            (if is_trial { "Would forget" } else { "Forgot" }, self.counts);
        format!(
            "Past their day: {}.\n{done} data of {members} members, {papers} papers, the contact of {delegations} delegations.\n\
             Under a legal hold, and skipped: {} members. Certificates: {}.",
            due.join(", "),
            self.skipped,
            self.certificates.len(),
        )
    }
}

impl LegalHold {
    /// Ends it, once.
    pub fn lift(self, lifted: Lifted) -> Result<Self, WrongState> {
        if self.lifted.is_some() {
            return Err(WrongState { current: "lifted", wanted: "lift", allowed: &[] });
        }
        Ok(Self { lifted: Some(lifted), version: self.version.next(), ..self })
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.members += more.members;
        self.versions += more.versions;
        self.change_requests += more.change_requests;
        self.papers += more.papers;
        self.kept_answers += more.kept_answers;
        self.imported_lists += more.imported_lists;
        self.delegations += more.delegations;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r52_a_hold_is_lifted_once() {
        let by = AccountId::fresh();
        let reason = Reason::parse("an invented reason").unwrap();
        let hold = LegalHold {
            id: LegalHoldId::fresh(),
            participant: ParticipantCode::parse("FRA").unwrap(),
            member: None,
            reason: reason.clone(),
            placed_by: by,
            placed_at: DateTime::UNIX_EPOCH,
            lifted: None,
            version: Version(1),
        };
        let lifted = Lifted { by, at: DateTime::UNIX_EPOCH, reason };
        let hold = hold.lift(lifted.clone()).unwrap();
        assert_eq!((hold.version, hold.lifted.as_ref()), (Version(2), Some(&lifted)));
        assert_eq!(hold.lift(lifted).unwrap_err().current, "lifted");
    }
}
