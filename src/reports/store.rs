//! What the database is asked for exports themselves: time, and what the audit trail knows of them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::{AccountId, EventId};

/// An export that was finished.
pub struct Manifest {
    pub about: serde_json::Value,
    pub exported_at: DateTime<Utc>,
    pub account: Option<AccountId>,
}

/// An export by its identity.
pub async fn find(conn: &mut PgConnection, id: EventId) -> Result<Option<Manifest>, sqlx::Error> {
    sqlx::query_as!(
        Manifest,
        r#"select after as "about!", happened_at as exported_at, account_id as "account: AccountId"
           from event where subject = $1 and kind = 'report.exported'"#,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Lets the statements of this transaction take longer than those of a request may: they last as long as their reader reads.
pub async fn take_time(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('statement_timeout', '1h', true)")
        .fetch_one(conn)
        .await
        .map(drop)
}
