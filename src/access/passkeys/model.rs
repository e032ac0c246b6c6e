//! What a passkey is, and for which name it signs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use passki::{Passki, StoredPasskey};

use crate::config::{BaseUrl, Server};
use crate::ids::{AccountId, ChallengeId, PasskeyId};
use crate::text::Label;

/// How long a challenge may be answered: people look for their telephones.
pub const CHALLENGE_MINUTES: i32 = 5;

/// How many passkeys somebody can have.
pub const LIMIT: i64 = 20;

/// The service, as a device knows it: the name in the address that people see. A passkey made for one name signs for no
/// other, so that there is nothing to be had by imitating the page.
pub struct RelyingParty(Passki);

impl RelyingParty {
    /// The name of the configured address; of a service without one, `localhost`. None where the address is one of
    /// numbers, for which no device makes a passkey.
    #[must_use]
    pub fn of(server: &Server) -> Option<Self> {
        let here = format!("http://localhost:{}", server.listen.port());
        let address = server.base_url.as_ref().map_or(here.as_str(), BaseUrl::as_str);
        let (scheme, rest) = address.split_once("://")?;
        let authority = rest.split('/').next()?;
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => authority,
        };
        let is_of_numbers = name.starts_with('[') || name.parse::<std::net::Ipv4Addr>().is_ok();
        let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
        let name = name.to_ascii_lowercase();
        (!is_of_numbers && !name.is_empty())
            .then(|| Self(Passki::new(&name, &[origin], "hanoi-ceremony")))
    }

    /// The ceremonies of `WebAuthn`.
    #[must_use]
    pub fn ceremonies(&self) -> &Passki {
        &self.0
    }
}

impl std::fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RelyingParty({})", self.0.rp_id)
    }
}

/// An answer to a challenge, as a browser gives it.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// For which name it is to be.
    pub party: Arc<RelyingParty>,
    /// Which challenge.
    pub challenge: ChallengeId,
    /// `PublicKeyCredential.toJSON()`.
    pub credential: serde_json::Value,
}

/// Somebody's passkey.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// Identity.
    pub id: PasskeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What its owner calls it.
    pub name: Label,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last let somebody in.
    pub last_used_at: Option<DateTime<Utc>>,
    /// What the device calls it.
    pub credential_id: Vec<u8>,
    /// The public half of its key.
    pub public_key: Vec<u8>,
    /// Of which kind the key is (COSE).
    pub algorithm: i32,
    /// How often it was used, as the device counts.
    pub sign_count: i64,
}

impl Passkey {
    /// As the library wants it.
    #[must_use]
    pub fn stored(&self) -> StoredPasskey {
        let mut stored = StoredPasskey::default();
        stored.credential_id.clone_from(&self.credential_id);
        stored.public_key.clone_from(&self.public_key);
        stored.algorithm = self.algorithm;
        stored.counter = u32::try_from(self.sign_count).unwrap_or(u32::MAX);
        stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_passkey_is_for_the_name_that_people_see() {
        for (address, expected) in [
            ("https://ceremony.example", Some(("ceremony.example", "https://ceremony.example"))),
            (
                "https://Ceremony.example/at/home",
                Some(("ceremony.example", "https://ceremony.example")),
            ),
            (
                "https://ceremony.example:8443",
                Some(("ceremony.example", "https://ceremony.example:8443")),
            ),
            ("", Some(("localhost", "http://localhost:8080"))),
            ("https://127.0.0.1", None),
            ("https://127.0.0.1:8443", None),
            ("https://[2001:db8::1]:8443", None),
        ] {
            let config = Config::from_toml(&format!("[server]\nbase_url = \"{address}\"")).unwrap();
            let party = RelyingParty::of(&config.server);
            let party = party.as_ref().map(RelyingParty::ceremonies);
            let found = party.map(|it| (it.rp_id.as_str(), it.rp_origins[0].as_str()));
            assert_eq!(found, expected, "{address}");
        }
    }
}
