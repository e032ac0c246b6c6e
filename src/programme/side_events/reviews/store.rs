//! The questions that reviews ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{Review, Scores};
use crate::ids::{AccountId, SideEventId};
use crate::text::{ParticipantCode, Reason};

/// Stores what an officer thinks: in the place of what they thought before, where they did.
pub async fn save(
    conn: &mut PgConnection,
    of: SideEventId,
    sponsor: &ParticipantCode,
    review: &Review,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into side_event_review (side_event_id, participant, reviewed_by, scores, comment, reviewed_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint side_event_review_once
         do update set scores = excluded.scores, comment = excluded.comment, reviewed_at = excluded.reviewed_at",
        of as _,
        sponsor as _,
        review.by as _,
        Json(&review.scores) as _,
        review.comment.as_ref() as _,
        review.at,
    )
    .execute(conn)
    .await
    .map(drop)
}

struct Row {
    by: AccountId,
    scores: Json<Scores>,
    comment: Option<Reason>,
    at: DateTime<Utc>,
}

/// What officers think of an application, in the order in which they said so.
pub async fn list(conn: &mut PgConnection, of: SideEventId) -> Result<Vec<Review>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"select reviewed_by as "by: AccountId", scores as "scores: Json<Scores>", comment as "comment: Reason",
                  reviewed_at as at
           from side_event_review where side_event_id = $1 order by reviewed_at, reviewed_by"#,
        of as _,
    )
    .fetch_all(conn)
    .await?;
    let review =
        |row: Row| Review { by: row.by, scores: row.scores.0, comment: row.comment, at: row.at };
    Ok(rows.into_iter().map(review).collect())
}

/// How many officers have said what they think.
pub async fn count(conn: &mut PgConnection, of: SideEventId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from side_event_review where side_event_id = $1"#,
        of as _,
    )
    .fetch_one(conn)
    .await
}

/// All scores of the applications that are accepted.
pub async fn of_the_accepted(
    conn: &mut PgConnection,
) -> Result<Vec<(SideEventId, Scores)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select r.side_event_id as "id: SideEventId", r.scores as "scores: Json<Scores>"
           from side_event_review r join side_event e using (side_event_id) where e.state = 'accepted'"#,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.scores.0)).collect())
}
