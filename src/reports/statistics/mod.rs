//! Numbers for a dashboard. Each is counted by the query or the function of the report that has its rows, so that there is one
//! answer to one question.

pub mod api;

use std::collections::BTreeMap;

use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::missing_documents::{Gone, Missing, each};
use super::catalogue::signatories::{Asked, Known};
use super::report::Source;
use crate::access::Action;
use crate::treaty::ActionKind;
use crate::treaty::session::sessions;

/// What counts.
pub type Counting<'a> = LocalBoxFuture<'a, Result<Vec<Counted>, sqlx::Error>>;

/// How many there are of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Count)]
pub struct Counted {
    /// Of what: `{"stage": "accepted", "kind": "member_state"}`.
    pub by: BTreeMap<&'static str, String>,
    /// How many.
    pub count: i64,
}

/// A number that can be asked for, by what it is counted.
pub struct Statistic {
    /// As in its address.
    pub name: &'static str,
    /// What somebody must be allowed to do to be told: each of these.
    pub seen_by: &'static [Action<'static>],
    /// Counts.
    pub count: for<'a> fn(&'a mut Source) -> Counting<'a>,
}

/// All of them, in the order of their names.
pub const STATISTICS: &[Statistic] = &[
    Statistic {
        name: "delegations",
        seen_by: &[Action::ListReports, Action::ListDelegations],
        count: |from| Box::pin(delegations(from)),
    },
    Statistic {
        name: "members",
        seen_by: &[Action::ListReports, Action::ListDelegations],
        count: |from| Box::pin(members(from)),
    },
    Statistic {
        name: "missing-documents",
        seen_by: &[
            Action::ListReports,
            Action::ListDelegations,
            Action::ListDocuments,
            Action::ListIdentityPapers,
        ],
        count: |from| Box::pin(missing_documents(from)),
    },
    Statistic {
        name: "side-events",
        seen_by: &[Action::ListReports, Action::ListSideEvents],
        count: |from| Box::pin(side_events(from)),
    },
    Statistic {
        name: "signatures",
        seen_by: &[Action::ListReports, Action::ReadSession],
        count: |from| Box::pin(signatures(from)),
    },
];

impl Counted {
    fn of<const N: usize>(by: [(&'static str, String); N], count: i64) -> Self {
        Self { by: BTreeMap::from(by), count }
    }
}

/// Adds up what is told one by one, in the order of what it is counted by.
fn summed(each: impl IntoIterator<Item = BTreeMap<&'static str, String>>) -> Vec<Counted> {
    let mut sums: BTreeMap<BTreeMap<&'static str, String>, i64> = BTreeMap::new();
    for by in each {
        *sums.entry(by).or_default() += 1;
    }
    sums.into_iter().map(|(by, count)| Counted { by, count }).collect()
}

async fn delegations(from: &mut Source) -> Result<Vec<Counted>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select d.stage, p.kind, count(*) as "count!" from delegation d join participant p using (participant)
           group by d.stage, p.kind order by d.stage, p.kind"#
    )
    .fetch_all(&mut *from.tx)
    .await?;
    let counted = rows
        .into_iter()
        .map(|row| Counted::of([("stage", row.stage), ("kind", row.kind)], row.count));
    Ok(counted.collect())
}

async fn members(from: &mut Source) -> Result<Vec<Counted>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select status, count(*) as "count!" from member group by status order by status"#
    )
    .fetch_all(&mut *from.tx)
    .await?;
    Ok(rows.into_iter().map(|row| Counted::of([("status", row.status)], row.count)).collect())
}

async fn missing_documents(from: &mut Source) -> Result<Vec<Counted>, sqlx::Error> {
    let mut all = Vec::new();
    each(&Missing::default(), from, async |Gone { line, .. }: Gone<'_>| {
        all.push(BTreeMap::from([
            ("item", line.item.as_str().to_owned()),
            ("level", line.level.as_str().to_owned()),
        ]));
        Ok::<_, sqlx::Error>(())
    })
    .await?;
    Ok(summed(all))
}

/// By state, and by when those begin that have a place.
async fn side_events(from: &mut Source) -> Result<Vec<Counted>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select e.state, s.starts_at as "starts_at?", count(*) as "count!"
           from side_event e left join session s on s.session_id = e.session_id and s.cancelled_at is null
           group by e.state, s.starts_at order by e.state, s.starts_at nulls last"#
    )
    .fetch_all(&mut *from.tx)
    .await?;
    let counted = rows.into_iter().map(|row| {
        let mut by = BTreeMap::from([("state", row.state)]);
        by.extend(row.starts_at.map(|at| ("starts_at", at.to_rfc3339())));
        Counted { by, count: row.count }
    });
    Ok(counted.collect())
}

/// Turns by where they are, day by day; and the signatures that stand by the hour, local to the place, in which they were made.
async fn signatures(from: &mut Source) -> Result<Vec<Counted>, sqlx::Error> {
    let mut counted = Vec::new();
    for (session, counts) in sessions(&mut from.tx, &from.ceremony).await? {
        counted.extend(counts.into_iter().map(|(state, count)| {
            let by = [
                ("turns", state.as_str().to_owned()),
                ("day", session.day.to_string()),
                ("place", session.place.as_str().to_owned()),
            ];
            Counted::of(by, i64::try_from(count).unwrap_or(i64::MAX))
        }));
    }
    let Asked { standing, .. } = Known::default().read(from).await?;
    let made = standing.iter().map(|stands| &stands.action);
    let made = made.filter(|action| action.kind == ActionKind::Signature);
    counted.extend(summed(made.map(|action| {
        BTreeMap::from([
            ("hour", action.done_at.format("%Y-%m-%dT%H:00%:z").to_string()),
            ("place", action.place.as_str().to_owned()),
        ])
    })));
    Ok(counted)
}
