//! An entry of the trail as who audits sees it: what a field holds is no part of it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::{AccountId, ApiKeyId, EventId, SubjectId};
use crate::text::{ParticipantCode, Reason};

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct EntryView {
    /// The event.
    pub id: EventId,
    /// When, by the database's clock.
    pub happened_at: DateTime<Utc>,
    /// `member.approved`, `account.logged_in`
    pub kind: String,
    /// Whose business it is, where it is one participant's.
    pub participant: Option<ParticipantCode>,
    /// What it happened to.
    pub subject: Option<SubjectId>,
    /// Who did it; null for the service itself, and for who is not known.
    pub account: Option<AccountId>,
    /// By which of their keys, where by one.
    pub api_key: Option<ApiKeyId>,
    /// Why.
    pub reason: Option<Reason>,
    /// Which fields it changed or tells of. What they hold is not told here.
    pub fields: Vec<String>,
    /// The request, as its answer and the service's own log name it.
    pub request_id: String,
    /// Where it stands in the trail's log; null until it is sealed, within a second.
    pub entry: Option<i64>,
}
