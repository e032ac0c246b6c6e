//! Who asks, in which request; and the proof that they may.

use sqlx::PgConnection;

use super::keys::Grant;
use super::model::Role;
use super::policy::{Action, Denied, Verdict, judge, judge_bound};
use super::store;
use crate::db::{Clock, Db, Scope, Tx};
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
#[expect(clippy::struct_excessive_bools, reason = "conditions that hold or do not, each by itself")]
pub struct Known {
    pub(super) account: AccountId,
    pub(super) role: Role,
    /// The participants whose business alone they see; none where they see everybody's.
    pub(super) only: Option<Vec<ParticipantCode>>,
    pub(super) must_change_password: bool,
    /// Whether their office wants a second factor, and they have none.
    pub(super) must_enrol: bool,
    /// Whether they have a second factor and came in without one, by a provider: they can do nothing but show it.
    pub(super) is_half: bool,
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
    /// Nothing: they asked for what takes long, and went.
    Away,
}

impl Means {
    pub(super) fn key(&self) -> Option<&Grant> {
        match self {
            Self::Login(_) | Self::Away => None,
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

    /// Whether they are one of those who keep the signing desk, for whom connections to the database are kept.
    #[must_use]
    pub fn keeps_desk(&self) -> bool {
        matches!(self.means, Means::Login(_))
            && judge(self.role, Action::RecordAct) == Verdict::Allowed
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
            Means::Login(_) | Means::Away => seen,
            Means::Key(grant) => grant.narrowed(seen),
        };
        let (must_change_password, must_enrol, is_half) = (false, false, false);
        // Whoever makes a key shows a factor; of what is grave it then does no more than was agreed to.
        Self {
            account,
            role,
            only,
            must_change_password,
            must_enrol,
            is_half,
            is_fresh: true,
            means,
        }
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
            Means::Key(_) | Means::Away => None,
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

    /// Whether they still are who they were when they asked: with the same role, for the same participants, by a login or a
    /// key that has not ended. For what goes on long after it was permitted.
    pub async fn stands(&self, db: &Db) -> Result<bool, sqlx::Error> {
        let mut tx = db.read(&Scope::public()).await?;
        self.stands_by(&mut tx, db.clock).await
    }

    /// The same within a transaction in which their account is held: whatever would end it waits for that, or was seen.
    pub async fn stands_held(&self, tx: &mut Tx<'_>, clock: Clock) -> Result<bool, sqlx::Error> {
        store::hold(tx, self.known.account).await?;
        self.stands_by(tx, clock).await
    }

    async fn stands_by(&self, conn: &mut PgConnection, clock: Clock) -> Result<bool, sqlx::Error> {
        let key = self.key().map(|grant| grant.id);
        let as_known = (self.known.account, self.known.role, self.known.only.as_deref());
        store::stands(conn, as_known, self.token(), key, (clock.now(), clock.held())).await
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
            Verdict::Allowed if self.known.is_half && action != Action::KeepOwnAccount => {
                Err(Denied::StepUp)
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
mod tests;
