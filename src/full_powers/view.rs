//! Full powers and appointments as they are answered.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{
    Appointment, Basis, FullPowers, FullPowersStage, Issuer, Mark, Power, StageColumns,
};
use crate::ceremony::PlaceCode;
use crate::db::Answer;
use crate::ids::{AccountId, AppointmentId, DocumentId, FullPowersId, MemberId};
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// Who is to sign, as it shall stand in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Signer)]
pub struct SignerView {
    /// The name.
    name: PersonName,
    /// The office, in words.
    office: Label,
}

/// Full powers, and where they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FullPowers)]
pub struct FullPowersView {
    id: FullPowersId,
    participant: ParticipantCode,
    member: MemberId,
    signer: SignerView,
    basis: Basis,
    acting: bool,
    /// The number of the treaty that the paper names.
    treaty: Option<Label>,
    names_person: bool,
    acts: Vec<Power>,
    issued_on: Option<NaiveDate>,
    issued_by: Option<Issuer>,
    expires_on: Option<NaiveDate>,
    document: Option<DocumentId>,
    stage: FullPowersStage,
    /// What can be done next.
    allowed: Vec<&'static str>,
    lodged_by: AccountId,
    lodged_at: DateTime<Utc>,
    original_received_by: Option<AccountId>,
    original_received_at: Option<DateTime<Utc>>,
    verified_by: Option<AccountId>,
    verified_at: Option<DateTime<Utc>>,
    confirmed_by: Option<AccountId>,
    confirmed_at: Option<DateTime<Utc>>,
    /// Who refused or revoked them.
    closed_by: Option<AccountId>,
    closed_at: Option<DateTime<Utc>>,
    /// Why they were refused or revoked.
    reason: Option<Reason>,
    updated_at: DateTime<Utc>,
}

impl From<&FullPowers> for FullPowersView {
    fn from(full_powers: &FullPowers) -> Self {
        let application = full_powers.application.clone();
        let (signer, paper) = (application.signer, application.paper);
        let stage = StageColumns::from(full_powers.stage().clone());
        let (original_received_by, original_received_at) = spread(full_powers.original_received);
        let (verified_by, verified_at) = spread(stage.verified);
        let (confirmed_by, confirmed_at) = spread(stage.confirmed);
        let (closed_by, closed_at) = spread(stage.closed);
        Self {
            id: full_powers.id,
            participant: application.participant,
            member: signer.member,
            signer: SignerView { name: signer.name, office: signer.office },
            basis: application.basis,
            acting: application.acting,
            treaty: paper.treaty,
            names_person: paper.names_person,
            acts: paper.acts,
            issued_on: paper.issued_on,
            issued_by: paper.issued_by,
            expires_on: paper.expires_on,
            document: paper.document,
            stage: stage.stage,
            allowed: full_powers.allowed(),
            lodged_by: full_powers.lodged.by,
            lodged_at: full_powers.lodged.at,
            original_received_by,
            original_received_at,
            verified_by,
            verified_at,
            confirmed_by,
            confirmed_at,
            closed_by,
            closed_at,
            reason: stage.reason,
            updated_at: full_powers.updated_at,
        }
    }
}

/// An hour at which a participant is to sign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Appointment)]
pub struct AppointmentView {
    id: AppointmentId,
    participant: ParticipantCode,
    full_powers: FullPowersId,
    place: PlaceCode,
    /// With the offset as it was given.
    at: DateTime<FixedOffset>,
    made_by: AccountId,
    made_at: DateTime<Utc>,
    cancelled_by: Option<AccountId>,
    cancelled_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    reason: Option<Reason>,
    updated_at: DateTime<Utc>,
}

impl From<&Appointment> for AppointmentView {
    fn from(appointment: &Appointment) -> Self {
        let (cancelled, reason) = appointment.cancelled.clone().unzip();
        let (cancelled_by, cancelled_at) = spread(cancelled);
        Self {
            id: appointment.id,
            participant: appointment.participant.clone(),
            full_powers: appointment.full_powers,
            place: appointment.place.clone(),
            at: appointment.at,
            made_by: appointment.made.by,
            made_at: appointment.made.at,
            cancelled_by,
            cancelled_at,
            reason,
            updated_at: appointment.updated_at,
        }
    }
}

impl Answer for FullPowers {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&FullPowersView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/full-powers/{}", self.id))
    }
}

impl Answer for Appointment {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&AppointmentView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/appointments/{}", self.id))
    }
}

fn spread(mark: Option<Mark>) -> (Option<AccountId>, Option<DateTime<Utc>>) {
    mark.map(|mark| (mark.by, mark.at)).unzip()
}
