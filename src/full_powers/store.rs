//! The questions that full powers ask of the database.

mod entitlement;

pub use entitlement::{find_entitlement, lock_entitlement, lock_standing};

use sqlx::PgConnection;

use super::model::{Appointment, Basis, FullPowers, FullPowersStage, Office, Power, StageColumns};
use super::row::{AppointmentRow, FullPowersRow};
use crate::ceremony::PlaceCode;
use crate::delegations::{self, Member, Rank, StatusName};
use crate::documents::{self, Document, DocumentKind, DocumentState};
use crate::ids::{AccountId, AppointmentId, DocumentId, FullPowersId, MemberId};
use crate::page::{Limit, Version};
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// Which full powers to list.
#[derive(Debug, Default)]
pub struct Wanted {
    /// These.
    pub id: Option<FullPowersId>,
    /// Of this participant.
    pub participant: Option<ParticipantCode>,
    /// Of this person.
    pub member: Option<MemberId>,
    /// In any of these stages.
    pub stages: Option<Vec<FullPowersStage>>,
    /// Behind these in the order of lodging.
    pub after: Option<FullPowersId>,
}

/// Which appointments to list.
#[derive(Debug, Default)]
pub struct WantedAppointment {
    /// This one.
    pub id: Option<AppointmentId>,
    /// Of this participant.
    pub participant: Option<ParticipantCode>,
    /// By these full powers.
    pub full_powers: Option<FullPowersId>,
    /// At this place.
    pub place: Option<PlaceCode>,
    /// Whether they are cancelled.
    pub is_cancelled: Option<bool>,
    /// Behind this one in the order of making.
    pub after: Option<AppointmentId>,
}

/// Whether this is a copy of a paper of the participant that may entitle, and was not refused; it is kept so.
pub async fn hold_copy(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    document: DocumentId,
) -> Result<bool, sqlx::Error> {
    let document = documents::hold(conn, document).await?;
    Ok(document.is_some_and(|document| is_copy(&document, participant)))
}

/// Whether a document can be the copy of this participant's full powers. Credentials can, where they grant both (R8).
fn is_copy(document: &Document, participant: &ParticipantCode) -> bool {
    document.participant == *participant
        && matches!(document.kind, DocumentKind::FullPowers | DocumentKind::Credentials)
        && document.state != DocumentState::Refused
}

/// The signer's present rank, kept from changing; none where they are no longer of the delegation.
pub async fn lock_rank(
    conn: &mut PgConnection,
    full_powers: &FullPowers,
) -> Result<Option<Rank>, sqlx::Error> {
    let application = &full_powers.application;
    let member = application.signer.member;
    sqlx::query!("select member_id from member where member_id = $1 for share", member as _)
        .fetch_optional(&mut *conn)
        .await?;
    let member = delegations::find_member(conn, &application.participant, member).await?;
    Ok(member.filter(is_of_delegation).map(|member| member.person.rank))
}

/// Whether an entry still counts: who was refused, cleared no more, or taken back by the mission is not of it.
pub fn is_of_delegation(member: &Member) -> bool {
    let status = member.status.name();
    !matches!(status, StatusName::Rejected | StatusName::Revoked | StatusName::Withdrawn)
}

/// Full powers by their identity, where they are in scope.
pub async fn find(
    conn: &mut PgConnection,
    id: FullPowersId,
) -> Result<Option<FullPowers>, sqlx::Error> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(list(conn, &wanted, Limit::default()).await?.pop())
}

/// Full powers, their row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: FullPowersId,
) -> Result<Option<FullPowers>, sqlx::Error> {
    sqlx::query!(
        "select full_powers_id from full_powers where full_powers_id = $1 for update",
        id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    find(conn, id).await
}

/// Full powers in the order of lodging, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: Limit,
) -> Result<Vec<FullPowers>, sqlx::Error> {
    let rows = sqlx::query_as!(
        FullPowersRow,
        r#"select full_powers_id as "id: FullPowersId", participant as "participant: ParticipantCode",
                  member_id as "member: MemberId", signer_name as "signer_name: PersonName", signer_office as "signer_office: Label",
                  basis as "basis: Basis", acting, treaty as "treaty: Label", names_person, acts as "acts: Vec<Power>", issued_on,
                  issuer_name as "issuer_name: PersonName", issuer_office as "issuer_office: Office",
                  issuer_participant as "issuer_participant: ParticipantCode", expires_on, document_id as "document: DocumentId",
                  lodged_by as "lodged_by: AccountId", lodged_at,
                  original_received_by as "original_received_by: AccountId", original_received_at, stage as "stage: FullPowersStage",
                  verified_by as "verified_by: AccountId", verified_at, confirmed_by as "confirmed_by: AccountId", confirmed_at,
                  closed_by as "closed_by: AccountId", closed_at, reason as "reason: Reason", updated_at,
                  version as "version: Version"
           from full_powers
           where ($1::uuid is null or full_powers_id = $1) and ($2::text is null or participant = $2)
             and ($3::uuid is null or member_id = $3) and ($4::text[] is null or stage = any ($4))
             and ($5::uuid is null or full_powers_id > $5)
           order by full_powers_id limit $6"#,
        wanted.id as _,
        &wanted.participant as _,
        wanted.member as _,
        &wanted.stages as _,
        wanted.after as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(FullPowers::try_from).collect()
}

/// How many full powers there are, wherever a page of them begins.
pub async fn count(conn: &mut PgConnection, wanted: &Wanted) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from full_powers
           where ($1::uuid is null or full_powers_id = $1) and ($2::text is null or participant = $2)
             and ($3::uuid is null or member_id = $3) and ($4::text[] is null or stage = any ($4))"#,
        wanted.id as _,
        &wanted.participant as _,
        wanted.member as _,
        &wanted.stages as _,
    )
    .fetch_one(conn)
    .await
}

/// Adds full powers as lodged.
pub async fn insert(conn: &mut PgConnection, full_powers: &FullPowers) -> Result<(), sqlx::Error> {
    let application = &full_powers.application;
    let (signer, paper) = (&application.signer, &application.paper);
    let issuer = paper.issued_by.as_ref();
    sqlx::query!(
        "insert into full_powers (full_powers_id, participant, member_id, signer_name, signer_office, basis, acting,
             treaty, names_person, acts, issued_on, issuer_name, issuer_office, issuer_participant, expires_on,
             document_id, lodged_by, lodged_at, stage, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'lodged', $19, $20)",
        full_powers.id as _,
        &application.participant as _,
        signer.member as _,
        &signer.name as _,
        &signer.office as _,
        application.basis as _,
        application.acting,
        &paper.treaty as _,
        paper.names_person,
        &paper.acts as _,
        paper.issued_on,
        issuer.map(|issuer| &issuer.name) as _,
        issuer.map(|issuer| issuer.office) as _,
        issuer.and_then(|issuer| issuer.participant.as_ref()) as _,
        paper.expires_on,
        paper.document as _,
        full_powers.lodged.by as _,
        full_powers.lodged.at,
        full_powers.updated_at,
        full_powers.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Saves where full powers are.
pub async fn save(conn: &mut PgConnection, full_powers: &FullPowers) -> Result<(), sqlx::Error> {
    let stage = StageColumns::from(full_powers.stage().clone());
    sqlx::query!(
        "update full_powers
         set original_received_by = $2, original_received_at = $3, stage = $4, verified_by = $5, verified_at = $6,
             confirmed_by = $7, confirmed_at = $8, closed_by = $9, closed_at = $10, reason = $11, updated_at = $12,
             version = $13
         where full_powers_id = $1",
        full_powers.id as _,
        full_powers.original_received.map(|mark| mark.by) as _,
        full_powers.original_received.map(|mark| mark.at),
        stage.stage as _,
        stage.verified.map(|mark| mark.by) as _,
        stage.verified.map(|mark| mark.at),
        stage.confirmed.map(|mark| mark.by) as _,
        stage.confirmed.map(|mark| mark.at),
        stage.closed.map(|mark| mark.by) as _,
        stage.closed.map(|mark| mark.at),
        stage.reason as _,
        full_powers.updated_at,
        full_powers.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An appointment by its identity, where it is in scope.
pub async fn find_appointment(
    conn: &mut PgConnection,
    id: AppointmentId,
) -> Result<Option<Appointment>, sqlx::Error> {
    let wanted = WantedAppointment { id: Some(id), ..WantedAppointment::default() };
    Ok(list_appointments(conn, &wanted, Limit::default()).await?.pop())
}

/// An appointment, its row locked.
pub async fn lock_appointment(
    conn: &mut PgConnection,
    id: AppointmentId,
) -> Result<Option<Appointment>, sqlx::Error> {
    sqlx::query!(
        "select appointment_id from appointment where appointment_id = $1 for update",
        id as _
    )
    .fetch_optional(&mut *conn)
    .await?;
    find_appointment(conn, id).await
}

/// Appointments in the order of making, one more than a page holds.
pub async fn list_appointments(
    conn: &mut PgConnection,
    wanted: &WantedAppointment,
    limit: Limit,
) -> Result<Vec<Appointment>, sqlx::Error> {
    let rows = sqlx::query_as!(
        AppointmentRow,
        r#"select appointment_id as "id: AppointmentId", participant as "participant: ParticipantCode",
                  full_powers_id as "full_powers: FullPowersId", place as "place: PlaceCode", signs_at, signs_offset_minutes,
                  made_by as "made_by: AccountId", made_at, cancelled_by as "cancelled_by: AccountId", cancelled_at,
                  reason as "reason: Reason", updated_at, version as "version: Version"
           from appointment
           where ($1::uuid is null or appointment_id = $1) and ($2::text is null or participant = $2)
             and ($3::uuid is null or full_powers_id = $3) and ($4::text is null or place = $4)
             and ($5::boolean is null or (cancelled_at is not null) = $5) and ($6::uuid is null or appointment_id > $6)
           order by appointment_id limit $7"#,
        wanted.id as _,
        &wanted.participant as _,
        wanted.full_powers as _,
        &wanted.place as _,
        wanted.is_cancelled,
        wanted.after as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Appointment::try_from).collect()
}

/// How many appointments there are, wherever a page of them begins.
pub async fn count_appointments(
    conn: &mut PgConnection,
    wanted: &WantedAppointment,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from appointment
           where ($1::uuid is null or appointment_id = $1) and ($2::text is null or participant = $2)
             and ($3::uuid is null or full_powers_id = $3) and ($4::text is null or place = $4)
             and ($5::boolean is null or (cancelled_at is not null) = $5)"#,
        wanted.id as _,
        &wanted.participant as _,
        wanted.full_powers as _,
        &wanted.place as _,
        wanted.is_cancelled,
    )
    .fetch_one(conn)
    .await
}

/// Adds an appointment. Answers `false` where one stands already for these full powers.
pub async fn insert_appointment(
    conn: &mut PgConnection,
    appointment: &Appointment,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into appointment (appointment_id, participant, full_powers_id, place, signs_at, signs_offset_minutes, made_by, made_at,
             updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (full_powers_id) where cancelled_at is null do nothing",
        appointment.id as _,
        &appointment.participant as _,
        appointment.full_powers as _,
        &appointment.place as _,
        appointment.at.to_utc(),
        appointment.at.offset().local_minus_utc() / 60,
        appointment.made.by as _,
        appointment.made.at,
        appointment.updated_at,
        appointment.version as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Saves that an appointment is cancelled.
pub async fn save_appointment(
    conn: &mut PgConnection,
    appointment: &Appointment,
) -> Result<(), sqlx::Error> {
    let (cancelled, reason) =
        appointment.cancelled.as_ref().map(|(mark, why)| (*mark, why)).unzip();
    sqlx::query!(
        "update appointment set cancelled_by = $2, cancelled_at = $3, reason = $4, updated_at = $5, version = $6
         where appointment_id = $1",
        appointment.id as _,
        cancelled.map(|mark| mark.by) as _,
        cancelled.map(|mark| mark.at),
        reason as _,
        appointment.updated_at,
        appointment.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}
