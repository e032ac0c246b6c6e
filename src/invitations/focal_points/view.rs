//! Focal points as they are shown: to the secretariat and to their own mission, which see all of it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::Appointed;
use super::model::{FocalPoint, FocalPointState, PaperState};
use crate::access::Code;
use crate::db::Answer;
use crate::ids::{AccountId, DocumentId, FocalPointId};
use crate::invitations::view::IssuedView;
use crate::text::{Email, ParticipantCode, PersonName, Reason};

/// A focal point.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FocalPoint)]
pub struct FocalPointView {
    id: FocalPointId,
    participant: ParticipantCode,
    name: PersonName,
    email: Email,
    state: FocalPointState,
    /// The one to turn to, who may invite backups.
    is_primary: bool,
    /// The paper that appoints them; null: it is still to come.
    document: Option<DocumentId>,
    /// How it is with that paper today.
    document_state: PaperState,
    /// The last day on which they speak for the participant, by UTC; null: nobody said.
    expires_on: Option<NaiveDate>,
    appointed_at: DateTime<Utc>,
    appointed_by: Option<AccountId>,
    /// Until when the code of their invitation is good, while they are invited.
    invitation_expires_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    ended_by: Option<AccountId>,
    /// Why it ended.
    reason: Option<Reason>,
    updated_at: DateTime<Utc>,
}

/// A focal point with the code of their invitation, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitedFocalPoint)]
pub struct InvitedView<'a> {
    #[serde(flatten)]
    focal_point: FocalPointView,
    /// Hand it over by a safe way; its owner sends it to `POST /invitations/accept`, once. Null where letters leave over a
    /// mail server: then it is in the letter alone.
    invitation_code: Option<&'a str>,
}

/// A focal point as it is.
pub struct Shown(pub FocalPoint);

/// A focal point with a fresh code.
pub struct Renewed {
    /// The focal point.
    pub focal_point: FocalPoint,
    /// What they bring.
    pub code: Option<Code>,
}

/// An appointment told as the invitation to it.
pub struct AsInvitation(pub Appointed);

impl From<&FocalPoint> for FocalPointView {
    fn from(focal_point: &FocalPoint) -> Self {
        Self {
            id: focal_point.id,
            participant: focal_point.participant.clone(),
            name: focal_point.name.clone(),
            email: focal_point.email.clone(),
            state: focal_point.state,
            is_primary: focal_point.is_primary,
            document: focal_point.document,
            document_state: focal_point.document_state,
            expires_on: focal_point.expires_on,
            appointed_at: focal_point.appointed_at,
            appointed_by: focal_point.appointed_by,
            invitation_expires_at: focal_point.invitation_expires_at,
            ended_at: focal_point.ended_at,
            ended_by: focal_point.ended_by,
            reason: focal_point.end_reason.clone(),
            updated_at: focal_point.updated_at,
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&FocalPointView::from(&self.0))
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(place(&self.0))
    }
}

impl Answer for Renewed {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let focal_point = FocalPointView::from(&self.focal_point);
        serde_json::to_vec(&InvitedView {
            focal_point,
            invitation_code: self.code.as_ref().map(Code::expose),
        })
    }
    fn etag(&self) -> Option<String> {
        Some(self.focal_point.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(place(&self.focal_point))
    }
}

impl From<Appointed> for Renewed {
    fn from(Appointed { focal_point, code, .. }: Appointed) -> Self {
        Self { focal_point, code }
    }
}

impl Answer for AsInvitation {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&IssuedView::of(&self.0.invitation, self.0.code.as_ref()))
    }
    fn location(&self) -> Option<String> {
        Some(place(&self.0.focal_point))
    }
}

fn place(focal_point: &FocalPoint) -> String {
    format!("/api/v1/delegations/{}/focal-points/{}", focal_point.participant, focal_point.id)
}
