//! Who asks, in which request; and the proof that they may.

use super::model::Role;
use super::policy::{Action, Denied, Verdict, judge};
use crate::db::Scope;
use crate::ids::{AccountId, TokenId};
use crate::text::ParticipantCode;

/// What a request says about itself.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id, for the audit trail.
    pub id: String,
    /// The key under which it may be repeated.
    pub idempotency: Option<Idempotency>,
    /// Whether it only asks what would be.
    pub is_dry_run: bool,
}

/// An `Idempotency-Key`, with what the request under it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: String,
    /// SHA-256 of method, path, query and body.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    /// The number of the lock that keeps two requests with one key apart.
    #[must_use]
    pub fn lock_number(&self, account: Option<AccountId>) -> i64 {
        let account = account.map_or_else(String::new, |id| id.to_string());
        let digest = crate::secret::sha256(format!("idempotency/{account}/{}", self.key));
        digest.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }
}

/// Somebody whose token was recognized.
#[derive(Debug, Clone)]
pub struct Known {
    pub(super) account: AccountId,
    pub(super) token: TokenId,
    pub(super) role: Role,
    pub(super) participants: Vec<ParticipantCode>,
    pub(super) must_change_password: bool,
    /// Whether their office wants a second factor, and they have none.
    pub(super) must_enrol: bool,
    /// Whether a factor was shown with this token just now.
    pub(super) is_fresh: bool,
}

impl Known {
    /// Whose token it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The same, with the request that they make.
    #[must_use]
    pub fn asking(self, request: Request) -> Actor {
        Actor { known: self, request }
    }
}

/// Who asks, and in which request.
#[derive(Debug, Clone)]
pub struct Actor {
    known: Known,
    request: Request,
}

impl Actor {
    /// The account that asks.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.known.account
    }

    /// The token that they came with.
    #[must_use]
    pub fn token(&self) -> TokenId {
        self.known.token
    }

    /// The participants whose business alone they see; none where they see everybody's. Row-level security sees to it
    /// anyway: this spares the database the rows of the others.
    #[must_use]
    pub fn sees_only(&self) -> Option<&[ParticipantCode]> {
        (self.known.role == Role::FocalPoint).then_some(self.known.participants.as_slice())
    }

    /// Whether this action would be permitted; for answers that show more to those who may see more.
    #[must_use]
    pub fn may(&self, action: Action<'_>) -> bool {
        self.verdict(action) == Verdict::Allowed
    }

    /// The proof that the action is permitted, which the door for writes asks for.
    pub fn permit(&self, action: Action<'_>) -> Result<Permit, Denied> {
        match self.verdict(action) {
            Verdict::Allowed
                if self.known.must_change_password && action != Action::KeepOwnAccount =>
            {
                Err(Denied::Forbidden)
            }
            Verdict::Allowed
                if self.known.must_enrol
                    && !matches!(action, Action::KeepOwnAccount | Action::ChangeFactors) =>
            {
                Err(Denied::Forbidden)
            }
            Verdict::Allowed if action.is_grave() && !self.known.is_fresh => Err(Denied::StepUp),
            Verdict::Allowed => Ok(Permit {
                account: Some(self.known.account),
                // Whoever accepts an invitation has its code, and nothing yet of what it opens.
                scope: if action == Action::AcceptInvitation { Scope::all() } else { self.scope() },
                request: self.request.clone(),
                keeps_answer_for_good: action == Action::RecordAct,
            }),
            Verdict::Forbidden => Err(Denied::Forbidden),
            Verdict::Invisible => Err(Denied::Invisible),
        }
    }

    /// The scope within which they may read, where the action is permitted.
    pub fn see(&self, action: Action<'_>) -> Result<Scope, Denied> {
        self.permit(action).map(|permit| permit.scope)
    }

    fn verdict(&self, action: Action<'_>) -> Verdict {
        let is_theirs = match (self.known.role, action.participant()) {
            (Role::FocalPoint, Some(code)) => self.known.participants.contains(code),
            _ => true,
        };
        if is_theirs { judge(self.known.role, action) } else { Verdict::Invisible }
    }

    fn scope(&self) -> Scope {
        match self.known.role {
            Role::FocalPoint => Scope::of(&self.known.participants),
            _ => Scope::all(),
        }
    }
}

/// The policy's proof that a write is permitted. Cannot be made elsewhere.
#[derive(Debug, Clone)]
pub struct Permit {
    account: Option<AccountId>,
    scope: Scope,
    request: Request,
    keeps_answer_for_good: bool,
}

impl Permit {
    /// The service's own work: bootstrapping, logins, keeping house.
    #[must_use]
    pub(crate) fn service(request_id: &str) -> Self {
        let request = Request { id: request_id.to_owned(), idempotency: None, is_dry_run: false };
        Self { account: None, scope: Scope::all(), request, keeps_answer_for_good: false }
    }

    /// The account that acts; none for the service itself.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Whose rows it may touch.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The request that it serves.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request.id
    }

    /// The key under which the request may be repeated.
    #[must_use]
    pub fn idempotency(&self) -> Option<&Idempotency> {
        self.request.idempotency.as_ref()
    }

    /// Whether a retry gets the first answer however late it comes: a treaty act is recorded once, for ever.
    #[must_use]
    pub fn keeps_answer_for_good(&self) -> bool {
        self.keeps_answer_for_good
    }

    /// Whether nothing is to be kept.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.request.is_dry_run
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::tests::ACTIONS;
    use super::*;

    fn somebody(role: Role, of: &ParticipantCode) -> Known {
        Known {
            account: AccountId::fresh(),
            token: TokenId::fresh(),
            role,
            participants: vec![of.clone()],
            must_change_password: false,
            must_enrol: false,
            is_fresh: true,
        }
    }

    fn asking(known: Known) -> Actor {
        known.asking(Request { id: "r".into(), idempotency: None, is_dry_run: false })
    }

    #[test]
    fn r38_another_participants_business_does_not_exist_for_a_focal_point() {
        let (own, other) =
            (ParticipantCode::parse("FRA").unwrap(), ParticipantCode::parse("DEU").unwrap());
        let actor = asking(somebody(Role::FocalPoint, &own));
        for (_, action) in ACTIONS {
            if action(&other).participant().is_some() {
                assert_eq!(actor.permit(action(&other)).unwrap_err(), Denied::Invisible);
                assert_ne!(actor.permit(action(&own)).err(), Some(Denied::Invisible));
            }
        }
    }

    #[test]
    fn what_is_grave_is_permitted_with_a_fresh_factor_alone_and_nothing_else_asks_for_one() {
        let code = ParticipantCode::parse("FRA").unwrap();
        for role in Role::ALL {
            let fresh = asking(somebody(*role, &code));
            let stale = asking(Known { is_fresh: false, ..somebody(*role, &code) });
            for (name, action) in ACTIONS {
                let (with, without) = (fresh.permit(action(&code)), stale.permit(action(&code)));
                let expected = match with.err() {
                    None if action(&code).is_grave() => Some(Denied::StepUp),
                    refused => refused,
                };
                assert_eq!(without.err(), expected, "{role} {name}");
                // Whether it is theirs to do is shown all the same.
                assert_eq!(stale.may(action(&code)), fresh.may(action(&code)));
            }
        }
    }

    #[test]
    fn who_must_get_a_password_or_a_factor_of_their_own_can_do_nothing_else() {
        let code = ParticipantCode::parse("FRA").unwrap();
        let known = somebody(Role::Treaty, &code);
        let no_password = asking(Known { must_change_password: true, ..known.clone() });
        let no_factor = asking(Known { must_enrol: true, ..known });
        for (name, action) in ACTIONS {
            let action = action(&code);
            let keeps = action == Action::KeepOwnAccount;
            assert_eq!(no_password.permit(action).is_ok(), keeps, "{name}");
            let enrols = keeps || action == Action::ChangeFactors;
            assert_eq!(no_factor.permit(action).is_ok(), enrols, "{name}");
        }
    }
}
