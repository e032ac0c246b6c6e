//! The questions that an exchange of the key asks of the database. Which tables and columns they are about, the list of
//! what is wrapped says, so their text is put together; nothing of it comes from outside.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::vault::{KeyId, Wrapped};

/// A value under another key, its row locked.
#[derive(sqlx::FromRow)]
pub struct Found {
    /// Where the database keeps it just now.
    pub place: String,
    /// Which row it is.
    pub row: String,
    /// The value.
    pub sealed: Vec<u8>,
}

/// Waits for all who have sealed something in a transaction that goes on, and holds off others until this one ends.
pub async fn hold_keys(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(2025102502)").execute(conn).await.map(drop)
}

/// Says which key is in force from now on.
pub async fn put_in_force(
    conn: &mut PgConnection,
    key: KeyId,
    proof: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update installation set key_id = $1, key_proof = $2", key.as_slice(), proof)
        .execute(conn)
        .await
        .map(drop)
}

/// How many values are sealed under a key, and how many under others.
pub async fn count(
    conn: &mut PgConnection,
    of: Wrapped,
    key: KeyId,
) -> Result<(i64, i64), sqlx::Error> {
    let (table, column) = of.column();
    let question = format!(
        "select count(*) filter (where substring({column} for 8) = $1),
                count(*) filter (where substring({column} for 8) <> $1)
         from {table} where octet_length({column}) > 0"
    );
    sqlx::query_as(AssertSqlSafe(question)).bind(key.as_slice()).fetch_one(conn).await
}

/// The places of all values that are sealed under another key.
pub async fn under_another(
    conn: &mut PgConnection,
    of: Wrapped,
    key: KeyId,
) -> Result<Vec<String>, sqlx::Error> {
    let (table, column) = of.column();
    let question = format!(
        "select ctid::text from {table} where octet_length({column}) > 0 and substring({column} for 8) <> $1"
    );
    sqlx::query_scalar(AssertSqlSafe(question)).bind(key.as_slice()).fetch_all(conn).await
}

/// Those of these values that still are, but for rows that somebody else is at work on.
pub async fn lock_under_another(
    conn: &mut PgConnection,
    of: Wrapped,
    key: KeyId,
    places: &[String],
) -> Result<Vec<Found>, sqlx::Error> {
    let (table, column) = of.column();
    let question = format!(
        "select ctid::text as place, {} as row, {column} as sealed from {table}
         where ctid = any ($2::tid[]) and octet_length({column}) > 0 and substring({column} for 8) <> $1
         for update skip locked",
        of.row()
    );
    let found = sqlx::query_as(AssertSqlSafe(question)).bind(key.as_slice()).bind(places);
    found.fetch_all(conn).await
}

/// Stores the values sealed anew. Nothing else of the rows changes, not their versions either.
pub async fn save(
    conn: &mut PgConnection,
    of: Wrapped,
    places: &[String],
    boxes: &[Vec<u8>],
) -> Result<(), sqlx::Error> {
    let (table, column) = of.column();
    let statement = format!(
        "update {table} set {column} = anew.sealed
         from unnest($1::tid[], $2::bytea[]) as anew (place, sealed) where {table}.ctid = anew.place"
    );
    sqlx::query(AssertSqlSafe(statement)).bind(places).bind(boxes).execute(conn).await.map(drop)
}
