//! API keys: what one is, and what it adds to nobody's rights.

use chrono::{DateTime, NaiveDate, Utc};

use crate::access::reach::KeyScope;
use crate::ids::{AccountId, ApiKeyId};
use crate::text::{Label, ParticipantCode};

/// How a key begins, so that whoever finds one knows what it is.
pub const PREFIX: &str = "hck_";

/// A key of an account. The key itself is shown once and never stored.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Identity.
    pub id: ApiKeyId,
    /// Whose rights it has a part of.
    pub account: AccountId,
    /// What it is for, in its owner's words.
    pub name: Label,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// The one participant whose business it is for; none: every one of its account's.
    pub participant: Option<ParticipantCode>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The day, by UTC, on which it was last used.
    pub last_used_on: Option<NaiveDate>,
}

/// What a key that was recognized leaves of its account's rights.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The key.
    pub id: ApiKeyId,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// The one participant whose business it is for.
    pub participant: Option<ParticipantCode>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl Grant {
    /// Whether it may do what asks for a scope.
    #[must_use]
    pub fn has(&self, wanted: KeyScope) -> bool {
        self.scopes.iter().any(|scope| scope.covers(wanted))
    }

    /// Of the participants whose business its account sees (none: everybody's), those whose business the key is for.
    #[must_use]
    pub fn narrowed(&self, seen: Option<Vec<ParticipantCode>>) -> Option<Vec<ParticipantCode>> {
        let Some(bound) = &self.participant else { return seen };
        let is_seen = seen.is_none_or(|seen| seen.contains(bound));
        Some(Some(bound.clone()).filter(|_| is_seen).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_sees_more_than_its_account() {
        let code = |code: &str| ParticipantCode::parse(code).unwrap();
        let grant = |participant: Option<&str>| Grant {
            id: ApiKeyId::fresh(),
            scopes: vec![],
            participant: participant.map(code),
            expires_at: DateTime::UNIX_EPOCH,
        };
        let (fra, both) = (vec![code("FRA")], vec![code("FRA"), code("DEU")]);
        assert_eq!(grant(None).narrowed(None), None);
        assert_eq!(grant(None).narrowed(Some(both.clone())), Some(both.clone()));
        assert_eq!(grant(Some("FRA")).narrowed(None), Some(fra.clone()));
        assert_eq!(grant(Some("FRA")).narrowed(Some(both)), Some(fra.clone()));
        assert_eq!(grant(Some("DEU")).narrowed(Some(fra)), Some(vec![]));
    }
}
