//! Who is asked to organize a side event as well, can still answer, and was not told.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::ids::SideEventId;
use crate::text::ParticipantCode;

/// Whether somebody is asked to organize a side event as well who was not told of it.
pub async fn is_anybody_untold(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from side_event_co_sponsor c join side_event e using (side_event_id)
               where c.answer = 'asked' and c.told_at is null and e.state in ('submitted', 'accepted')
                 and e.session_id is null) as "is_anybody!""#
    )
    .fetch_one(conn)
    .await
}

/// Everybody who is asked and was not told, each taken once however many services tell.
pub async fn take_untold(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(SideEventId, ParticipantCode)>, sqlx::Error> {
    let taken = sqlx::query!(
        r#"with untold as (
               select c.side_event_id, c.co_sponsor from side_event_co_sponsor c join side_event e using (side_event_id)
               where c.answer = 'asked' and c.told_at is null and e.state in ('submitted', 'accepted')
                 and e.session_id is null
               order by c.side_event_id, c.co_sponsor for update of c skip locked)
           update side_event_co_sponsor c set told_at = $1 from untold u
           where c.side_event_id = u.side_event_id and c.co_sponsor = u.co_sponsor
           returning c.side_event_id as "id: SideEventId", c.co_sponsor as "code: ParticipantCode""#,
        now,
    )
    .fetch_all(conn)
    .await?;
    Ok(taken.into_iter().map(|row| (row.id, row.code)).collect())
}
