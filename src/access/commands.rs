//! What accounts do and what is done to them.

use serde_json::json;

use super::actor::{Actor, Permit};
use super::model::{Account, OfficeBound, Password, PasswordOrigin, Role};
use super::passwords::{Passwords, TooBusy};
use super::policy::{Action, Denied, Verdict, judge};
use super::store;
use super::tries::{Door, Refused, Tries, Who};
use super::{factors, identities, keys, logins};
use crate::db::{Created, Db, Event, Shut, Written};
use crate::ids::AccountId;
use crate::page::{IfMatch, Stale, Version};
use crate::secret;
use crate::text::{Email, Fault, ParticipantCode, PersonName};
use crate::vault::Unopened;

/// Why a command on accounts was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The address has an account.
    #[error("an account with this address exists")]
    EmailTaken,
    /// A focal point needs a participant, and only a focal point has one.
    #[error("a focal point has a participant, and nobody else has")]
    ParticipantMisplaced,
    /// The register does not know the participant.
    #[error("the register does not know this participant")]
    ParticipantUnknown,
    /// Address or password are wrong, or the account is closed: the answer does not say which.
    #[error("wrong address or password")]
    WrongPassword,
    /// The second factor.
    #[error(transparent)]
    Factor(#[from] factors::Refusal),
    /// There is one of this kind already.
    #[error("a second factor of this kind stands")]
    FactorStands,
    /// There is none of this kind.
    #[error("there is no second factor of this kind")]
    NoFactor,
    /// The address of the service is one of numbers, or its passkeys would be nobody's.
    #[error("passkeys need a name in the service's address")]
    NoName,
    /// A code could not be made.
    #[error("codes cannot be made: {0}")]
    Totp(#[from] totp_rs::TotpError),
    /// A secret of a second factor does not open.
    #[error(transparent)]
    Unopened(Unopened),
    /// A try was not granted.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The code for a new password opens nothing. Why, the answer does not say.
    #[error("the code opens nothing")]
    CodeOpensNothing,
    /// The account's state is already so.
    #[error("the account is already in this state")]
    AlreadySo,
    /// The password that was given to somebody is the one that they want to keep.
    #[error("the new password is the present one")]
    PasswordUnchanged,
    /// The password is little more than the name and the address of its owner.
    #[error(transparent)]
    WeakPassword(Fault),
    /// Without this account nobody could make or open another one.
    #[error("the account is the last administrator's")]
    LastAdministrator,
    /// Who speaks for a participant is appointed and ended, and not moved.
    #[error(transparent)]
    OfficeBound(#[from] OfficeBound),
    /// The account was made for somebody of an identity provider, and is opened by nothing else.
    #[error("the account was made for this identity")]
    MadeForIdentity,
    /// Somebody changed the account in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// Too many passwords are being checked.
    #[error(transparent)]
    TooBusy(#[from] TooBusy),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Whether somebody else could do this: the account is open, and its role permits it. For work that is handed to
/// colleagues, which is nobody's own participant's.
pub async fn may_another(
    conn: &mut sqlx::PgConnection,
    account: AccountId,
    action: Action<'_>,
) -> Result<bool, sqlx::Error> {
    let role = store::find_open_role(conn, account).await?;
    Ok(role.is_some_and(|role| judge(role, action) == Verdict::Allowed))
}

/// Who gets an account, and what for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The address that they log in with.
    pub email: Email,
    /// Their name.
    pub name: PersonName,
    /// What they are for.
    pub role: Role,
    /// For whom they speak; focal points only.
    pub participant: Option<ParticipantCode>,
}

/// A new account, or one with a new password, and that password: shown this once.
pub struct Invited {
    /// The account.
    pub account: Account,
    /// Its first password.
    pub initial_password: String,
}

/// Makes an account with a first password, which its owner must change.
pub async fn create_account(
    db: &Db,
    passwords: &Passwords,
    actor: &Actor,
    wanted: Wanted,
) -> Result<Written<Created<Invited>>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;
    insert_account(db, passwords, permit, wanted).await
}

/// Makes the first administrator, where there is no account yet. Answers nothing where there is.
pub async fn first_administrator(
    db: &Db,
    passwords: &Passwords,
    wanted: Wanted,
) -> Result<Option<Invited>, Error> {
    let mut tx = db.read(&crate::db::Scope::public()).await?;
    let today = db.clock.now().date_naive();
    if !store::list(&mut tx, today, None, None, None, crate::page::Limit::default())
        .await?
        .is_empty()
    {
        return Ok(None);
    }
    drop(tx);
    match insert_account(db, passwords, Permit::service("first-start"), wanted).await {
        Ok(Written::Fresh(Created(invited))) => Ok(Some(invited)),
        // Another service that starts on the same database was faster.
        Err(Error::EmailTaken) | Ok(Written::DryRun(_) | Written::Replayed(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn insert_account(
    db: &Db,
    passwords: &Passwords,
    permit: Permit,
    wanted: Wanted,
) -> Result<Written<Created<Invited>>, Error> {
    if (wanted.role == Role::FocalPoint) != wanted.participant.is_some() {
        return Err(Error::ParticipantMisplaced);
    }
    let (initial_password, hash) = fresh_password(passwords).await?;
    let (id, by) = (AccountId::fresh(), permit.account());

    db.write(permit, async |tx| {
        let account = Account {
            id,
            email: wanted.email.clone(),
            name: wanted.name.clone(),
            role: wanted.role,
            participants: wanted.participant.iter().cloned().collect(),
            must_change_password: true,
            disabled_at: None,
            created_at: tx.now,
            updated_at: tx.now,
            version: Version(1),
        };
        if !store::insert(tx, &account, &hash).await? {
            return Err(Error::EmailTaken);
        }
        let event = Event::of("account.created", id.uuid())
            .with(&json!({ "email": account.email, "role": account.role, "participants": account.participants }));
        let event = match &wanted.participant {
            Some(code) => {
                if !store::hold_participant(tx, code).await? {
                    return Err(Error::ParticipantUnknown);
                }
                store::insert_focal_point(tx, id, code, by, account.created_at).await?;
                event.participant(code)
            }
            None => event,
        };
        Ok((Created(Invited { account, initial_password: initial_password.clone() }), event))
    })
    .await
}

/// Gives an account a new first password and ends its logins and its keys: for who forgot, and for the keeper of the server.
pub async fn reset_password(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    actor: &Actor,
    id: AccountId,
    if_match: &IfMatch,
) -> Result<Written<Invited>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;
    replace_password(db, passwords, tries, permit, id, if_match).await
}

/// The same from the command line of the server, by address.
pub async fn reset_password_at_server(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    email: &Email,
) -> Result<Invited, Error> {
    let mut tx = db.read(&crate::db::Scope::public()).await?;
    let id = store::find_by_email(&mut tx, email).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let permit = Permit::service("command-line");
    match replace_password(db, passwords, tries, permit, id, &IfMatch::Any).await? {
        Written::Fresh(invited) | Written::DryRun(invited) => Ok(invited),
        Written::Replayed(_) => Err(Error::AlreadySo),
    }
}

/// Makes an account from the command line of the server.
pub async fn create_account_at_server(
    db: &Db,
    passwords: &Passwords,
    wanted: Wanted,
) -> Result<Invited, Error> {
    match insert_account(db, passwords, Permit::service("command-line"), wanted).await? {
        Written::Fresh(Created(invited)) | Written::DryRun(Created(invited)) => Ok(invited),
        Written::Replayed(_) => Err(Error::AlreadySo),
    }
}

async fn replace_password(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    permit: Permit,
    id: AccountId,
    if_match: &IfMatch,
) -> Result<Written<Invited>, Error> {
    let (initial_password, hash) = fresh_password(passwords).await?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let account = store::lock(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        if_match.check(account.version)?;
        store::save_password(tx, id, &hash, PasswordOrigin::Given, now).await?;
        logins::end_all(tx, id, None).await?;
        // Whoever had the account may have made a key of it.
        keys::delete_all(tx, id).await?;
        identities::delete_all(tx, id).await?;
        // Whoever was locked out, by a flood or by mistakes of their own, comes in with the new one.
        tries.forget(tx, db, Door::LogIn, Who::Email(&account.email)).await?;
        for door in [Door::OwnPassword, Door::SecondFactor] {
            tries.forget(tx, db, door, Who::Account(id)).await?;
        }
        let account = store::find(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        let event =
            Event::of("account.password_reset", id.uuid()).with(&json!({ "password": "changed" }));
        Ok((Invited { account, initial_password: initial_password.clone() }, event))
    })
    .await
}

/// Gives an account another name or another office. With another office its logins end at once.
pub async fn change_account(
    db: &Db,
    actor: &Actor,
    id: AccountId,
    if_match: &IfMatch,
    name: Option<&PersonName>,
    role: Option<Role>,
) -> Result<Written<Account>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;

    db.write(permit, async |tx| {
        let today = tx.now.date_naive();
        // All of them, and before the one in question, as where an account is closed.
        let administrators = store::lock_administrators(tx).await?;
        let before = store::lock(tx, id, today).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let after = before.clone().changed(name, role, tx.now)?;
        let is_moved = after.role != before.role;
        if is_moved && administrators == [id] {
            return Err(Error::LastAdministrator);
        }
        store::save_profile(tx, &after).await?;
        if is_moved {
            logins::end_all(tx, id, None).await?;
        }
        let told = |account: &Account| json!({ "name": account.name, "role": account.role });
        let event = Event::of("account.changed", id.uuid()).changed(&told(&before), &told(&after));
        Ok((after, event))
    })
    .await
}

/// Closes an account, which ends its logins and its keys at once, or opens it again.
pub async fn set_disabled(
    db: &Db,
    actor: &Actor,
    id: AccountId,
    if_match: &IfMatch,
    is_disabled: bool,
) -> Result<Written<Account>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;

    db.write(permit, async |tx| {
        let today = tx.now.date_naive();
        // All of them, and before the one in question: two administrators who close each other out do it in turn.
        let administrators =
            if is_disabled { store::lock_administrators(tx).await? } else { Vec::new() };
        let account = store::lock(tx, id, today).await?.ok_or(Denied::Invisible)?;
        if_match.check(account.version)?;
        if account.disabled_at.is_some() == is_disabled {
            return Err(Error::AlreadySo);
        }
        if administrators == [id] {
            return Err(Error::LastAdministrator);
        }
        let disabled_at = is_disabled.then_some(tx.now);
        let account =
            Account { disabled_at, updated_at: tx.now, version: account.version.next(), ..account };
        store::save_disabled(tx, &account).await?;
        if is_disabled {
            logins::end_all(tx, id, None).await?;
            keys::delete_all(tx, id).await?;
        }
        let kind = if is_disabled { "account.disabled" } else { "account.enabled" };
        Ok((account, Event::of(kind, id.uuid())))
    })
    .await
}

async fn fresh_password(passwords: &Passwords) -> Result<(String, String), Error> {
    let plain = secret::initial_password();
    let password = Password::parse(&plain).map_err(|_| TooBusy)?;
    let hash = passwords.hash(&password).await?;
    Ok((plain, hash))
}
