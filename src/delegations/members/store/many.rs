//! Many members with one statement each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Row, select};
use crate::delegations::members::model::{Identity, Member};
use crate::delegations::members::person::{Function, Nationality, Rank};
use crate::delegations::members::sealed::{self, Boxes};
use crate::delegations::members::status::StatusName;
use crate::ids::{AccountId, MemberId};
use crate::page::Version;
use crate::text::{Email, Label, Language, ParticipantCode, PersonName, Reason};
use crate::vault::Vault;

/// Those of these members that there are, their rows locked in the order of their identities.
pub async fn lock_many(
    conn: &mut PgConnection,
    ids: &[MemberId],
) -> Result<BTreeMap<MemberId, Member>, sqlx::Error> {
    let rows = select!("where member_id = any($1) order by member_id for update"; ids as _);
    let rows = rows.fetch_all(conn).await?;
    rows.into_iter().map(|row| Member::try_from(row).map(|member| (member.id, member))).collect()
}

/// The member who has stood longest in this status and whom nobody has taken, the row locked. Who is being taken
/// by another at this moment is passed over.
pub async fn next(
    conn: &mut PgConnection,
    status: StatusName,
) -> Result<Option<Member>, sqlx::Error> {
    let row = select!(
        "where status = $1 and assigned_to is null
         order by status_changed_at, member_id limit 1 for update skip locked";
        status as _
    );
    row.fetch_optional(conn).await?.map(Member::try_from).transpose()
}

/// What is sealed of these members, opened.
pub async fn open_many(
    conn: &mut PgConnection,
    vault: &Vault,
    ids: &[MemberId],
) -> Result<BTreeMap<MemberId, Identity>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select member_id as "id: MemberId", sealed_key, date_of_birth, passport_number, passport_expires_on,
                  other_passports
           from member where member_id = any($1)"#,
        ids as _,
    )
    .fetch_all(conn)
    .await?;
    let opened = rows.into_iter().map(|row| {
        let boxes = Boxes {
            date_of_birth: row.date_of_birth,
            passport_number: row.passport_number,
            passport_expires_on: row.passport_expires_on,
            other_passports: row.other_passports,
        };
        sealed::open(vault, row.id, &row.sealed_key, &boxes).map(|identity| (row.id, identity))
    });
    opened.collect()
}

/// How many members of an exempt rank stand in these delegations.
pub async fn with_exempt_rank(
    conn: &mut PgConnection,
    participants: &[ParticipantCode],
) -> Result<BTreeMap<ParticipantCode, i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "participant: ParticipantCode", count(*) as "count!" from member
           where participant = any($1) and rank = any($2) and stands group by participant"#,
        participants as _,
        Rank::EXEMPT as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.participant, row.count)).collect())
}

/// Stores where these members stand since now.
pub async fn save_many(
    conn: &mut PgConnection,
    members: &[&Member],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update member set status = changed.status, status_changed_at = $1, status_reason = changed.reason,
             updated_at = $1, version = changed.version, assigned_to = null
         from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[]) as changed (member_id, status, reason, version)
         where member.member_id = changed.member_id",
        now,
        members.iter().map(|member| member.id).collect::<Vec<_>>() as _,
        members.iter().map(|member| member.status.name()).collect::<Vec<_>>() as _,
        members.iter().map(|member| member.status.reason().cloned()).collect::<Vec<_>>() as _,
        members.iter().map(|member| member.version).collect::<Vec<_>>() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}
