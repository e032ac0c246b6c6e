//! What the database's server says of itself and of its standbys.

use sqlx::PgConnection;

/// The settings of the server without which it may lose what it acknowledged, as far as they are off.
pub async fn settings_off(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select name as "name!" from pg_settings
           where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting in ('off', 'local') order by name"#
    )
    .fetch_all(conn)
    .await
}

/// Whether a standby of this name follows synchronously.
pub async fn is_followed_by(conn: &mut PgConnection, standby: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from pg_stat_replication
           where application_name = $1 and state = 'streaming' and sync_state in ('sync', 'quorum')) as "is_there!""#,
        standby,
    )
    .fetch_one(conn)
    .await
}

/// How far the server has written what is durable.
pub async fn flushed(conn: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(r#"select pg_current_wal_flush_lsn()::text as "reached!""#)
        .fetch_one(conn)
        .await
}

/// Whether the standby has written as far as that, durably.
pub async fn has_confirmed(
    conn: &mut PgConnection,
    standby: &str,
    reached: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from pg_stat_replication
           where application_name = $1 and flush_lsn >= $2::text::pg_lsn) as "is_there!""#,
        standby,
        reached,
    )
    .fetch_one(conn)
    .await
}
