//! What accounts do and what is done to them.

use serde_json::json;

use super::actor::{Actor, Permit};
use super::model::{Account, Password, Role};
use super::passwords::{Passwords, TooBusy};
use super::policy::{Action, Denied, Verdict, judge};
use super::store;
use crate::db::{Created, Db, Event, Shut, Written};
use crate::ids::AccountId;
use crate::page::{IfMatch, Stale, Version};
use crate::secret;
use crate::text::{Email, ParticipantCode, PersonName};

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
    /// The account's state is already so.
    #[error("the account is already in this state")]
    AlreadySo,
    /// The password that was given to somebody is the one that they want to keep.
    #[error("the new password is the present one")]
    PasswordUnchanged,
    /// Without this account nobody could make or open another one.
    #[error("the account is the last administrator's")]
    LastAdministrator,
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

/// A login, with its token: shown this once.
pub struct Login {
    /// Who logged in.
    pub account: Account,
    /// `hcs_…`
    pub token: String,
    /// When it ends.
    pub expires_at: chrono::DateTime<chrono::Utc>,
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

/// Gives an account a new first password and ends its logins: for who forgot, and for the keeper of the server.
pub async fn reset_password(
    db: &Db,
    passwords: &Passwords,
    actor: &Actor,
    id: AccountId,
    if_match: &IfMatch,
) -> Result<Written<Invited>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;
    replace_password(db, passwords, permit, id, if_match).await
}

/// The same from the command line of the server, by address.
pub async fn reset_password_at_server(
    db: &Db,
    passwords: &Passwords,
    email: &Email,
) -> Result<Invited, Error> {
    let mut tx = db.read(&crate::db::Scope::public()).await?;
    let id = store::find_by_email(&mut tx, email).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let permit = Permit::service("command-line");
    match replace_password(db, passwords, permit, id, &IfMatch::Any).await? {
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
    permit: Permit,
    id: AccountId,
    if_match: &IfMatch,
) -> Result<Written<Invited>, Error> {
    let (initial_password, hash) = fresh_password(passwords).await?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let account = store::lock(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        if_match.check(account.version)?;
        store::save_password(tx, id, &hash, true, now).await?;
        store::delete_tokens(tx, id, None).await?;
        let account = store::find(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        let event =
            Event::of("account.password_reset", id.uuid()).with(&json!({ "password": "changed" }));
        Ok((Invited { account, initial_password: initial_password.clone() }, event))
    })
    .await
}

/// Closes an account, which ends its logins at once, or opens it again.
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
            store::delete_tokens(tx, id, None).await?;
        }
        let kind = if is_disabled { "account.disabled" } else { "account.enabled" };
        Ok((account, Event::of(kind, id.uuid())))
    })
    .await
}

/// Lets somebody in who knows the password. Whether the account exists, neither answer nor time tells.
pub async fn log_in(
    db: &Db,
    passwords: &Passwords,
    email: &Email,
    password: &Password,
    hours: u32,
    request_id: &str,
) -> Result<Login, Error> {
    let mut tx = db.read(&crate::db::Scope::public()).await?;
    let found = store::find_login(&mut tx, email).await?;
    // The hashing may wait its turn: the connection does not wait with it.
    drop(tx);
    let (verified, hash) = found.map(|found| ((found.id, found.version), found.hash)).unzip();
    let is_right = passwords.verify(password, hash).await?;
    let (id, version) = verified.filter(|_| is_right).ok_or(Error::WrongPassword)?;
    let token = format!("hcs_{}", secret::random_text());

    let written = db
        .write(Permit::service(request_id), async |tx| {
            let now = tx.now;
            // Verified outside the transaction: a password that was replaced meanwhile, or an account that was closed
            // (and perhaps opened again), ended all logins, and this one with them.
            let account = store::lock(tx, id, now.date_naive())
                .await?
                .filter(|a| a.disabled_at.is_none() && a.version == version)
                .ok_or(Error::WrongPassword)?;
            let expires_at = store::expiry(now, hours);
            store::insert_token(tx, id, &token, now, expires_at).await?;
            let event = Event::of("account.logged_in", id.uuid());
            Ok::<_, Error>((Login { account, token: token.clone(), expires_at }, event))
        })
        .await?;
    match written {
        Written::Fresh(login) | Written::DryRun(login) => Ok(login),
        Written::Replayed(_) => Err(Error::AlreadySo),
    }
}

/// Ends the login that the request came with.
pub async fn log_out(db: &Db, actor: &Actor) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        store::delete_token(tx, actor.token()).await?;
        Ok(((), Event::of("account.logged_out", actor.account().uuid())))
    })
    .await
}

/// Changes one's own password, which ends every other login.
pub async fn change_password(
    db: &Db,
    passwords: &Passwords,
    actor: &Actor,
    current: &Password,
    new: &Password,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;
    let mut tx = db.read(&crate::db::Scope::public()).await?;
    let today = db.clock.now().date_naive();
    let account = store::find(&mut tx, actor.account(), today).await?.ok_or(Denied::Unknown)?;
    let stored = store::find_login(&mut tx, &account.email).await?.map(|found| found.hash);
    drop(tx);
    if !passwords.verify(current, stored.clone()).await? {
        return Err(Error::WrongPassword);
    }
    // Who gave the password out would still know it.
    if new.expose() == current.expose() {
        return Err(Error::PasswordUnchanged);
    }
    let hash = passwords.hash(new).await?;

    db.write(permit, async |tx| {
        // Verified outside the transaction: what was verified must still be what stands.
        if store::lock_password(tx, actor.account()).await? != stored {
            return Err(Error::WrongPassword);
        }
        let now = tx.now;
        store::save_password(tx, actor.account(), &hash, false, now).await?;
        store::delete_tokens(tx, actor.account(), Some(actor.token())).await?;
        let event = Event::of("account.password_changed", actor.account().uuid())
            .with(&json!({ "password": "changed" }));
        Ok(((), event))
    })
    .await
}

async fn fresh_password(passwords: &Passwords) -> Result<(String, String), Error> {
    let plain = secret::initial_password();
    let password = Password::parse(&plain).map_err(|_| TooBusy)?;
    let hash = passwords.hash(&password).await?;
    Ok((plain, hash))
}
