//! What is done with identities, but for coming in by them.

use serde_json::json;

use super::model::Identity;
use super::store;
use crate::access::actor::Actor;
use crate::access::commands::Error;
use crate::access::factors;
use crate::access::policy::{Action, Denied};
use crate::access::store as accounts;
use crate::access::{keys, logins};
use crate::db::{Db, Event, Written};
use crate::ids::{AccountId, IdentityId};

/// The identities that open one's own account.
pub async fn list_own(db: &Db, actor: &Actor) -> Result<Vec<Identity>, Error> {
    let scope = actor.see(Action::KeepOwnAccount)?;
    let mut tx = db.read(&scope).await?;
    Ok(store::list(&mut tx, actor.account()).await?)
}

/// The identities that open somebody's account.
pub async fn list_of(db: &Db, actor: &Actor, account: AccountId) -> Result<Vec<Identity>, Error> {
    let scope = actor.see(Action::KeepAccounts)?;
    let mut tx = db.read(&scope).await?;
    let today = db.clock.now().date_naive();
    accounts::find(&mut tx, account, today).await?.ok_or(Denied::Invisible)?;
    Ok(store::list(&mut tx, account).await?)
}

/// Lets an identity open one's own account no more. Every other login ends. Not the one that the account was made for: what it
/// is, it is as long as the settings grant it, and that is not for its owner to undo.
pub async fn remove_own(db: &Db, actor: &Actor, id: IdentityId) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let account = actor.account();

    db.write(permit, async |tx| {
        factors::hold(tx, actor).await?;
        let own = store::list(tx, account).await?;
        let identity = own.iter().find(|own| own.id == id).ok_or(Denied::Invisible)?;
        if identity.is_granted {
            return Err(Error::MadeForIdentity);
        }
        store::delete(tx, id).await?;
        Ok(((), unlinked(identity)))
    })
    .await
}

/// Lets an identity open somebody's account no more. All logins and keys of the account end.
pub async fn remove_of(
    db: &Db,
    actor: &Actor,
    account: AccountId,
    id: IdentityId,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::ResetFactors)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        accounts::lock(tx, account, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        let theirs = store::list(tx, account).await?;
        let identity = theirs.iter().find(|theirs| theirs.id == id).ok_or(Denied::Invisible)?;
        store::delete(tx, id).await?;
        accounts::touch(tx, account, now).await?;
        logins::end_all(tx, account, None).await?;
        keys::delete_all(tx, account).await?;
        Ok(((), unlinked(identity)))
    })
    .await
}

fn unlinked(identity: &Identity) -> Event {
    let told = json!({ "by": identity.issuer, "is_granted": identity.is_granted });
    Event::of("account.identity_unlinked", identity.account.uuid()).with(&told)
}
