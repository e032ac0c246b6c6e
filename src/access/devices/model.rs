//! Devices: what one is, and which routes its profile opens.

use chrono::{DateTime, NaiveDate, Utc};

use crate::access::reach::Reach;
use crate::ids::{AccountId, DeviceId};
use crate::page::Version;
use crate::text::{Label, choices};

/// How the token of a device begins.
pub const PREFIX: &str = "hcd_";

choices! {
    /// What a device is for. The profile decides which routes its token opens, and no role ever adds to it.
    Profile {
        /// Reads badges at a gate.
        Gate = "gate",
    }
}

impl Profile {
    /// Whether a token of this profile opens a route.
    #[must_use]
    pub fn opens(self, reach: Option<Reach>) -> bool {
        match self {
            Self::Gate => matches!(reach, Some(Reach::AnyToken | Reach::Gate)),
        }
    }
}

/// A device that somebody answers for.
#[derive(Debug, Clone)]
pub struct Device {
    /// Identity.
    pub id: DeviceId,
    /// Which one it is: `Scanner 3, Gate A`.
    pub name: Label,
    /// What it is for.
    pub profile: Profile,
    /// Who made its token.
    pub made_by: AccountId,
    /// When.
    pub made_at: DateTime<Utc>,
    /// When the token ends by itself.
    pub expires_at: DateTime<Utc>,
    /// When somebody ended it.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The day, by UTC, on which it was last used.
    pub last_used_on: Option<NaiveDate>,
    /// Counts its changes.
    pub version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::reach::KeyScope;

    #[test]
    fn a_gates_device_opens_the_gates_routes_alone() {
        let gate = |method, pattern| Profile::Gate.opens(Reach::of(method, pattern));
        assert!(gate("get", "/api/v1/auth/me") && gate("post", "/api/v1/gate/scans"));
        for pattern in
            ["/api/v1/members", "/api/v1/auth/sessions", "/api/v1/unthought-of", "/health/live"]
        {
            assert!(!gate("get", pattern), "{pattern}");
        }
        let scopes = KeyScope::ALL.iter();
        assert!(
            scopes.map(|scope| Reach::Key(*scope)).all(|reach| !Profile::Gate.opens(Some(reach)))
        );
    }
}
