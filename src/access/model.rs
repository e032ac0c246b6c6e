//! Accounts, roles and passwords: what they are, without asking anybody.

use chrono::{DateTime, Utc};

use crate::ids::AccountId;
use crate::page::Version;
use crate::text::{Email, Fault, ParticipantCode, PersonName, choices};

choices! {
    /// What somebody is for. Each role sees what its task needs, and no more.
    Role {
        /// Runs the system: accounts, register. Sees no delegation.
        Administrator = "administrator",
        /// Accredits delegations and their members.
        Accreditation = "accreditation",
        /// Checks full powers and records treaty actions.
        Treaty = "treaty",
        /// Runs rooms, sessions and side events.
        Programme = "programme",
        /// Clears persons for the host's security.
        Security = "security",
        /// Checks badges at a gate.
        Gate = "gate",
        /// Reads everything but secrets, changes nothing.
        Auditor = "auditor",
        /// Speaks for a participant.
        FocalPoint = "focal_point",
    }
}

/// What whoever speaks for a participant is.
pub const FOCAL_POINT_ROLE: Role = Role::FocalPoint;

impl Role {
    /// Whether it is of those who speak for a participant, and of no office of the organizer's.
    #[must_use]
    pub fn speaks_for_a_participant(self) -> bool {
        self == FOCAL_POINT_ROLE
    }
}

/// Somebody who can log in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// The address that they log in with; unique.
    pub email: Email,
    /// Their name, as shown to colleagues.
    pub name: PersonName,
    /// What they are for.
    pub role: Role,
    /// For whom a focal point speaks today; empty for every other role.
    pub participants: Vec<ParticipantCode>,
    /// Whether the password was given by somebody else and must be replaced.
    pub must_change_password: bool,
    /// Since when the account is closed.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// Who speaks for a participant was appointed to it: that is ended, and is no office that one is moved from or to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a focal point is appointed and ended, and not moved")]
pub struct OfficeBound;

impl Account {
    /// The same account with another name or another office.
    pub fn changed(
        self,
        name: Option<&PersonName>,
        role: Option<Role>,
        now: DateTime<Utc>,
    ) -> Result<Self, OfficeBound> {
        let role = role.unwrap_or(self.role);
        let speaks = [role, self.role].map(Role::speaks_for_a_participant);
        if role != self.role && speaks.contains(&true) {
            return Err(OfficeBound);
        }
        let name = name.cloned().unwrap_or(self.name);
        Ok(Self { name, role, updated_at: now, version: self.version.next(), ..self })
    }
}

/// The longest, in bytes: hashing a megabyte would be work for an attacker to give.
const PASSWORD_MAX_BYTES: usize = 1024;

/// A password as somebody typed it. Never shown, wiped when dropped.
#[derive(Clone)]
pub struct Password(zeroize::Zeroizing<String>);

impl Password {
    /// Any password: what is asked at a login.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        if input.is_empty() || input.len() > PASSWORD_MAX_BYTES {
            return Err(Fault::new(
                "invalid_password",
                format!("1 to {PASSWORD_MAX_BYTES} bytes are expected"),
            ));
        }
        Ok(Self(zeroize::Zeroizing::new(input.to_owned())))
    }

    /// A password that is to be set: long, in characters, which is all that makes it strong.
    pub fn chosen(self, min_chars: usize) -> Result<Self, Fault> {
        let distinct: std::collections::HashSet<char> = self.0.chars().collect();
        if self.0.chars().count() < min_chars || distinct.len() < 5 {
            let detail = format!(
                "at least {min_chars} characters are expected, not all alike; a sentence is best"
            );
            return Err(Fault::new("weak_password", detail));
        }
        Ok(self)
    }

    /// The bytes to hash.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}
crate::input::from_string!(Password);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_never_printed() {
        for (input, is_accepted) in [
            ("correct horse battery staple", true),
            ("mật khẩu rất là dài", true),
            ("short", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("12345678901234", false),
        ] {
            assert_eq!(Password::parse(input).unwrap().chosen(15).is_ok(), is_accepted, "{input}");
        }
        assert!(Password::parse(&"x".repeat(1025)).is_err());
        assert_eq!(format!("{:?}", Password::parse("secret").unwrap()), "Password(…)");
    }
}
