//! What is tried, under which marks it is counted, and how long whoever failed has to wait.

use chrono::{DateTime, Duration, Utc};
use tokio::sync::OwnedSemaphorePermit;

use crate::config::Ladder;
use crate::ids::AccountId;
use crate::network::Network;
use crate::secret;
use crate::text::Email;
use crate::vault::MarkingKey;

/// What may be tried, each with failures of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// An address and its password.
    LogIn,
    /// The present password of whoever is logged in.
    OwnPassword,
    /// The code of an invitation.
    Invitation,
    /// A new password for who forgot theirs: asked for, or by its code.
    PasswordReset,
    /// A second factor, at a login or again.
    SecondFactor,
}

impl Door {
    /// Whether who has come in from a network before is counted there apart from elsewhere. Not who asks for a new password:
    /// for them as much is done as for an address that nobody knows.
    pub(super) fn knows_people(self) -> bool {
        self != Self::PasswordReset
    }

    /// Somebody's marks at this door: for wherever they are not known, and for each network in which they are.
    pub(super) fn marks_of<'a>(
        self,
        who: Who<'_>,
        networks: impl IntoIterator<Item = &'a Mark>,
        key: &MarkingKey,
    ) -> Vec<Mark> {
        let Some(whose) = self.whose(who) else { return Vec::new() };
        let mut marks = vec![elsewhere(key, &whose)];
        marks.extend(networks.into_iter().map(|network| here(key, &whose, network)));
        marks
    }

    fn whose(self, who: Who<'_>) -> Option<String> {
        let door = self.as_str();
        match who {
            Who::Email(email) => Some(format!("{door} {email}")),
            Who::Account(id) => Some(format!("{door} {id}")),
            Who::Nobody => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::OwnPassword => "own-password",
            Self::Invitation => "invitation",
            Self::PasswordReset => "password-reset",
            Self::SecondFactor => "second-factor",
        }
    }
}

/// Whose door it is.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// Of whoever has this address, if anybody has: both are counted alike.
    Email(&'a Email),
    /// Of this account.
    Account(AccountId),
    /// Nobody's, as that of a code which nobody can guess: only where it comes from is counted.
    Nobody,
}

/// A try, before anything is done for it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// At what.
    pub door: Door,
    /// Of whom.
    pub who: Who<'a>,
    /// From where.
    pub from: Network,
}

/// What something is counted under: a keyed hash, since addresses are nobody's to read.
pub(super) type Mark = [u8; 32];

/// The marks of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// At what.
    pub door: Door,
    /// Of whom, where it is somebody's.
    pub whose: Option<Whose>,
    /// Of the network, whatever it tries.
    pub network: Mark,
}

/// The marks of somebody's door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whose {
    /// For tries from wherever they are not known.
    pub elsewhere: Mark,
    /// For tries from this network, where they are known in it.
    pub here: Mark,
}

impl Attempt<'_> {
    pub(super) fn marks(&self, key: &MarkingKey) -> Marks {
        let (door, network) = (self.door, key.mark("try", &self.from.expose()));
        let whose = door.whose(self.who).map(|whose| Whose {
            elsewhere: elsewhere(key, &whose),
            here: here(key, &whose, &network),
        });
        Marks { door, whose, network }
    }
}

fn elsewhere(key: &MarkingKey, whose: &str) -> Mark {
    key.mark("try", whose)
}

fn here(key: &MarkingKey, whose: &str, network: &Mark) -> Mark {
    key.mark("try", &format!("{whose} {}", secret::hex(network)))
}

/// A try that is granted, and counted as a failure until it turns out to be none.
#[derive(Debug)]
#[must_use = "a try that succeeded is given back"]
pub struct Try {
    /// What is forgotten when it succeeds.
    pub(super) whose: Option<Mark>,
    /// From where it came.
    pub(super) network: Mark,
    /// Whether it is known there: then nothing was counted of the network.
    pub(super) is_known_there: bool,
    /// While it is judged, others at the same door wait.
    #[expect(dead_code, reason = "it is held, and not looked at")]
    pub(super) turn: Option<OwnedSemaphorePermit>,
}

/// Whoever failed too often waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failed tries")]
pub struct Wait {
    /// For so long.
    pub seconds: u32,
}

impl Wait {
    pub(super) fn until(opens_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let left = (opens_at - now).num_milliseconds().max(1);
        Self { seconds: u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX) }
    }
}

/// When the next try is granted after so many failures, the last of them then.
pub(super) fn opens_at(ladder: &Ladder, failures: i32, last_at: DateTime<Utc>) -> DateTime<Utc> {
    last_at + Duration::seconds(ladder.wait_seconds(failures.unsigned_abs()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Vault;

    #[test]
    fn what_is_counted_apart_has_marks_apart() {
        let vault = Vault::ephemeral();
        let email = Email::parse("a@ministry.example").unwrap();
        let network = |text: &str| Network::of(text.parse().unwrap());
        let marks = |door, who, from| Attempt { door, who, from }.marks(&vault.marking());
        let (here, there) = (network("192.0.2.1"), network("198.51.100.1"));
        let one = marks(Door::LogIn, Who::Email(&email), here);
        let elsewhere = marks(Door::LogIn, Who::Email(&email), there);
        let other_door = marks(Door::PasswordReset, Who::Email(&email), here);
        assert_eq!(one, marks(Door::LogIn, Who::Email(&email), network("192.0.2.200")));
        let (a, b, c) = (one.whose.unwrap(), elsewhere.whose.unwrap(), other_door.whose.unwrap());
        assert_eq!(a.elsewhere, b.elsewhere);
        assert!(a.here != b.here && one.network != elsewhere.network);
        assert!(a.elsewhere != c.elsewhere && one.network == other_door.network);
        assert!(marks(Door::Invitation, Who::Nobody, here).whose.is_none());
        // Whoever opens somebody's door finds all of its marks by the networks in which they are known.
        let networks = [one.network, elsewhere.network];
        let all = Door::LogIn.marks_of(Who::Email(&email), &networks, &vault.marking());
        assert_eq!(all, [a.elsewhere, a.here, b.here]);
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_as_none() {
        let now: DateTime<Utc> = "2025-10-26T10:00:00Z".parse().unwrap();
        for (left, seconds) in [(30_000, 30), (29_001, 30), (1, 1), (0, 1)] {
            assert_eq!(Wait::until(now + Duration::milliseconds(left), now).seconds, seconds);
        }
    }
}
