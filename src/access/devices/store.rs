//! The questions that devices ask of the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::{Device, Profile};
use crate::db::{Db, Scope};
use crate::ids::{AccountId, DeviceId};
use crate::page::{Limit, Version};
use crate::secret;
use crate::text::Label;

/// Devices; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Device,
            r#"select device_id as "id: DeviceId", name as "name: Label", profile as "profile: Profile",
                      made_by as "made_by: AccountId", made_at, expires_at, revoked_at, last_used_on,
                      version as "version: Version"
               from device "# + $tail,
            $($value),*
        )
    };
}

/// The device that comes with this token, if it stands.
pub async fn recognize(db: &Db, token: &str) -> Result<Option<Device>, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let (now, hash) = (db.clock.now(), secret::sha256(token));
    let found = select!("where hash = $1 and revoked_at is null and expires_at > $2"; &hash, now);
    let found = found.fetch_optional(&mut *tx).await?;
    drop(tx);
    if let Some(device) = &found
        && device.last_used_on != Some(now.date_naive())
    {
        note_use(db, device.id, now.date_naive()).await;
    }
    Ok(found)
}

/// Notes the day of a use. That it could not be noted is no reason to turn anybody away.
async fn note_use(db: &Db, id: DeviceId, on: NaiveDate) {
    let noted = db.note(async |conn| {
        sqlx::query!("update device set last_used_on = $2 where device_id = $1", id as _, on)
            .execute(conn)
            .await
    });
    if let Err(error) = noted.await {
        tracing::debug!(code = crate::db::sqlstate(&error), "could not note a use");
    }
}

/// Adds a device. Only the hash of its token is stored.
pub async fn insert(conn: &mut PgConnection, new: &Device, token: &str) -> Result<(), sqlx::Error> {
    let hash = secret::sha256(token);
    sqlx::query!(
        "insert into device (device_id, name, profile, hash, made_by, made_at, expires_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id as _,
        &new.name as _,
        new.profile as _,
        &hash,
        new.made_by as _,
        new.made_at,
        new.expires_at,
        new.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Devices, the oldest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<DeviceId>,
    limit: Limit,
) -> Result<Vec<Device>, sqlx::Error> {
    select!(
        "where $1::uuid is null or device_id > $1 order by device_id limit $2";
        after as _,
        limit.fetch()
    )
    .fetch_all(conn)
    .await
}

/// A device.
pub async fn find(conn: &mut PgConnection, id: DeviceId) -> Result<Option<Device>, sqlx::Error> {
    select!("where device_id = $1"; id as _).fetch_optional(conn).await
}

/// A device, its row locked.
pub async fn lock(conn: &mut PgConnection, id: DeviceId) -> Result<Option<Device>, sqlx::Error> {
    select!("where device_id = $1 for update"; id as _).fetch_optional(conn).await
}

/// Ends a device's token.
pub async fn revoke(
    conn: &mut PgConnection,
    id: DeviceId,
    by: AccountId,
    at: DateTime<Utc>,
    version: Version,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update device set revoked_by = $2, revoked_at = $3, version = $4 where device_id = $1",
        id as _,
        by as _,
        at,
        version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}
