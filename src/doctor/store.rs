//! What the doctor asks of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Whether a service has ever been started on the database, whose schema is up to date.
pub async fn is_begun(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from installation) as "is_begun!""#)
        .fetch_one(conn)
        .await
}

/// What the database's clock says.
pub async fn clock(conn: &mut PgConnection) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(conn).await
}
