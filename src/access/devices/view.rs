//! Devices as they are shown: the token in the one answer that makes it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::Issued;
use super::model::{Device, Profile};
use crate::db::Answer;
use crate::ids::{AccountId, DeviceId};
use crate::text::Label;

/// A device that has a token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub struct DeviceView {
    id: DeviceId,
    name: Label,
    profile: Profile,
    made_by: AccountId,
    made_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    /// The day, by UTC, on which it was last used.
    last_used_on: Option<NaiveDate>,
}

/// A device with its token, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedDevice)]
pub struct IssuedView<'a> {
    #[serde(flatten)]
    device: DeviceView,
    /// The device sends it as `Authorization: Bearer …`. Shown once.
    #[schema(value_type = String)]
    token: &'a str,
}

impl From<&Device> for DeviceView {
    fn from(device: &Device) -> Self {
        Self {
            id: device.id,
            name: device.name.clone(),
            profile: device.profile,
            made_by: device.made_by,
            made_at: device.made_at,
            expires_at: device.expires_at,
            revoked_at: device.revoked_at,
            last_used_on: device.last_used_on,
        }
    }
}

impl Answer for Device {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&DeviceView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/devices/{}", self.id))
    }
}

impl Answer for Issued {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&IssuedView {
            device: DeviceView::from(&self.device),
            token: &self.token,
        })
    }
    fn etag(&self) -> Option<String> {
        self.device.etag()
    }
    fn location(&self) -> Option<String> {
        self.device.location()
    }
}
