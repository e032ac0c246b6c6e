//! Full powers and appointments as rows of their tables.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::model::{
    Application, Appointment, Basis, FullPowers, FullPowersStage, Issuer, Kept, Mark, Office,
    Paper, Power, Signer, StageColumns,
};
use crate::ceremony::PlaceCode;
use crate::ids::{AccountId, AppointmentId, DocumentId, FullPowersId, MemberId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// A row of `full_powers`.
pub struct FullPowersRow {
    pub id: FullPowersId,
    pub participant: ParticipantCode,
    pub member: MemberId,
    pub signer_name: PersonName,
    pub signer_office: Label,
    pub basis: Basis,
    pub acting: bool,
    pub treaty: Option<Label>,
    pub names_person: bool,
    pub acts: Vec<Power>,
    pub issued_on: Option<NaiveDate>,
    pub issuer_name: Option<PersonName>,
    pub issuer_office: Option<Office>,
    pub issuer_participant: Option<ParticipantCode>,
    pub expires_on: Option<NaiveDate>,
    pub document: Option<DocumentId>,
    pub lodged_by: AccountId,
    pub lodged_at: DateTime<Utc>,
    pub original_received_by: Option<AccountId>,
    pub original_received_at: Option<DateTime<Utc>>,
    pub stage: FullPowersStage,
    pub verified_by: Option<AccountId>,
    pub verified_at: Option<DateTime<Utc>>,
    pub confirmed_by: Option<AccountId>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub closed_by: Option<AccountId>,
    pub closed_at: Option<DateTime<Utc>>,
    pub reason: Option<Reason>,
    pub updated_at: DateTime<Utc>,
    pub version: Version,
}

/// A row of `appointment`.
pub struct AppointmentRow {
    pub id: AppointmentId,
    pub participant: ParticipantCode,
    pub full_powers: FullPowersId,
    pub place: PlaceCode,
    pub signs_at: DateTime<Utc>,
    pub signs_offset_minutes: i32,
    pub made_by: AccountId,
    pub made_at: DateTime<Utc>,
    pub cancelled_by: Option<AccountId>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub reason: Option<Reason>,
    pub updated_at: DateTime<Utc>,
    pub version: Version,
}

impl TryFrom<FullPowersRow> for FullPowers {
    type Error = sqlx::Error;

    fn try_from(row: FullPowersRow) -> Result<Self, sqlx::Error> {
        let issued_by = row.issuer_name.zip(row.issuer_office).map(|(name, office)| Issuer {
            name,
            office,
            participant: row.issuer_participant,
        });
        let application = Application {
            participant: row.participant,
            signer: Signer { member: row.member, name: row.signer_name, office: row.signer_office },
            basis: row.basis,
            acting: row.acting,
            paper: Paper {
                treaty: row.treaty,
                names_person: row.names_person,
                acts: row.acts,
                issued_on: row.issued_on,
                issued_by,
                expires_on: row.expires_on,
                document: row.document,
            },
        };
        let stage = StageColumns {
            stage: row.stage,
            verified: mark(row.verified_by, row.verified_at),
            confirmed: mark(row.confirmed_by, row.confirmed_at),
            closed: mark(row.closed_by, row.closed_at),
            reason: row.reason,
        };
        let kept = Kept {
            lodged: Mark { by: row.lodged_by, at: row.lodged_at },
            original_received: mark(row.original_received_by, row.original_received_at),
            updated_at: row.updated_at,
            version: row.version,
            stage,
        };
        Self::restore(row.id, application, kept).map_err(|e| sqlx::Error::Decode(e.into()))
    }
}

impl TryFrom<AppointmentRow> for Appointment {
    type Error = sqlx::Error;

    fn try_from(row: AppointmentRow) -> Result<Self, sqlx::Error> {
        let offset = row.signs_offset_minutes.checked_mul(60).and_then(FixedOffset::east_opt);
        let offset = offset.ok_or_else(|| sqlx::Error::Decode("an offset of days".into()))?;
        Ok(Self {
            id: row.id,
            participant: row.participant,
            full_powers: row.full_powers,
            place: row.place,
            at: row.signs_at.with_timezone(&offset),
            made: Mark { by: row.made_by, at: row.made_at },
            cancelled: mark(row.cancelled_by, row.cancelled_at).zip(row.reason),
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

fn mark(by: Option<AccountId>, at: Option<DateTime<Utc>>) -> Option<Mark> {
    by.zip(at).map(|(by, at)| Mark { by, at })
}
