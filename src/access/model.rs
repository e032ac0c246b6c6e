//! Accounts, roles and passwords: what they are, without asking anybody.

use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization as _;

use super::strength;
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
/// What an account can be for.
pub const ROLES: &[Role] = Role::ALL;

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

/// The longest, in bytes: hashing a megabyte would be work for an attacker to give. 128 characters of any script fit.
const PASSWORD_MAX_BYTES: usize = 1024;

/// A password as somebody typed it, to the last space. Never shown, wiped when dropped.
#[derive(Clone)]
pub struct Password(zeroize::Zeroizing<String>);

impl Password {
    /// Any password: what is asked at a login. Keyboards write an accent with its letter or after it; both are the same
    /// password, composed (NFC), as long as it is set and verified alike. Nothing else of it is changed, and nothing cut.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        if input.is_empty() || input.len() > PASSWORD_MAX_BYTES {
            return Err(Fault::new(
                "invalid_password",
                format!("1 to {PASSWORD_MAX_BYTES} bytes are expected"),
            ));
        }
        Ok(Self(zeroize::Zeroizing::new(input.nfc().collect())))
    }

    /// A password that is to be set: long, in characters, and not one that others would guess.
    pub fn chosen(self, rule: &PasswordRule) -> Result<Self, Fault> {
        if !self.is_long_enough(rule) {
            let detail =
                format!("at least {} characters are expected; a sentence is best", rule.min_chars);
            return Err(Fault::new("weak_password", detail));
        }
        strength::check(&self.0)?;
        strength::check_apart_from(&self.0, [rule.event_words.as_str()])?;
        Ok(self)
    }

    /// Whether it is as long as a rule asks for.
    #[must_use]
    pub fn is_long_enough(&self, rule: &PasswordRule) -> bool {
        self.0.chars().count() >= rule.min_chars
    }

    /// Whether it is more than what everybody knows of the person whose it is to be.
    pub fn apart_from(&self, email: &Email, name: &PersonName) -> Result<(), Fault> {
        strength::check_apart_from(&self.0, [email.as_str(), name.as_str()])
    }

    /// The bytes to hash.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// How an account came by its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordOrigin {
    /// Somebody else gave it: its owner must replace it.
    Given,
    /// Its owner chose it.
    Chosen {
        /// Whether it is too short to stand without a second factor beside it.
        needs_factor: bool,
    },
}

/// What a password must be that somebody chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordRule {
    min_chars: usize,
    event_words: String,
}

impl PasswordRule {
    /// For who has a second factor, which a guesser would need as well, or has none.
    #[must_use]
    pub fn of(settings: &crate::config::Access, has_second_factor: bool) -> Self {
        let alone = settings.password_min_chars.length();
        let beside_a_factor = settings.password_min_chars_with_factor.length().min(alone);
        let min_chars = if has_second_factor { beside_a_factor } else { alone };
        Self { min_chars, event_words: settings.password_event_words.clone() }
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

    fn rule(has_second_factor: bool) -> PasswordRule {
        PasswordRule::of(&crate::config::Config::from_toml("").unwrap().access, has_second_factor)
    }

    #[test]
    fn a_password_is_long_and_no_common_one_and_never_printed() {
        for (input, alone, with_factor) in [
            ("correct horse battery staple", true, true),
            ("mật khẩu rất là dài", true, true),
            ("short", false, false),
            ("nine wrens", false, true),
            ("baseball", false, false),
            ("passwordpassword", false, false),
            ("Hanoi Convention 2025", false, false),
        ] {
            let chosen = |has_factor| Password::parse(input).unwrap().chosen(&rule(has_factor));
            assert_eq!(
                (chosen(false).is_ok(), chosen(true).is_ok()),
                (alone, with_factor),
                "{input}"
            );
        }
        let (email, name) = (
            Email::parse("c.exemplar@ministry.example").unwrap(),
            PersonName::parse("Claire Exemplar"),
        );
        let apart =
            |input| Password::parse(input).unwrap().apart_from(&email, name.as_ref().unwrap());
        assert!(apart("claire-exemplar-2025").is_err() && apart("nine wrens in a garden").is_ok());
        assert_eq!(format!("{:?}", Password::parse("secret").unwrap()), "Password(…)");
    }

    #[test]
    fn a_password_is_taken_as_it_is_typed_and_whole() {
        let longest = "𝔁".repeat(128);
        let taken = Password::parse(&longest).unwrap().chosen(&rule(false));
        assert!(taken.is_err_and(|fault| fault.detail.contains("different")), "not too long");
        let mixed: String = ('a'..='z').chain('α'..='ω').cycle().step_by(7).take(256).collect();
        assert_eq!(
            Password::parse(&mixed).unwrap().chosen(&rule(false)).unwrap().expose(),
            mixed.as_bytes()
        );
        assert!(Password::parse(&"x".repeat(1025)).is_err() && Password::parse("").is_err());
        assert_eq!(Password::parse(" A b ").unwrap().expose(), b" A b ");
        let (composed, apart) =
            (Password::parse("\u{1ead}").unwrap(), Password::parse("a\u{323}\u{302}").unwrap());
        assert_eq!(composed.expose(), apart.expose());
    }
}
