//! Change requests as they are shown: of each field what the reader may see of it elsewhere (R38, R41, R50).

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Change, ChangeRequest, Difference, Field, RequestState, Said};
use crate::db::Answer;
use crate::delegations::members::status::{Lost, StatusName};
use crate::delegations::members::{Member, OtherPassports, PassportNumber};
use crate::delegations::queues::Work;
use crate::delegations::sight::Sight;
use crate::ids::{AccountId, ChangeRequestId, MemberId};
use crate::text::{ParticipantCode, Reason};

/// A change request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangeRequest)]
pub struct ChangeRequestView {
    id: ChangeRequestId,
    participant: ParticipantCode,
    /// Who is to change.
    member: MemberId,
    state: RequestState,
    /// Field by field. What the reader may not see of a member is left out.
    difference: Vec<ChangeView>,
    /// Whether accepting it sends the person back to security's vetting.
    is_material: bool,
    #[serde(flatten)]
    #[schema(value_type = ProtocolView)]
    protocol: Option<ProtocolView>,
    #[serde(flatten)]
    #[schema(value_type = Work)]
    work: Option<Work>,
    requested_at: DateTime<Utc>,
    requested_by: AccountId,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<AccountId>,
    /// What whoever decided said to it.
    reason: Option<Reason>,
    /// Where the member stands after the acceptance that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_status: Option<StatusName>,
    /// What ended with the acceptance that this answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<Lost>,
}

/// What the mission says to it; security does not see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangeRequestProtocol)]
struct ProtocolView {
    note: Option<Reason>,
}

/// One field. Of what is sealed: the number of a passport masked, and where the values are not at hand (in lists, and
/// once it is decided) only that it changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldChange)]
struct ChangeView {
    field: Field,
    is_material: bool,
    /// What stood when the change was asked for.
    before: Option<String>,
    /// What is asked for; `changed` for what is not shown.
    after: Option<String>,
}

/// A request, and what of it the caller sees.
#[derive(Debug)]
pub struct Shown {
    /// The request.
    pub request: ChangeRequest,
    /// What is sealed of it, where it was opened.
    pub secret: Option<Difference>,
    /// What is seen of it.
    pub sight: Sight,
    /// The member after an acceptance, and what was lost by it.
    pub corrected: Option<(Member, Option<Lost>)>,
}

/// Whether a reader sees a field.
fn is_seen(field: Field, sight: Sight) -> bool {
    match field {
        Field::FamilyName
        | Field::GivenNames
        | Field::BadgeName
        | Field::NativeName
        | Field::Nationality => true,
        Field::FormOfAddress
        | Field::Function
        | Field::Rank
        | Field::FunctionalTitle
        | Field::Affiliation
        | Field::Language => sight.protocol,
        Field::Email => sight.contact,
        Field::DateOfBirth
        | Field::PassportNumber
        | Field::PassportExpiresOn
        | Field::OtherPassports => sight.identity,
    }
}

fn shown(field: Field, said: &Said) -> String {
    match field {
        Field::PassportNumber => {
            PassportNumber::parse(said.expose()).map_or_else(|_| "•••".to_owned(), |n| n.masked())
        }
        Field::OtherPassports => {
            OtherPassports::read(said.expose()).map_or_else(|_| "•••".to_owned(), |l| l.masked())
        }
        _ => said.expose().to_owned(),
    }
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        let Change { field, before, after } = change;
        Self {
            field: *field,
            is_material: field.is_material(),
            before: before.as_ref().map(|said| shown(*field, said)),
            after: after.as_ref().map(|said| shown(*field, said)),
        }
    }
}

impl ChangeView {
    /// That a field changes, without its values.
    fn hidden(field: Field) -> Self {
        let after = Some("changed".to_owned());
        Self { field, is_material: field.is_material(), before: None, after }
    }
}

impl From<&Shown> for ChangeRequestView {
    fn from(Shown { request, secret, sight, corrected }: &Shown) -> Self {
        let plain = request.plain.0.iter().map(ChangeView::from);
        let opened = secret.iter().flat_map(|secret| &secret.0).map(ChangeView::from);
        let is_opened = secret.as_ref().is_some_and(|secret| !secret.0.is_empty());
        let hidden = request.sealed.iter().filter(|_| !is_opened).copied().map(ChangeView::hidden);
        let all = plain.chain(opened).chain(hidden);
        Self {
            id: request.id,
            participant: request.participant.clone(),
            member: request.member,
            state: request.state,
            difference: all.filter(|change| is_seen(change.field, *sight)).collect(),
            is_material: request.is_material,
            protocol: sight.protocol.then(|| ProtocolView { note: request.note.clone() }),
            work: Work::seen(*sight, request.assigned_to),
            requested_at: request.requested_at,
            requested_by: request.requested_by,
            decided_at: request.decided_at,
            decided_by: request.decided_by,
            reason: request.reason.clone(),
            member_status: corrected.as_ref().map(|(member, _)| member.status.name()),
            revoked: corrected.iter().filter_map(|(_, lost)| *lost).collect(),
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ChangeRequestView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.request.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/change-requests/{}", self.request.id))
    }
}
