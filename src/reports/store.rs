//! What the audit trail knows of an export.

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
