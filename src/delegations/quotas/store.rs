//! The questions that quotas ask of the database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Category, Places, Seat};
use crate::delegations::members::{Function, Rank};
use crate::ids::{AccountId, QuotaOverrideId};
use crate::page::Limit;
use crate::participants::ParticipantKind;
use crate::text::{ParticipantCode, Reason};

/// An exception that an officer made for one delegation.
#[derive(Debug, Clone)]
pub struct Override {
    /// Identity.
    pub id: QuotaOverrideId,
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// Of which category.
    pub category: Category,
    /// How many there may be.
    pub limit: i32,
    /// Why.
    pub reason: Reason,
    /// Who made it.
    pub account: AccountId,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// Which places of these delegations are taken, with three statements however many they are.
pub async fn places(
    conn: &mut PgConnection,
    codes: &[ParticipantCode],
) -> Result<Places, sqlx::Error> {
    let kinds = sqlx::query!(
        r#"select participant as "code: ParticipantCode", kind as "kind: ParticipantKind" from participant
           where participant = any($1)"#,
        codes as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    let taken = sqlx::query!(
        r#"select participant as "code: ParticipantCode", function as "function: Function", rank as "rank: Rank",
                  count(*) as "count!"
           from member where participant = any($1) and stands and status <> 'draft'
           group by participant, function, rank"#,
        codes as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    let overrides = overrides(conn, codes).await?;
    Ok(Places {
        kinds: kinds.into_iter().map(|row| (row.code, row.kind)).collect(),
        taken: taken
            .into_iter()
            .map(|row| ((row.code, Seat(row.function, row.rank)), row.count))
            .collect(),
        overrides,
    })
}

/// The exceptions that stand: of each category the latest.
async fn overrides(
    conn: &mut PgConnection,
    codes: &[ParticipantCode],
) -> Result<BTreeMap<(ParticipantCode, Category), i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select distinct on (participant, category) participant as "code: ParticipantCode",
                  category as "category: Category", max_members
           from quota_override where participant = any($1)
           order by participant, category, made_at desc, quota_override_id desc"#,
        codes as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.code, row.category), row.max_members.into())).collect())
}

/// Adds an exception.
pub async fn insert(conn: &mut PgConnection, new: &Override) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into quota_override (quota_override_id, participant, category, max_members, reason, account_id, made_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id as _,
        &new.participant as _,
        &new.category as _,
        new.limit,
        &new.reason as _,
        new.account as _,
        new.made_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The exceptions made for a delegation, the latest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<Override>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as!(
        Override,
        r#"select quota_override_id as "id: QuotaOverrideId", participant as "participant: ParticipantCode",
                  category as "category: Category", max_members as "limit", reason as "reason: Reason",
                  account_id as "account: AccountId", made_at
           from quota_override
           where participant = $1 and ($2::timestamptz is null or (made_at, quota_override_id) < ($2, $3))
           order by made_at desc, quota_override_id desc limit $4"#,
        code as _,
        at,
        id,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}
