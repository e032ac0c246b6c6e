//! Lists of members: filters, orders, counts.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Row, select};
use crate::delegations::members::model::Member;
use crate::delegations::members::person::{Function, Nationality, Rank};
use crate::delegations::members::status::StatusName;
use crate::delegations::queues::Holder;
use crate::ids::{AccountId, MemberId};
use crate::page::{AnyOf, Cursor, Limit, Search, Version};
use crate::text::{Email, Label, Language, ParticipantCode, PersonName, Reason, choices};

choices! {
    /// The orders of the list of members.
    MemberSort {
        /// Family name, then given names.
        Name = "name",
        /// The latest change first.
        Updated = "-updated_at",
        /// What has stood longest where it stands first: the order of a queue.
        Since = "status_since",
    }
}

/// Up to how many entries of `member_word` a search finds few; one member has several.
const FEW: i64 = 1000;

/// Which members are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of one of these participants.
    pub participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these statuses.
    pub status: Option<AnyOf<StatusName>>,
    /// With one of these functions.
    pub function: Option<AnyOf<Function>>,
    /// Of one of these ranks.
    pub rank: Option<AnyOf<Rank>>,
    /// With such a name.
    pub q: Option<Search>,
    /// Changed after this.
    pub updated_after: Option<DateTime<Utc>>,
    /// Who works on them.
    pub assigned_to: Option<Holder>,
    /// Those among whom all are that have such a name, where they are few: what `few` found.
    pub few: Option<Vec<MemberId>>,
}

/// Whom a search could mean, where they are few. Where they are many there is no need to know them: whoever reads
/// everybody in the order of a list has a page of them soon.
pub async fn few(
    conn: &mut PgConnection,
    search: &Search,
) -> Result<Option<Vec<MemberId>>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        r#"select member_id as "id: MemberId" from member_word where words ^@ $1 order by words, member_id limit $2"#,
        search.start(),
        FEW + 1,
    )
    .fetch_all(conn)
    .await?;
    let are_few = i64::try_from(ids.len()).is_ok_and(|found| found <= FEW);
    Ok(are_few.then_some(ids))
}

/// Members that a list wants, in an order; `$10` and what follows is the order's own. Of `like` the planner expects that
/// next to nobody is found, and reads everybody; of a `case` it knows nothing, and goes by the order.
macro_rules! wanted {
    ($wanted:expr; $($order:literal)+; $($value:expr),*) => {
        select!(
            "where ($1::text[] is null or participant = any($1))
               and ($2::text[] is null or status = any($2))
               and ($3::text[] is null or function = any($3))
               and ($4::text[] is null or rank = any($4))
               and ($5::text is null or case when search_text like $5 then true end)
               and ($6::timestamptz is null or updated_at > $6)
               and ($7::boolean is not true or assigned_to is null)
               and ($8::uuid is null or assigned_to = $8)
               and ($9::uuid[] is null or member_id = any($9)) "
            $($order)+;
            any($wanted.participant.as_ref()) as _,
            any($wanted.status.as_ref()) as _,
            any($wanted.function.as_ref()) as _,
            any($wanted.rank.as_ref()) as _,
            $wanted.q.as_ref().map(|q| q.pattern.as_str()),
            $wanted.updated_after,
            $wanted.assigned_to == Some(Holder::Nobody),
            $wanted.assigned_to.and_then(Holder::account) as _,
            $wanted.few.as_deref() as _,
            $($value),*
        )
    };
}

fn any<T>(values: Option<&AnyOf<T>>) -> Option<&[T]> {
    values.map(|values| values.0.as_slice())
}

/// Members in an order, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    sort: MemberSort,
    after: Option<&Cursor>,
    limit: Limit,
) -> Result<Vec<Member>, crate::delegations::Error> {
    let rows = match sort {
        MemberSort::Name => {
            let name = after.and_then(|cursor| cursor.key(0));
            let id = after.and_then(|cursor| cursor.key(1)).and_then(|id| MemberId::parse(id).ok());
            wanted!(
                wanted;
                "and ($10::text is null or (sort_name, member_id) > ($10, $11::uuid))
                 order by sort_name, member_id limit $12";
                name,
                id as _,
                limit.fetch()
            )
            .fetch_all(conn)
            .await?
        }
        MemberSort::Updated => {
            let (at, id) = after.map(Cursor::moment_and_id).transpose()?.unzip();
            wanted!(
                wanted;
                "and ($10::timestamptz is null or (updated_at, member_id) < ($10, $11::uuid))
                 order by updated_at desc, member_id desc limit $12";
                at,
                id,
                limit.fetch()
            )
            .fetch_all(conn)
            .await?
        }
        MemberSort::Since => {
            let (at, id) = after.map(Cursor::moment_and_id).transpose()?.unzip();
            // Said once more as a single value: only then the index on status and time gives the order.
            let only = match any(wanted.status.as_ref()) {
                Some([only]) => Some(*only),
                _ => None,
            };
            wanted!(
                wanted;
                "and ($10::timestamptz is null or (status_changed_at, member_id) > ($10, $11::uuid))
                 and ($13::text is null or status = $13)
                 order by status_changed_at, member_id limit $12";
                at,
                id,
                limit.fetch(),
                only as _
            )
            .fetch_all(conn)
            .await?
        }
    };
    Ok(rows.into_iter().map(Member::try_from).collect::<Result<_, _>>()?)
}

/// How many members are wanted.
pub async fn count(conn: &mut PgConnection, wanted: &Wanted) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from member
           where ($1::text[] is null or participant = any($1))
             and ($2::text[] is null or status = any($2))
             and ($3::text[] is null or function = any($3))
             and ($4::text[] is null or rank = any($4))
             and ($5::text is null or search_text like $5)
             and ($6::timestamptz is null or updated_at > $6)
             and ($7::boolean is not true or assigned_to is null)
             and ($8::uuid is null or assigned_to = $8)
             and ($9::uuid[] is null or member_id = any($9))"#,
        any(wanted.participant.as_ref()) as _,
        any(wanted.status.as_ref()) as _,
        any(wanted.function.as_ref()) as _,
        any(wanted.rank.as_ref()) as _,
        wanted.q.as_ref().map(|q| q.pattern.as_str()),
        wanted.updated_after,
        wanted.assigned_to == Some(Holder::Nobody),
        wanted.assigned_to.and_then(Holder::account) as _,
        wanted.few.as_deref() as _,
    )
    .fetch_one(conn)
    .await
}
