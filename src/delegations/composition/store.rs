//! What the versions say of a moment. The database writes them itself; nobody else can.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::delegations::StageName;
use crate::delegations::members::{
    Function, Member, Nationality, Person, Rank, Status, StatusName,
};
use crate::ids::MemberId;
use crate::page::Version;
use crate::text::{Label, Language, ParticipantCode, PersonName, Reason};

/// A delegation as it was at a moment.
#[derive(Debug)]
pub struct Composition {
    /// Whose.
    pub participant: ParticipantCode,
    /// When.
    pub as_of: DateTime<Utc>,
    /// Where it stood.
    pub stage: StageName,
    /// Since when.
    pub stage_changed_at: DateTime<Utc>,
    /// Why, where that was not what the mission wanted.
    pub reason: Option<Reason>,
    /// Its members: by function, rank and name. Their addresses are not kept.
    pub members: Vec<Member>,
}

/// The delegation of a participant at a moment, with its members in these statuses; none where there was none yet.
pub async fn composed(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    as_of: DateTime<Utc>,
    statuses: &[StatusName],
) -> Result<Option<Composition>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select stage as "stage: StageName", stage_changed_at, stage_reason as "reason: Reason"
           from delegation_version
           where participant = $1 and began_at <= $2 and (ended_at is null or ended_at > $2)"#,
        code as _,
        as_of,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let members = members(conn, code, as_of, statuses).await?;
    Ok(Some(Composition {
        participant: code.clone(),
        as_of,
        stage: found.stage,
        stage_changed_at: found.stage_changed_at,
        reason: found.reason,
        members,
    }))
}

async fn members(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    as_of: DateTime<Utc>,
    statuses: &[StatusName],
) -> Result<Vec<Member>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select member_id as "id: MemberId", family_name as "family_name: PersonName",
                  given_names as "given_names: PersonName", badge_name as "badge_name: PersonName",
                  native_name as "native_name: PersonName", form_of_address as "form_of_address: Label",
                  function as "function: Function", rank as "rank: Rank", functional_title as "functional_title: Label",
                  affiliation as "affiliation: Label", nationality as "nationality: Nationality",
                  language as "language: Language", status as "status: StatusName", status_changed_at,
                  status_reason as "status_reason: Reason", created_at, updated_at, version as "version: Version"
           from member_version
           where participant = $1 and began_at <= $2 and (ended_at is null or ended_at > $2) and status = any($3)
           order by array_position($4::text[], function), array_position($5::text[], rank), sort_name, member_id"#,
        code as _,
        as_of,
        statuses as _,
        Function::ALL as _,
        Rank::ALL as _,
    )
    .fetch_all(conn)
    .await?;
    let members = rows.into_iter().map(|row| {
        let status = Status::of(row.status, row.status_reason);
        Ok(Member {
            id: row.id,
            participant: code.clone(),
            person: Person {
                family_name: row.family_name,
                given_names: row.given_names,
                badge_name: row.badge_name,
                native_name: row.native_name,
                form_of_address: row.form_of_address,
                function: row.function,
                rank: row.rank,
                functional_title: row.functional_title,
                affiliation: row.affiliation,
                nationality: row.nationality,
                email: None,
                language: row.language,
            },
            status: status
                .ok_or_else(|| sqlx::Error::Decode("a status and its reason disagree".into()))?,
            since: row.status_changed_at,
            assigned_to: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    });
    members.collect()
}
