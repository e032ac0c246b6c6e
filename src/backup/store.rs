//! What a backup asks of a database, as its owner: of one snapshot, whoever writes meanwhile.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};

use crate::ids::InstallationId;
use crate::server::Source;

/// What is known of the database as a whole.
pub struct Whole {
    /// Of which installation it is.
    pub installation: InstallationId,
    /// The name of the key in force; none from before keys had names.
    pub key_id: Option<Vec<u8>>,
    /// How large it is.
    pub bytes: i64,
}

/// A connection that nothing hurries.
pub async fn connect(source: &Source) -> Result<PgConnection, sqlx::Error> {
    let patient = [
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
    ];
    let options = source.owner().clone().application_name("hanoi-ceremony backup");
    options.options(patient).connect().await
}

/// The same as the owner, to whom row-level security shows every row.
pub async fn owner(source: &Source) -> Result<PgConnection, sqlx::Error> {
    let mut connection = connect(source).await?;
    connection.execute("set role ceremony_owner").await?;
    Ok(connection)
}

/// Opens a snapshot, which lasts as long as the connection, and says the name by which others see it.
pub async fn open_snapshot(conn: &mut PgConnection) -> Result<String, sqlx::Error> {
    conn.execute("begin isolation level repeatable read read only").await?;
    sqlx::query_scalar!(r#"select pg_export_snapshot() as "name!""#).fetch_one(conn).await
}

/// Lets go of the snapshot: what is asked from now on is how things stand.
pub async fn close_snapshot(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    conn.execute("commit").await.map(drop)
}

/// The server's version: its number, and as people write it.
pub async fn server_version(conn: &mut PgConnection) -> Result<(u32, String), sqlx::Error> {
    let row = sqlx::query!(
        r#"select current_setting('server_version_num')::int / 10000 as "major!", current_setting('server_version') as "version!""#
    );
    let row = row.fetch_one(conn).await?;
    Ok((u32::try_from(row.major).unwrap_or_default(), row.version))
}

/// What is known of the database as a whole.
pub async fn whole(conn: &mut PgConnection) -> Result<Whole, sqlx::Error> {
    sqlx::query_as!(
        Whole,
        r#"select installation_id as "installation: InstallationId", key_id,
                  pg_database_size(current_database()) as "bytes!"
           from installation"#
    )
    .fetch_one(conn)
    .await
}

/// How many rows each table has.
pub async fn rows(conn: &mut PgConnection) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let tables = sqlx::query_scalar!(
        r#"select relname::text as "name!" from pg_class
           where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname"#
    );
    let mut rows = BTreeMap::new();
    for table in tables.fetch_all(&mut *conn).await? {
        let question = format!("select count(*) from \"{}\"", table.replace('"', "\"\""));
        let count = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(&mut *conn).await?;
        rows.insert(table, count);
    }
    Ok(rows)
}

/// Whether there is nothing in a database that a backup would have to make room for.
pub async fn is_empty(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select not exists (select from pg_class where relnamespace = 'public'::regnamespace) as "is_empty!""#
    )
    .fetch_one(conn)
    .await
}
