//! What a login by a provider begins with, what it ends with, and what a claim makes of whoever has it. Pure.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::model::{Account, Role};
use crate::ids::{AccountId, TokenId};
use crate::text::{Email, ParticipantCode, PersonName};

/// What the browser of somebody who is on the way to their provider keeps for us, sealed: only it can finish what it began.
/// Whoever reads it could finish it, so it is never shown, not even to the log.
#[derive(Serialize, Deserialize)]
pub struct Begun {
    /// The provider, by its name in the settings.
    pub provider: String,
    /// Comes back with the answer, once.
    pub state: String,
    /// Stands in the token that the provider signs.
    pub nonce: String,
    /// The secret half of PKCE.
    pub verifier: String,
    /// Whether an answer of this provider always says whose it is.
    pub names_itself: bool,
    /// Whose account the identity is to open from now on; none: whoever it opens already is logged in.
    pub link: Option<Link>,
    /// How long ago they may have shown the provider who they are, in seconds.
    pub max_age: u32,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// An account that an identity is to open, and the login by which its owner said so: where that has ended, so has this.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Link {
    /// Whose.
    pub account: AccountId,
    /// By which login.
    pub login: TokenId,
}

/// What the provider says of somebody, its signature verified.
#[derive(Clone)]
pub struct Vouched {
    /// Who says it.
    pub issuer: String,
    /// Who it is, for ever, in the provider's own terms.
    pub subject: String,
    /// When they proved it last.
    pub proven_at: DateTime<Utc>,
    /// Every claim.
    pub claims: Map<String, Value>,
}

/// What somebody becomes who has a claim of this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The value, or one of a list of values.
    pub value: String,
    /// What they are here.
    pub role: Role,
    /// For whom a focal point speaks.
    pub participant: Option<ParticipantCode>,
}

impl Vouched {
    /// What the settings make of this person; none where no value of the claim is named there. Where several are, the
    /// first of the settings counts.
    #[must_use]
    pub fn granted<'a>(&self, claim: &str, grants: &'a [Grant]) -> Option<&'a Grant> {
        let values: Vec<&str> = match self.claims.get(claim)? {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        grants.iter().find(|grant| values.contains(&grant.value.as_str()))
    }

    /// Whether the settings still make of this person what the account is that they made of them before.
    #[must_use]
    pub fn is_still(&self, account: &Account, claim: &str, grants: &[Grant]) -> bool {
        self.granted(claim, grants).is_some_and(|grant| {
            grant.role == account.role
                && grant.participant.as_ref().is_none_or(|code| account.participants.contains(code))
        })
    }

    /// Whether the provider says, in a way that the settings name, that they have shown it a second factor (`amr`, RFC 8176).
    #[must_use]
    pub fn showed_second_factor(&self, named: &[String]) -> bool {
        let told = self.claims.get("amr").and_then(Value::as_array);
        told.is_some_and(|told| {
            told.iter().any(|way| named.iter().any(|name| way.as_str() == Some(name)))
        })
    }

    /// Their address, unless the provider says that it is not verified, or is not one for whose addresses it speaks: whoever
    /// keeps one ministry's accounts says nothing of another's.
    #[must_use]
    pub fn email(&self, domains: &[String]) -> Option<Email> {
        let verified = self.claims.get("email_verified");
        let is_doubtful = verified.is_some_and(|v| v != true && v != "true");
        let email = Email::parse(self.claims.get("email")?.as_str()?).ok()?;
        let (_, domain) = email.as_str().rsplit_once('@')?;
        let is_theirs = domains.iter().any(|of| of == domain);
        (is_theirs && !is_doubtful).then_some(email)
    }

    /// Their name; their address where the provider gives none.
    #[must_use]
    pub fn name(&self) -> Option<PersonName> {
        let text = |claim: &str| self.claims.get(claim).and_then(Value::as_str);
        let named = text("name").and_then(|name| PersonName::parse(name).ok());
        named.or_else(|| PersonName::parse(text("email")?).ok())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vouched(claims: Value) -> Vouched {
        let claims = serde_json::from_value(claims).unwrap();
        let (issuer, subject) = ("https://login.ministry.example".into(), "42".into());
        Vouched { issuer, subject, proven_at: DateTime::UNIX_EPOCH, claims }
    }

    #[test]
    fn a_claim_makes_somebody_what_the_settings_say_and_nothing_else() {
        let grant = |value: &str, role, participant: Option<&str>| Grant {
            value: value.to_owned(),
            role,
            participant: participant.map(|code| ParticipantCode::parse(code).unwrap()),
        };
        let grants = [
            grant("accreditors", Role::Accreditation, None),
            grant("delegates", Role::FocalPoint, Some("FRA")),
        ];
        for (claims, granted) in [
            (json!({ "groups": "delegates" }), Some(1)),
            (json!({ "groups": ["other", "delegates", "accreditors"] }), Some(0)),
            (json!({ "groups": ["DELEGATES", "delegates "] }), None),
            (json!({ "groups": { "delegates": true } }), None),
            (json!({ "roles": ["delegates"], "role": "administrator" }), None),
            (json!({}), None),
        ] {
            let found = vouched(claims.clone()).granted("groups", &grants).cloned();
            assert_eq!(found, granted.map(|at: usize| grants[at].clone()), "{claims}");
        }
    }

    #[test]
    fn a_second_factor_was_shown_where_the_provider_says_so_in_a_way_that_is_named() {
        let named = ["mfa".to_owned(), "hwk".to_owned()];
        for (amr, showed) in [
            (json!(["pwd", "mfa"]), true),
            (json!(["hwk"]), true),
            (json!(["pwd"]), false),
            (json!("mfa"), false),
            (json!([["mfa"]]), false),
            (Value::Null, false),
        ] {
            let one = vouched(json!({ "amr": amr }));
            assert_eq!(one.showed_second_factor(&named), showed, "{amr}");
            assert!(!one.showed_second_factor(&[]));
        }
    }

    #[test]
    fn an_address_that_the_provider_doubts_or_does_not_speak_for_is_none() {
        let domains = ["b.example".to_owned()];
        let email = |claims| vouched(claims).email(&domains).map(|email| email.to_string());
        assert_eq!(email(json!({ "email": "A@B.example" })).as_deref(), Some("a@b.example"));
        let told = |verified| json!({ "email": "a@b.example", "email_verified": verified });
        for verified in [json!(false), json!("false"), json!(0), Value::Null] {
            assert_eq!(email(told(verified.clone())), None, "{verified}");
        }
        assert!(email(told(json!(true))).is_some() && email(told(json!("true"))).is_some());
        for other in
            ["nobody", "a@another.example", "a@sub.b.example", "a@bb.example", "a@b.example.net"]
        {
            assert_eq!(email(json!({ "email": other })), None, "{other}");
        }
        assert!(vouched(json!({ "email": "a@b.example" })).email(&[]).is_none());
        let name = |claims| vouched(claims).name().map(|name| name.to_string());
        assert_eq!(
            name(json!({ "name": "Ann Example", "email": "a@b.example" })).as_deref(),
            Some("Ann Example")
        );
        assert_eq!(
            name(json!({ "name": "", "email": "a@b.example" })).as_deref(),
            Some("a@b.example")
        );
    }
}
