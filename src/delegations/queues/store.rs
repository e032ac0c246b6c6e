//! The questions that queues ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Queue, Waiting};
use crate::delegations::members::StatusName;
use crate::ids::AccountId;

/// How much waits in a queue.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// Which queue.
    pub queue: Queue,
    /// How many wait.
    pub waiting: i64,
    /// How many of them nobody has taken.
    pub unassigned: i64,
    /// How many of them whoever asks has taken.
    pub mine: i64,
    /// Since when the oldest waits.
    pub oldest_since: Option<DateTime<Utc>>,
}

/// How much waits in each of these queues, in their order.
pub async fn depths(
    conn: &mut PgConnection,
    queues: &[Queue],
    account: AccountId,
) -> Result<Vec<Depth>, sqlx::Error> {
    let statuses = queues.iter().filter_map(|queue| match queue.waiting() {
        Waiting::Members(status) => Some(status),
        Waiting::Delegations | Waiting::Changes => None,
    });
    let statuses: Vec<StatusName> = statuses.collect();
    let members = sqlx::query!(
        r#"select status as "status: StatusName", count(*) as "waiting!",
                  count(*) filter (where assigned_to is null) as "unassigned!",
                  count(*) filter (where assigned_to = $2) as "mine!", min(status_changed_at) as oldest_since
           from member where status = any($1) group by status"#,
        &statuses as _,
        account as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut depths = Vec::new();
    for queue in queues.iter().copied() {
        let empty = Depth { queue, waiting: 0, unassigned: 0, mine: 0, oldest_since: None };
        depths.push(match queue.waiting() {
            Waiting::Delegations => of_delegations(conn, account).await?,
            Waiting::Changes => of_changes(conn, account).await?,
            Waiting::Members(status) => {
                let row = members.iter().find(|row| row.status == status);
                row.map_or(empty, |row| Depth {
                    queue,
                    waiting: row.waiting,
                    unassigned: row.unassigned,
                    mine: row.mine,
                    oldest_since: row.oldest_since,
                })
            }
        });
    }
    Ok(depths)
}

async fn of_delegations(conn: &mut PgConnection, account: AccountId) -> Result<Depth, sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) as "waiting!", count(*) filter (where assigned_to is null) as "unassigned!",
                  count(*) filter (where assigned_to = $1) as "mine!", min(stage_changed_at) as oldest_since
           from delegation where stage = 'submitted'"#,
        account as _,
    )
    .fetch_one(conn)
    .await?;
    Ok(Depth {
        queue: Queue::Delegations,
        waiting: row.waiting,
        unassigned: row.unassigned,
        mine: row.mine,
        oldest_since: row.oldest_since,
    })
}

async fn of_changes(conn: &mut PgConnection, account: AccountId) -> Result<Depth, sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) as "waiting!", count(*) filter (where assigned_to is null) as "unassigned!",
                  count(*) filter (where assigned_to = $1) as "mine!", min(requested_at) as oldest_since
           from change_request where state = 'open'"#,
        account as _,
    )
    .fetch_one(conn)
    .await?;
    Ok(Depth {
        queue: Queue::Changes,
        waiting: row.waiting,
        unassigned: row.unassigned,
        mine: row.mine,
        oldest_since: row.oldest_since,
    })
}
