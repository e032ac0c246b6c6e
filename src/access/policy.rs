//! The whole policy: one match over role and action. Nothing else looks at a role.

use super::model::Role;
use crate::db::Scope;
use crate::ids::{AccountId, TokenId};
use crate::text::ParticipantCode;

/// Something that somebody may want to do, with whose business it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Reads their own account, changes their own password, ends their own login.
    KeepOwnAccount,
    /// Makes, lists, changes and closes accounts.
    KeepAccounts,
    /// Reads the register of participants.
    ReadRegister,
    /// Adds to the register or changes it (R3).
    ChangeRegister,
    /// Lists the delegations that they may see.
    ListDelegations,
    /// Reads a delegation, its members' public part and its history.
    ReadDelegation(&'a ParticipantCode),
    /// Makes, changes, submits or withdraws a delegation, its members and its papers.
    PrepareDelegation(&'a ParticipantCode),
    /// Returns, accepts, rejects or reopens a delegation; pre-approves members.
    ReviewDelegation(&'a ParticipantCode),
    /// Reads what identifies a member, for security's clearance.
    ReadIdentity(&'a ParticipantCode),
    /// Approves, holds or rejects a member; suspends and revokes.
    ClearMember(&'a ParticipantCode),
    /// Reads a passport in clear. Always audited.
    ReadPassport(&'a ParticipantCode),
    /// Reads an uploaded paper. Always audited.
    ReadDocument(&'a ParticipantCode),
    /// Verifies or refuses an uploaded paper.
    ReviewDocument(&'a ParticipantCode),
    /// Lists full powers and appointments that they may see.
    ListFullPowers,
    /// Reads full powers.
    ReadFullPowers(&'a ParticipantCode),
    /// Lodges full powers.
    LodgeFullPowers(&'a ParticipantCode),
    /// Verifies, confirms, refuses, revokes full powers; appoints the hour to sign.
    CheckFullPowers(&'a ParticipantCode),
    /// Reads the record of treaty actions, with who recorded them.
    ReadRecord,
    /// Records and corrects treaty actions.
    RecordAct,
    /// Takes away the list of participants and the delegations report.
    ExportDelegations,
}

impl<'a> Action<'a> {
    /// Whose business it is, where it is one participant's.
    fn participant(self) -> Option<&'a ParticipantCode> {
        match self {
            Self::ReadDelegation(code)
            | Self::PrepareDelegation(code)
            | Self::ReviewDelegation(code)
            | Self::ReadIdentity(code)
            | Self::ClearMember(code)
            | Self::ReadPassport(code)
            | Self::ReadDocument(code)
            | Self::ReviewDocument(code)
            | Self::ReadFullPowers(code)
            | Self::LodgeFullPowers(code)
            | Self::CheckFullPowers(code) => Some(code),
            Self::KeepOwnAccount
            | Self::KeepAccounts
            | Self::ReadRegister
            | Self::ChangeRegister
            | Self::ListDelegations
            | Self::ListFullPowers
            | Self::ReadRecord
            | Self::RecordAct
            | Self::ExportDelegations => None,
        }
    }
}

/// What the policy says of a role and an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// The thing does not exist for them: 404 (R38).
    Invisible,
    /// They know of it and may not do this: 403.
    Forbidden,
    /// Yes.
    Allowed,
}

#[expect(clippy::match_same_arms, reason = "one block per role reads as the table that it is")]
fn judge(role: Role, action: Action<'_>) -> Verdict {
    use Action as A;
    use Role as R;
    use Verdict::{Allowed, Forbidden, Invisible};

    match (role, action) {
        (_, A::KeepOwnAccount | A::ReadRegister) => Allowed,

        (R::Administrator, A::KeepAccounts | A::ChangeRegister) => Allowed,
        (_, A::KeepAccounts | A::ChangeRegister) => Forbidden,

        // A focal point's own participant; that it is their own, `Actor::permit` has seen to.
        (
            R::FocalPoint,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::PrepareDelegation(_)
            | A::ReadIdentity(_)
            | A::ReadPassport(_)
            | A::ReadDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_),
        ) => Allowed,
        (R::FocalPoint, _) => Forbidden,

        (
            R::Accreditation,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::PrepareDelegation(_)
            | A::ReviewDelegation(_)
            | A::ReadIdentity(_)
            | A::ReadPassport(_)
            | A::ReadDocument(_)
            | A::ReviewDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::ExportDelegations,
        ) => Allowed,
        (R::Accreditation, _) => Forbidden,

        // The treaty officer needs to know who a signer is, not their passport.
        (
            R::Treaty,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::ReadDocument(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::CheckFullPowers(_)
            | A::ReadRecord
            | A::RecordAct,
        ) => Allowed,
        (R::Treaty, _) => Forbidden,

        // Host security sees persons and not politics (R41).
        (
            R::Security,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::ReadIdentity(_)
            | A::ClearMember(_)
            | A::ReadPassport(_),
        ) => Allowed,
        (
            R::Security,
            A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::LodgeFullPowers(_)
            | A::CheckFullPowers(_),
        ) => Invisible,
        (R::Security, _) => Forbidden,

        (
            R::Auditor,
            A::ListDelegations
            | A::ReadDelegation(_)
            | A::ListFullPowers
            | A::ReadFullPowers(_)
            | A::ReadRecord
            | A::ExportDelegations,
        ) => Allowed,
        (R::Auditor, _) => Forbidden,

        // To everyone else delegations and their papers do not exist (R38).
        (
            R::Administrator | R::Programme | R::Gate,
            A::ReadRecord | A::RecordAct | A::ExportDelegations,
        ) => Forbidden,
        (R::Administrator | R::Programme | R::Gate, _) => Invisible,
    }
}

/// A refusal of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody known asks: 401.
    #[error("nobody known asks")]
    Unknown,
    /// Known and visible, but not allowed: 403.
    #[error("this role may not do this")]
    Forbidden,
    /// Not there, or not theirs: 404.
    #[error("there is nothing here for this account")]
    Invisible,
}

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
}

impl Known {
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
            Verdict::Allowed => Ok(Permit {
                account: Some(self.known.account),
                scope: self.scope(),
                request: self.request.clone(),
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
}

impl Permit {
    /// The service's own work: bootstrapping, logins, keeping house.
    #[must_use]
    pub(crate) fn service(request_id: &str) -> Self {
        let request = Request { id: request_id.to_owned(), idempotency: None, is_dry_run: false };
        Self { account: None, scope: Scope::all(), request }
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

    /// Whether nothing is to be kept.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.request.is_dry_run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &[(&str, fn(&ParticipantCode) -> Action<'_>)] = &[
        ("keep own account", |_| Action::KeepOwnAccount),
        ("keep accounts", |_| Action::KeepAccounts),
        ("read register", |_| Action::ReadRegister),
        ("change register", |_| Action::ChangeRegister),
        ("list delegations", |_| Action::ListDelegations),
        ("read delegation", |c| Action::ReadDelegation(c)),
        ("prepare delegation", |c| Action::PrepareDelegation(c)),
        ("review delegation", |c| Action::ReviewDelegation(c)),
        ("read identity", |c| Action::ReadIdentity(c)),
        ("clear member", |c| Action::ClearMember(c)),
        ("read passport", |c| Action::ReadPassport(c)),
        ("read document", |c| Action::ReadDocument(c)),
        ("review document", |c| Action::ReviewDocument(c)),
        ("list full powers", |_| Action::ListFullPowers),
        ("read full powers", |c| Action::ReadFullPowers(c)),
        ("lodge full powers", |c| Action::LodgeFullPowers(c)),
        ("check full powers", |c| Action::CheckFullPowers(c)),
        ("read record", |_| Action::ReadRecord),
        ("record act", |_| Action::RecordAct),
        ("export delegations", |_| Action::ExportDelegations),
    ];

    #[test]
    fn the_truth_table_is_as_committed() {
        let code = ParticipantCode::parse("FRA").unwrap();
        let mut table = String::from("                      adm acc tre pro sec gat aud foc\n");
        for (name, action) in ACTIONS {
            table += &format!("{name:<21}");
            for role in Role::ALL {
                table += match judge(*role, action(&code)) {
                    Verdict::Allowed => "  + ",
                    Verdict::Forbidden => "  - ",
                    Verdict::Invisible => "    ",
                };
            }
            table = table.trim_end().to_owned() + "\n";
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn r38_another_participants_business_does_not_exist_for_a_focal_point() {
        let (own, other) =
            (ParticipantCode::parse("FRA").unwrap(), ParticipantCode::parse("DEU").unwrap());
        let known = Known {
            account: AccountId::fresh(),
            token: TokenId::fresh(),
            role: Role::FocalPoint,
            participants: vec![own.clone()],
            must_change_password: false,
        };
        let actor = known.asking(Request { id: "r".into(), idempotency: None, is_dry_run: false });
        for (_, action) in ACTIONS {
            if action(&other).participant().is_some() {
                assert_eq!(actor.permit(action(&other)).unwrap_err(), Denied::Invisible);
                assert_ne!(actor.permit(action(&own)).err(), Some(Denied::Invisible));
            }
        }
    }
}
