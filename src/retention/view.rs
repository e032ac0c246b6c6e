//! Certificates, holds and the report of what is still held, as they are shown.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Certificate, Counts, Datum, LegalHold, Rule};
use super::store::Still;
use crate::ceremony::Ceremony;
use crate::db::Answer;
use crate::documents::Digest;
use crate::ids::{AccountId, CertificateId, LegalHoldId, MemberId};
use crate::text::{Label, ParticipantCode, Reason};

/// The proof that something was forgotten. It names nobody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErasureCertificate)]
pub struct CertificateView {
    id: CertificateId,
    issued_at: DateTime<Utc>,
    /// Who said so; null for the service, where a period had ended.
    account: Option<AccountId>,
    rule: Rule,
    reason: Option<Reason>,
    /// What was forgotten.
    data: Vec<Datum>,
    /// Of whom: identities that lead nowhere any more.
    members: Vec<MemberId>,
    /// How much it was.
    counts: Counts,
}

/// Something that may not be forgotten for now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalHold)]
pub struct HoldView {
    id: LegalHoldId,
    participant: ParticipantCode,
    /// Whose data; null: all of the delegation's.
    member: Option<MemberId>,
    reason: Reason,
    placed_by: AccountId,
    placed_at: DateTime<Utc>,
    lifted_by: Option<AccountId>,
    lifted_at: Option<DateTime<Utc>>,
    lifted_reason: Option<Reason>,
}

/// What is still held of people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RetentionReport)]
pub struct ReportView {
    as_of: DateTime<Utc>,
    /// The last day of the event, from which the periods are counted.
    event_ended_on: NaiveDate,
    /// Each thing, in the order in which they are forgotten.
    pub data: Vec<StillView>,
    /// Legal holds that stand.
    legal_holds: i64,
    /// Certificates of erasure so far.
    certificates: i64,
}

/// How much of one thing is still held.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StillHeld)]
pub struct StillView {
    /// What.
    pub data: Datum,
    /// What for.
    pub purpose: Label,
    /// The last day on which it is kept; null: for good.
    pub keep_until: Option<NaiveDate>,
    /// Whether that day is past: the next run forgets what is not under a legal hold.
    pub is_due: bool,
    /// In how many rows there is such a thing.
    pub rows: i64,
    /// How many of them are under a legal hold.
    pub held: i64,
}

/// A certificate, with the files that belong to nothing any more.
pub struct Erased {
    pub certificate: Certificate,
    pub files: Vec<Digest>,
}

impl From<&Certificate> for CertificateView {
    fn from(certificate: &Certificate) -> Self {
        Self {
            id: certificate.id,
            issued_at: certificate.issued_at,
            account: certificate.account,
            rule: certificate.rule,
            reason: certificate.reason.clone(),
            data: certificate.data.clone(),
            members: certificate.members.clone(),
            counts: certificate.counts,
        }
    }
}

impl From<&LegalHold> for HoldView {
    fn from(hold: &LegalHold) -> Self {
        let lifted = hold.lifted.as_ref();
        Self {
            id: hold.id,
            participant: hold.participant.clone(),
            member: hold.member,
            reason: hold.reason.clone(),
            placed_by: hold.placed_by,
            placed_at: hold.placed_at,
            lifted_by: lifted.map(|lifted| lifted.by),
            lifted_at: lifted.map(|lifted| lifted.at),
            lifted_reason: lifted.map(|lifted| lifted.reason.clone()),
        }
    }
}

impl ReportView {
    /// The report, in the order in which things are forgotten.
    #[must_use]
    pub fn of(
        ceremony: &Ceremony,
        now: DateTime<Utc>,
        still: &[Still],
        legal_holds: i64,
        certificates: i64,
    ) -> Self {
        let (event_ended_on, today) = (ceremony.event.last_day, now.date_naive());
        let data = ceremony.retention.iter().map(|period| {
            let found = still.iter().find(|still| still.data == period.data);
            let keep_until = period.until(event_ended_on);
            StillView {
                data: period.data,
                purpose: period.purpose.clone(),
                keep_until,
                is_due: keep_until.is_some_and(|until| until < today),
                rows: found.map_or(0, |still| still.rows),
                held: found.map_or(0, |still| still.held),
            }
        });
        Self { as_of: now, event_ended_on, data: data.collect(), legal_holds, certificates }
    }

    /// The report as a table for people.
    #[must_use]
    pub fn table(&self) -> String {
        use std::fmt::Write as _;
        let mut table =
            format!("{:<20} {:>8} {:>8}  {:<12} purpose\n", "data", "rows", "on hold", "until");
        for still in &self.data {
            let until =
                still.keep_until.map_or_else(|| "for good".to_owned(), |day| day.to_string());
            let due = if still.is_due { "*" } else { "" };
            let StillView { data, rows, held, purpose, .. } = still;
            let _ = writeln!(
                table,
                "{:<20} {rows:>8} {held:>8}  {:<12} {purpose}",
                data.as_str(),
                until + due
            );
        }
        let Self { legal_holds, certificates, .. } = self;
        let _ = write!(
            table,
            "\n* past its day: `ceremony retention run` forgets what is not on hold.\n\
             Legal holds that stand: {legal_holds}. Certificates of erasure: {certificates}."
        );
        table
    }
}

impl Answer for Erased {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&CertificateView::from(&self.certificate))
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/erasure-certificates/{}", self.certificate.id))
    }
}

impl Answer for LegalHold {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&HoldView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/legal-holds/{}", self.id))
    }
}
