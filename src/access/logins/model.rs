//! What a login is, and how long it lasts.

use chrono::{DateTime, Utc};

use crate::config::Access;
use crate::ids::TokenId;

/// How long a login lasts, in seconds, as the database adds them.
#[derive(Debug, Clone, Copy)]
pub struct Lasting {
    /// However much it is used.
    pub at_most_seconds: f64,
    /// Without being used.
    pub idle_seconds: f64,
    /// With the right to do what is grave, since a factor was shown.
    pub fresh_seconds: f64,
    /// Whether those who have an office need a second factor for anything but to get one.
    pub offices_need_a_second_factor: bool,
}

impl From<&Access> for Lasting {
    fn from(config: &Access) -> Self {
        Self {
            at_most_seconds: f64::from(config.login_hours.get()) * 3600.0,
            idle_seconds: f64::from(config.login_idle_minutes.get()) * 60.0,
            fresh_seconds: f64::from(config.step_up_minutes.get()) * 60.0,
            offices_need_a_second_factor: config.officers_need_second_factor,
        }
    }
}

/// A login that stands.
#[derive(Debug, Clone)]
pub struct OpenLogin {
    /// Identity.
    pub id: TokenId,
    /// When they logged in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    pub expires_at: DateTime<Utc>,
    /// When it ends if it is not used again.
    pub idle_until_at: DateTime<Utc>,
}
