//! Reading what is released, as far as somebody sees it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{Item, Sight};
use super::store::{self, Kept};

/// The sessions of the last version that somebody sees at a moment; before the first release there are none.
pub async fn last_seen(
    conn: &mut PgConnection,
    sight: Sight,
    now: DateTime<Utc>,
) -> Result<Vec<Item>, sqlx::Error> {
    let version = store::find(conn, None).await?.map_or(0, |release| release.version);
    seen(conn, version, sight, now).await
}

/// The sessions of a version that somebody sees at a moment, in the order of time. Of no version there are none.
pub async fn seen(
    conn: &mut PgConnection,
    version: i32,
    sight: Sight,
    now: DateTime<Utc>,
) -> Result<Vec<Item>, sqlx::Error> {
    let kept = store::items(conn, version).await?.into_iter();
    let seen = kept.filter(|Kept { item, embargo }| sight.sees(item, *embargo, now));
    Ok(seen.map(|Kept { item: Json(item), .. }| item).collect())
}
