//! Invitations as they are shown: the code in the one answer that makes it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Invitation, InvitationState, Issued};
use crate::access::{Code, Role};
use crate::db::Answer;
use crate::ids::{AccountId, FocalPointId, InvitationId};
use crate::mail::LetterLanguage;
use crate::text::{Email, ParticipantCode, PersonName};

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    id: InvitationId,
    email: Email,
    name: PersonName,
    role: Role,
    /// The language that they are written to in.
    language: LetterLanguage,
    /// For whom a focal point is to speak.
    participant: Option<ParticipantCode>,
    /// The appointment that it is for.
    focal_point: Option<FocalPointId>,
    state: InvitationState,
    invited_by: AccountId,
    invited_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// An invitation with its code, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedInvitation)]
pub struct IssuedView<'a> {
    #[serde(flatten)]
    invitation: InvitationView,
    /// Hand it over by a safe way; its owner sends it to `POST /invitations/accept`, once. Null where letters leave over a
    /// mail server: then it is in the letter alone.
    code: Option<&'a str>,
}

impl<'a> IssuedView<'a> {
    /// The invitation and its code.
    pub fn of(invitation: &Invitation, code: Option<&'a Code>) -> Self {
        Self { invitation: InvitationView::from(invitation), code: code.map(Code::expose) }
    }
}

impl From<&Invitation> for InvitationView {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email.clone(),
            name: invitation.name.clone(),
            role: invitation.role,
            language: invitation.language,
            participant: invitation.participant.clone(),
            focal_point: invitation.focal_point,
            state: invitation.state,
            invited_by: invitation.invited_by,
            invited_at: invitation.invited_at,
            expires_at: invitation.expires_at,
            accepted_at: invitation.accepted_at,
            withdrawn_at: invitation.withdrawn_at,
        }
    }
}

impl Answer for Invitation {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&InvitationView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        // An invitation to an appointment is found with it.
        self.focal_point.is_none().then(|| format!("/api/v1/invitations/{}", self.id))
    }
}

impl Answer for Issued {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&IssuedView::of(&self.invitation, self.code.as_ref()))
    }
    fn etag(&self) -> Option<String> {
        self.invitation.etag()
    }
    fn location(&self) -> Option<String> {
        self.invitation.location()
    }
}
