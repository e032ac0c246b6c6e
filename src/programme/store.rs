//! What the programme as a whole asks of the database.

use sqlx::PgConnection;

use crate::page::Version;

/// Holds the programme: whoever writes to it does so alone.
pub async fn hold(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select hold_programme()").execute(conn).await.map(drop)
}

/// The version of the draft, which rises with every change of a room or a session.
pub async fn version(conn: &mut PgConnection) -> Result<Version, sqlx::Error> {
    sqlx::query_scalar!(r#"select version as "version: Version" from programme"#)
        .fetch_one(conn)
        .await
}

/// Whether the ceremony's starting programme was brought in.
pub async fn has_begun(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from room where frame_key is not null)
               or exists (select from session where frame_key is not null) as "has_begun!""#
    )
    .fetch_one(conn)
    .await
}

/// A number of persons or minutes, as the database gives it.
pub fn small(number: i32) -> Result<u16, sqlx::Error> {
    u16::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))
}
