//! Giving devices their tokens, and ending them.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::model::{Device, PREFIX, Profile};
use super::store;
use crate::access::actor::Actor;
use crate::access::policy::{Action, Denied};
use crate::db::{Created, Db, Event, Shut, Written};
use crate::ids::DeviceId;
use crate::page::{IfMatch, Stale, Version};
use crate::secret;
use crate::text::Label;

/// Why a command on devices was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It would end before it begins, or last too long.
    #[error("the end is past, or more than {0} days away")]
    Expiry(u32),
    /// Its token has been ended.
    #[error("the device's token has been ended")]
    Revoked,
    /// Another version was meant.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A device with its token: shown this once.
pub struct Issued {
    /// The device.
    pub device: Device,
    /// `hcd_…`
    pub token: String,
}

/// Gives a device a token that lasts for at most so many days; as many where nobody says.
pub async fn create(
    db: &Db,
    actor: &Actor,
    (name, profile): (&Label, Profile),
    expires_at: Option<DateTime<Utc>>,
    days: u32,
) -> Result<Written<Created<Issued>>, Error> {
    let permit = actor.permit(Action::KeepDevices)?;
    let token = format!("{PREFIX}{}", secret::random_text());

    db.write(permit, async |tx| {
        let now = tx.now;
        let last = now + Duration::days(days.into());
        let expires_at = expires_at.unwrap_or(last);
        if expires_at <= now || expires_at > last {
            return Err(Error::Expiry(days));
        }
        let device = Device {
            id: DeviceId::fresh(),
            name: name.clone(),
            profile,
            made_by: actor.account(),
            made_at: now,
            expires_at,
            revoked_at: None,
            last_used_on: None,
            version: Version(1),
        };
        store::insert(tx, &device, &token).await?;
        let told = json!({ "name": device.name, "profile": device.profile, "expires_at": device.expires_at });
        let event = Event::of("device.made", device.id.uuid()).with(&told);
        Ok((Created(Issued { device, token: token.clone() }), event))
    })
    .await
}

/// Ends a device's token: it was lost, or its task is done. The next request with it is refused.
pub async fn revoke(
    db: &Db,
    actor: &Actor,
    id: DeviceId,
    if_match: &IfMatch,
) -> Result<Written<Device>, Error> {
    let permit = actor.permit(Action::KeepDevices)?;

    db.write(permit, async |tx| {
        let device = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(device.version)?;
        if device.revoked_at.is_some() {
            return Err(Error::Revoked);
        }
        let (now, version) = (tx.now, device.version.next());
        store::revoke(tx, id, actor.account(), now, version).await?;
        let event = Event::of("device.revoked", id.uuid()).with(&json!({ "name": device.name }));
        Ok((Device { revoked_at: Some(now), version, ..device }, event))
    })
    .await
}
