//! Who asks, in which request; and the proof that they may.

use super::keys::Grant;
use super::model::Role;
use super::policy::{Action, Denied, Verdict, judge, judge_bound};
use crate::db::Scope;
use crate::ids::{AccountId, ApiKeyId, TokenId};
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
    pub(super) role: Role,
    /// The participants whose business alone they see; none where they see everybody's.
    pub(super) only: Option<Vec<ParticipantCode>>,
    pub(super) must_change_password: bool,
    /// Whether their office wants a second factor, and they have none.
    pub(super) must_enrol: bool,
    /// Whether a factor was shown with this token just now.
    pub(super) is_fresh: bool,
    pub(super) means: Means,
}

/// What somebody comes with.
#[derive(Debug, Clone)]
pub(super) enum Means {
    /// A login of their own.
    Login(TokenId),
    /// A key of theirs, which another system has.
    Key(Grant),
}

impl Means {
    pub(super) fn key(&self) -> Option<&Grant> {
        match self {
            Self::Login(_) => None,
            Self::Key(grant) => Some(grant),
        }
    }
}

impl Known {
    /// Whose token it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Whoever comes with means of an account that has a role today, and speaks for these participants.
    pub(super) fn by(
        means: Means,
        account: AccountId,
        role: Role,
        participants: Vec<ParticipantCode>,
    ) -> Self {
        let seen = (role == Role::FocalPoint).then_some(participants);
        let only = match &means {
            Means::Login(_) => seen,
            Means::Key(grant) => grant.narrowed(seen),
        };
        let (must_change_password, must_enrol) = (false, false);
        // Whoever makes a key shows a factor; of what is grave it then does no more than was agreed to.
        Self { account, role, only, must_change_password, must_enrol, is_fresh: true, means }
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

    /// The login that they came with; none where they came with a key.
    #[must_use]
    pub fn token(&self) -> Option<TokenId> {
        match self.known.means {
            Means::Login(token) => Some(token),
            Means::Key(_) => None,
        }
    }

    /// The key that they came with.
    #[must_use]
    pub(super) fn key(&self) -> Option<&Grant> {
        self.known.means.key()
    }

    /// The participants whose business alone they see; none where they see everybody's. Row-level security sees to it
    /// anyway: this spares the database the rows of the others.
    #[must_use]
    pub fn sees_only(&self) -> Option<&[ParticipantCode]> {
        self.known.only.as_deref()
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
                key: self.key().map(|grant| grant.id),
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
        let is_theirs = match (&self.known.only, action.participant()) {
            (Some(only), Some(code)) => only.contains(code),
            _ => true,
        };
        match self.key() {
            _ if !is_theirs => Verdict::Invisible,
            Some(_) if action.is_a_persons_own() => Verdict::Forbidden,
            Some(grant) if grant.participant.is_some() => judge_bound(self.known.role, action),
            _ => judge(self.known.role, action),
        }
    }

    fn scope(&self) -> Scope {
        self.known.only.as_ref().map_or_else(Scope::all, Scope::of)
    }
}

/// The policy's proof that a write is permitted. Cannot be made elsewhere.
#[derive(Debug, Clone)]
pub struct Permit {
    account: Option<AccountId>,
    key: Option<ApiKeyId>,
    scope: Scope,
    request: Request,
    keeps_answer_for_good: bool,
}

impl Permit {
    /// The service's own work: bootstrapping, logins, keeping house.
    #[must_use]
    pub(crate) fn service(request_id: &str) -> Self {
        let request = Request { id: request_id.to_owned(), idempotency: None, is_dry_run: false };
        Self {
            account: None,
            key: None,
            scope: Scope::all(),
            request,
            keeps_answer_for_good: false,
        }
    }

    /// The account that acts; none for the service itself.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// The key on which it acts; none where a person does, or the service itself.
    #[must_use]
    pub fn key(&self) -> Option<ApiKeyId> {
        self.key
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
    use chrono::DateTime;

    use super::super::policy::tests::ACTIONS;
    use super::*;

    fn codes() -> (ParticipantCode, ParticipantCode) {
        (ParticipantCode::parse("FRA").unwrap(), ParticipantCode::parse("DEU").unwrap())
    }

    fn actor(role: Role, means: Means) -> Actor {
        asking(somebody(role, means))
    }

    fn somebody(role: Role, means: Means) -> Known {
        Known::by(means, AccountId::fresh(), role, vec![codes().0])
    }

    fn asking(known: Known) -> Actor {
        known.asking(Request { id: "r".into(), idempotency: None, is_dry_run: false })
    }

    fn login() -> Means {
        Means::Login(TokenId::fresh())
    }

    fn key(participant: Option<ParticipantCode>) -> Means {
        let (id, expires_at) = (ApiKeyId::fresh(), DateTime::UNIX_EPOCH);
        Means::Key(Grant { id, scopes: vec![], participant, expires_at })
    }

    #[test]
    fn r38_another_participants_business_does_not_exist_for_a_focal_point() {
        let (own, other) = codes();
        let actor = actor(Role::FocalPoint, login());
        for (_, action) in ACTIONS {
            if action(&other).participant().is_some() {
                assert_eq!(actor.permit(action(&other)).unwrap_err(), Denied::Invisible);
                assert_ne!(actor.permit(action(&own)).err(), Some(Denied::Invisible));
            }
        }
    }

    #[test]
    fn a_key_may_never_do_what_its_account_may_not() {
        let (own, other) = codes();
        for role in Role::ALL {
            let person = actor(*role, login());
            for bound_to in [None, Some(own.clone()), Some(other.clone())] {
                let system = actor(*role, key(bound_to.clone()));
                for (name, action) in ACTIONS {
                    for code in [&own, &other] {
                        let (may, it_may) = (person.may(action(code)), system.may(action(code)));
                        assert!(may || !it_may, "{role} {name} {bound_to:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn r38_to_a_key_of_one_participant_another_does_not_exist_whatever_its_account_sees() {
        let (own, other) = codes();
        for role in Role::ALL {
            let system = actor(*role, key(Some(own.clone())));
            assert_eq!(system.sees_only(), Some([own.clone()].as_slice()), "{role}");
            for (name, action) in ACTIONS {
                let action = action(&other);
                if action.participant().is_some() {
                    assert_eq!(
                        system.permit(action).unwrap_err(),
                        Denied::Invisible,
                        "{role} {name}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_key_keeps_an_account() {
        for role in Role::ALL {
            let system = actor(*role, key(None));
            for action in [Action::KeepOwnAccount, Action::KeepAccounts, Action::AcceptInvitation] {
                assert_eq!(system.permit(action).unwrap_err(), Denied::Forbidden, "{role}");
            }
        }
    }

    #[test]
    fn what_is_grave_is_permitted_with_a_fresh_factor_alone_and_nothing_else_asks_for_one() {
        let (code, _) = codes();
        for role in Role::ALL {
            let fresh = asking(somebody(*role, login()));
            let stale = asking(Known { is_fresh: false, ..somebody(*role, login()) });
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
    fn no_key_does_what_is_grave_but_to_fetch_a_report() {
        let (code, _) = codes();
        for role in Role::ALL {
            let system = actor(*role, key(None));
            let grave = ACTIONS.iter().map(|(_, action)| action(&code)).filter(|a| a.is_grave());
            for action in grave.filter(|action| *action != Action::ExportDelegations) {
                assert!(!system.may(action), "{role} {action:?}");
            }
        }
    }

    #[test]
    fn who_must_get_a_password_or_a_factor_of_their_own_can_do_nothing_else() {
        let (code, _) = codes();
        let known = somebody(Role::Treaty, login());
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
