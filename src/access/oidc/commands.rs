//! Logging in by a provider: whom it vouches for gets a login of the account that they open, made where the settings say.

use serde_json::json;

use super::discovery::Unreached;
use super::model::{Begun, Grant, Link, Vouched};
use super::provider::{Provider, Unvouched};
use super::store;
use crate::access::actor::Permit;
use crate::access::identities::{self, Identity};
use crate::access::logins::{self, Added, Entrance, Lasting};
use crate::access::model::{Account, Password};
use crate::access::passwords::{Passwords, TooBusy};
use crate::access::store as accounts;
use crate::access::tries::{Attempt, Door, Refused, Tries, Who};
use crate::access::{factors, keys};
use crate::db::{Answer, Db, Event, Events, Scope, Shut, Tx, Written};
use crate::ids::{AccountId, IdentityId};
use crate::network::Network;
use crate::page::Version;
use crate::secret;

/// Why a login by a provider was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider vouches for nobody.
    #[error(transparent)]
    Unvouched(#[from] Unvouched),
    /// What the browser kept is not what comes back, is too old, or was used.
    #[error("nothing that was begun is finished by this")]
    NothingBegun,
    /// The settings make nothing of this person, or something else than before; or their account is closed. The answer does
    /// not say which.
    #[error("this person has no task here")]
    NothingGranted,
    /// The provider does not say what an account needs.
    #[error("the provider gives no address that it may vouch for")]
    NoAddress,
    /// Somebody else's account, or their own, has this address. Whose it is, an address does not prove.
    #[error("an account with this address exists")]
    EmailTaken,
    /// The person opens another account already.
    #[error("the person opens another account")]
    OpensAnother,
    /// The account was made for somebody else's identity, or for another one of theirs, and is opened by nothing else.
    #[error("the account was made for another identity")]
    MadeForAnother,
    /// A try was not granted.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Too many passwords are being hashed.
    #[error(transparent)]
    TooBusy(#[from] TooBusy),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

impl From<Unreached> for Error {
    fn from(unreached: Unreached) -> Self {
        Unvouched::from(unreached).into()
    }
}

/// A login, and what is needed to make one.
pub struct Finish<'a> {
    /// The database.
    pub db: &'a Db,
    /// For accounts that are made: they have a password that nobody knows.
    pub passwords: &'a Passwords,
    /// Who vouches.
    pub provider: &'a Provider,
    /// How long a login lasts.
    pub lasting: Lasting,
    /// What is counted of answers that prove nothing.
    pub tries: &'a Tries,
    /// Where they come from.
    pub from: Network,
    /// The request, for the audit trail.
    pub request_id: &'a str,
}

/// Whom an answer opens an account for.
enum Opened {
    /// They open it, and did before.
    Known(Identity),
    /// They open it from now on.
    New(Identity, &'static str),
    /// They did, and the settings do not make them what it is any more.
    Demoted(Identity),
}

/// What comes of it. That somebody was turned away is written down, and so is no error.
enum Outcome {
    Entered(Box<Entrance>),
    Demoted,
}

impl Answer for Outcome {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Entered(entrance) => entrance.body(),
            Self::Demoted => ().body(),
        }
    }
}

impl Finish<'_> {
    /// Logs somebody in who comes back from their provider with a code.
    pub async fn run(&self, begun: &Begun, code: &str) -> Result<Entrance, Error> {
        let vouched = self.vouched(begun, code).await?;
        let hash = self.hash_where_new(begun, &vouched).await?;
        let token = format!("hcs_{}", secret::random_text());
        let written = self
            .db
            .write(Permit::service(self.request_id), async |tx| {
                let now = tx.now;
                if !store::spend(tx, &begun.state, now, begun.until).await? {
                    return Err(Error::NothingBegun);
                }
                let opened = self.open(tx, begun, &vouched, hash.as_deref()).await?;
                let (identity, made) = match opened {
                    Opened::Known(identity) => (identity, None),
                    Opened::New(identity, kind) => (identity, Some(kind)),
                    Opened::Demoted(identity) => {
                        return Ok((Outcome::Demoted, demoted(tx, &identity).await?.into()));
                    }
                };
                // The account is held by now: an identity that was taken away before is gone, one that is to be waits.
                if !identities::note_use(tx, identity.id, now).await? {
                    return Err(Error::NothingGranted);
                }
                let account = self.held(tx, identity.account).await?;
                let entrance = self.enter(tx, account, &vouched, token.clone()).await?;
                let by = json!({ "by": self.provider.issuer });
                let entered = Event::of("account.logged_in", identity.account.uuid()).with(&by);
                let mut events = Events::from(entered);
                if let Some(kind) = made {
                    events.push(told(kind, &entrance.account, self.provider));
                }
                Ok((Outcome::Entered(Box::new(entrance)), events))
            })
            .await?;
        match written {
            Written::Fresh(Outcome::Entered(entrance))
            | Written::DryRun(Outcome::Entered(entrance)) => Ok(*entrance),
            Written::Fresh(Outcome::Demoted) | Written::DryRun(Outcome::Demoted) => {
                Err(Error::NothingGranted)
            }
            Written::Replayed(_) => Err(Error::NothingBegun),
        }
    }

    /// Asks the provider. Each answer makes us ask, so whoever comes with wrong ones waits; not so, whose provider is down.
    async fn vouched(&self, begun: &Begun, code: &str) -> Result<Vouched, Error> {
        let attempt = Attempt { door: Door::LogIn, who: Who::Nobody, from: self.from };
        let granted = self.tries.take(self.db, &attempt).await?;
        let vouched = self.provider.vouch(begun, code, self.db.clock.now()).await;
        if matches!(vouched, Ok(_) | Err(Unvouched::Unreached(_))) {
            self.tries.give_back(self.db, &granted).await?;
        }
        Ok(vouched?)
    }

    /// The hash of a password that nobody knows, for an account that may be made. Hashing takes time: not under locks, and not
    /// where there is one.
    async fn hash_where_new(
        &self,
        begun: &Begun,
        vouched: &Vouched,
    ) -> Result<Option<String>, Error> {
        let mut tx = self.db.read(&Scope::public()).await?;
        let known = identities::find(&mut tx, &vouched.issuer, &vouched.subject).await?;
        drop(tx);
        if begun.link.is_some() || known.is_some() || self.grant(vouched).is_none() {
            return Ok(None);
        }
        let password = Password::parse(&secret::random_text()).map_err(|_| TooBusy)?;
        Ok(Some(self.passwords.hash(&password).await?))
    }

    fn grant(&self, vouched: &Vouched) -> Option<&Grant> {
        vouched.granted(&self.provider.claim, &self.provider.grants)
    }

    /// The account that is opened, its row locked, where it is open.
    async fn held(&self, tx: &mut Tx<'_>, id: AccountId) -> Result<Account, Error> {
        let today = tx.now.date_naive();
        let account = accounts::lock(tx, id, today).await?;
        account.filter(|account| account.disabled_at.is_none()).ok_or(Error::NothingGranted)
    }

    async fn open(
        &self,
        tx: &mut Tx<'_>,
        begun: &Begun,
        vouched: &Vouched,
        hash: Option<&str>,
    ) -> Result<Opened, Error> {
        let known = identities::find(tx, &vouched.issuer, &vouched.subject).await?;
        match (known, begun.link) {
            (Some(known), link) => self.open_again(tx, vouched, known, link).await,
            (None, Some(link)) => self.link(tx, vouched, link).await,
            (None, None) => self.make(tx, vouched, hash).await,
        }
    }

    /// Somebody who opens an account already. What the settings made, they have to go on making.
    async fn open_again(
        &self,
        tx: &mut Tx<'_>,
        vouched: &Vouched,
        known: Identity,
        link: Option<Link>,
    ) -> Result<Opened, Error> {
        if link.is_some_and(|link| link.account != known.account) {
            return Err(Error::OpensAnother);
        }
        let account = self.held(tx, known.account).await?;
        let Provider { claim, grants, .. } = self.provider;
        if known.is_granted && !vouched.is_still(&account, claim, grants) {
            return Ok(Opened::Demoted(known));
        }
        Ok(Opened::Known(known))
    }

    /// Somebody who began while logged in, and still is: from now on they open that account by their provider, too. Every other
    /// login of the account ends.
    async fn link(&self, tx: &mut Tx<'_>, vouched: &Vouched, link: Link) -> Result<Opened, Error> {
        let (account, now) = (self.held(tx, link.account).await?, tx.now);
        if !store::still_stands(tx, link).await? {
            return Err(Error::NothingBegun);
        }
        // A second way in would go past the word of the provider for whose person the account was made.
        if identities::opens_alone(tx, account.id).await? {
            return Err(Error::MadeForAnother);
        }
        accounts::touch(tx, account.id, now).await?;
        logins::end_all(tx, account.id, Some(link.login)).await?;
        let identity = identity(tx, vouched, account.id, false);
        if !identities::insert(tx, &identity, &vouched.subject).await? {
            return Err(Error::OpensAnother);
        }
        Ok(Opened::New(identity, "account.identity_linked"))
    }

    /// Somebody new, whom the settings make something here. Nobody knows the account's password.
    async fn make(
        &self,
        tx: &mut Tx<'_>,
        vouched: &Vouched,
        hash: Option<&str>,
    ) -> Result<Opened, Error> {
        let Grant { role, participant, .. } = self.grant(vouched).ok_or(Error::NothingGranted)?;
        let email = vouched.email(&self.provider.email_domains).ok_or(Error::NoAddress)?;
        let (name, now) = (vouched.name().ok_or(Error::NoAddress)?, tx.now);
        let account = Account {
            id: AccountId::fresh(),
            email,
            name,
            role: *role,
            participants: participant.iter().cloned().collect(),
            must_change_password: false,
            disabled_at: None,
            created_at: now,
            updated_at: now,
            version: Version(1),
        };
        if !accounts::insert(tx, &account, hash.ok_or(Error::NothingBegun)?).await? {
            // It may be theirs, made a moment ago by another login of theirs.
            let known = identities::find(tx, &vouched.issuer, &vouched.subject).await?;
            return self.open_again(tx, vouched, known.ok_or(Error::EmailTaken)?, None).await;
        }
        if let Some(code) = participant {
            if !accounts::hold_participant(tx, code).await? {
                return Err(Error::NothingGranted);
            }
            accounts::insert_focal_point(tx, account.id, code, None, now).await?;
        }
        let identity = identity(tx, vouched, account.id, true);
        if !identities::insert(tx, &identity, &vouched.subject).await? {
            return Err(Error::OpensAnother);
        }
        Ok(Opened::New(identity, "account.created"))
    }

    /// A login of somebody for whom the provider vouches. What is grave counts from when they showed it who they are. Where the
    /// account has a second factor and the provider tells of none, the login is good for nothing but to show ours.
    async fn enter(
        &self,
        tx: &mut Tx<'_>,
        account: Account,
        vouched: &Vouched,
        token: String,
    ) -> Result<Entrance, Error> {
        let (id, held) = (account.id, self.db.clock.held());
        let must_step_up = !factors::find(tx, id).await?.is_none()
            && !vouched.showed_second_factor(&self.provider.second_factor_amr);
        let added = logins::insert(tx, id, &token, self.lasting, held).await?;
        let Added { expires_at, must_enrol } = added;
        store::prove(tx, &token, vouched.proven_at, must_step_up).await?;
        Ok(Entrance { account, token, expires_at, must_enrol, must_step_up })
    }
}

/// An identity that is to be: this person, for this account.
fn identity(tx: &Tx<'_>, vouched: &Vouched, account: AccountId, is_granted: bool) -> Identity {
    Identity {
        id: IdentityId::fresh(),
        issuer: vouched.issuer.clone(),
        account,
        is_granted,
        linked_at: tx.now,
        last_used_at: None,
    }
}

/// What follows when the settings do not make somebody any more what their account is: whatever it opened is shut, at the first
/// moment at which we hear of it. The account itself is for an administrator to close.
async fn demoted(tx: &mut Tx<'_>, identity: &Identity) -> Result<Event, Error> {
    let id = identity.account;
    logins::end_all(tx, id, None).await?;
    keys::delete_all(tx, id).await?;
    let by = json!({ "by": identity.issuer });
    Ok(Event::of("account.grant_ended", id.uuid()).with(&by))
}

fn told(kind: &'static str, account: &Account, provider: &Provider) -> Event {
    let told = json!({
        "email": account.email, "role": account.role, "participants": account.participants, "by": provider.issuer,
    });
    let event = Event::of(kind, account.id.uuid()).with(&told);
    match account.participants.first() {
        Some(code) => event.participant(code),
        None => event,
    }
}
