//! Who or what comes with a token, and whether a token of this kind opens the route at all.

use super::actor::Known;
use super::devices::{self, Device};
use super::keys;
use super::logins::{self, Lasting};
use super::reach::{KeyScope, Reach};
use crate::db::Db;

/// Somebody or something whose token stands.
#[derive(Debug, Clone)]
pub enum Bearer {
    /// A person, or a system with a person's key.
    Person(Known),
    /// A device, which is nobody.
    Device(Device),
}

/// Why a token that stands does not open a route, whatever its owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReached {
    /// The key lacks this scope.
    #[error("the key lacks the scope {0}")]
    ScopeMissing(KeyScope),
    /// No key opens it: a person logs in.
    #[error("a person does this, logged in")]
    PersonWanted,
    /// A device opens what its profile needs and nothing else.
    #[error("a device does not do this")]
    NotForDevices,
}

/// Who or what comes with this token, if it stands. The account's state, and for whom it speaks, count at each request
/// and not when the token was made.
pub async fn recognize(
    db: &Db,
    lasting: Lasting,
    token: &str,
) -> Result<Option<Bearer>, sqlx::Error> {
    if token.starts_with(keys::PREFIX) {
        Ok(keys::recognize(db, lasting, token).await?.map(Bearer::Person))
    } else if token.starts_with(devices::PREFIX) {
        Ok(devices::recognize(db, token).await?.map(Bearer::Device))
    } else {
        Ok(logins::recognize(db, lasting, token).await?.map(Bearer::Person))
    }
}

impl Bearer {
    /// The same, where a token of this kind opens the route. What its owner may do there is for the policy to say.
    pub fn at(self, method: &str, pattern: &str) -> Result<Self, NotReached> {
        let reach = Reach::of(method, pattern);
        match &self {
            Self::Person(known) => match (known.means.key(), reach) {
                (None, _) | (Some(_), Some(Reach::Everybody | Reach::AnyToken)) => Ok(self),
                (Some(grant), Some(Reach::Key(scope))) if grant.has(scope) => Ok(self),
                (Some(_), Some(Reach::Key(scope))) => Err(NotReached::ScopeMissing(scope)),
                // What nobody has thought of is closed.
                (Some(_), Some(Reach::Login | Reach::Gate) | None) => Err(NotReached::PersonWanted),
            },
            Self::Device(device) if device.profile.opens(reach) => Ok(self),
            Self::Device(_) => Err(NotReached::NotForDevices),
        }
    }
}
