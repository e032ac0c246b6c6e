//! What the board asks of the database.

use sqlx::PgConnection;

/// The channel on which the database tells that the board has moved.
pub const CHANNEL: &str = "board";

/// The position of the board.
pub async fn position(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!("select position from board").fetch_one(conn).await
}
