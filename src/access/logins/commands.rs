//! What is done with logins.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::Lasting;
use super::store;
use crate::access::actor::{Actor, Known, Permit};
use crate::access::commands::Error;
use crate::access::model::{Account, Password};
use crate::access::passwords::Passwords;
use crate::access::policy::{Action, Denied};
use crate::access::store as accounts;
use crate::db::{Db, Event, Scope, Written};
use crate::ids::{AccountId, TokenId};
use crate::secret;
use crate::text::Email;

/// A new login, with its token: shown this once.
pub struct Entrance {
    /// Who logged in.
    pub account: Account,
    /// `hcs_…`
    pub token: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Who comes with this token, if it stands.
pub async fn recognize(
    db: &Db,
    lasting: Lasting,
    token: &str,
) -> Result<Option<Known>, sqlx::Error> {
    let held = db.clock.held();
    let mut tx = db.read(&Scope::public()).await?;
    let Some((known, is_to_be_noted)) = store::find_known(&mut tx, token, lasting, held).await?
    else {
        return Ok(None);
    };
    drop(tx);
    if is_to_be_noted {
        let id = known.token;
        // That a use could not be noted is no reason to turn somebody away.
        if let Err(error) = db.note(async |conn| store::note_use(conn, id, held).await).await {
            tracing::debug!(code = crate::db::sqlstate(&error), "could not note a use");
        }
    }
    Ok(Some(known))
}

/// Lets somebody in who knows the password. Whether the account exists, neither answer nor time tells.
pub async fn log_in(
    db: &Db,
    passwords: &Passwords,
    email: &Email,
    password: &Password,
    lasting: Lasting,
    request_id: &str,
) -> Result<Entrance, Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let found = store::find_verifiable(&mut tx, email).await?;
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
            let account = accounts::lock(tx, id, now.date_naive())
                .await?
                .filter(|a| a.disabled_at.is_none() && a.version == version)
                .ok_or(Error::WrongPassword)?;
            let expires_at = store::insert(tx, id, &token, lasting, db.clock.held()).await?;
            let event = Event::of("account.logged_in", id.uuid());
            Ok::<_, Error>((Entrance { account, token: token.clone(), expires_at }, event))
        })
        .await?;
    match written {
        Written::Fresh(entrance) | Written::DryRun(entrance) => Ok(entrance),
        Written::Replayed(_) => Err(Error::AlreadySo),
    }
}

/// Ends the login that the request came with.
pub async fn log_out(db: &Db, actor: &Actor) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        store::delete(tx, actor.account(), actor.token()).await?;
        Ok(((), Event::of("account.logged_out", actor.account().uuid())))
    })
    .await
}

/// Ends one of one's own logins, wherever it is used.
pub async fn end(db: &Db, actor: &Actor, id: TokenId) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        if !store::delete(tx, actor.account(), id).await? {
            return Err(Denied::Invisible.into());
        }
        Ok(((), ended(actor.account(), 1)))
    })
    .await
}

/// Ends all of one's own logins but the one that the request came with.
pub async fn end_others(db: &Db, actor: &Actor) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        let count = store::delete_all(tx, actor.account(), Some(actor.token())).await?;
        Ok(((), ended(actor.account(), count)))
    })
    .await
}

/// Ends all logins of somebody's account, which stays open.
pub async fn end_all_of(db: &Db, actor: &Actor, id: AccountId) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepAccounts)?;

    db.write(permit, async |tx| {
        // The row is held: a login that is on its way in has come in before, or finds another version.
        let now = tx.now;
        accounts::lock(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        accounts::touch(tx, id, now).await?;
        let count = store::delete_all(tx, id, None).await?;
        Ok(((), ended(id, count)))
    })
    .await
}

fn ended(account: AccountId, count: u64) -> Event {
    Event::of("account.logins_ended", account.uuid()).with(&json!({ "count": count }))
}
