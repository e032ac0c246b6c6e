//! One's own password.

use serde_json::json;

use super::actor::Actor;
use super::commands::Error;
use super::model::{Password, PasswordOrigin, PasswordRule};
use super::passwords::Passwords;
use super::policy::{Action, Denied};
use super::refusals::Refusals;
use super::tries::{Attempt, Door, Tries, Who};
use super::{factors, logins, store};
use crate::config;
use crate::db::{Db, Event, Scope, Written};
use crate::network::Network;

/// The password that somebody has, and the one that they want.
pub struct PasswordPair {
    /// As they say that it is.
    pub current: Password,
    /// As it is to be.
    pub new: Password,
}

/// Changes one's own password, which ends every other login.
pub async fn change_password(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    refusals: &Refusals,
    settings: &config::Access,
    (actor, from): (&Actor, Network),
    PasswordPair { current, new }: PasswordPair,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;
    let attempt = Attempt { door: Door::OwnPassword, who: Who::Account(actor.account()), from };
    let (granted, place) = tries.take_with_place(db, passwords, &attempt).await?;
    let mut tx = db.read(&Scope::public()).await?;
    let today = db.clock.now().date_naive();
    let account = store::find(&mut tx, actor.account(), today).await?.ok_or(Denied::Unknown)?;
    let stored = store::find_password(&mut tx, account.id).await?;
    let has_factor = !factors::find(&mut tx, account.id).await?.is_none();
    drop(tx);
    if !place.verify(&current, stored.clone()).await? {
        let (wrong, id) = (Error::WrongPassword, permit.request_id());
        refusals.note_wrong(db, "password.refused", (account.id, "password"), &wrong, id);
        return Err(wrong);
    }
    tries.give_back(db, &granted).await?;
    // Who gave the password out would still know it.
    if new.expose() == current.expose() {
        return Err(Error::PasswordUnchanged);
    }
    let new = new.chosen(&PasswordRule::of(settings, has_factor)).map_err(Error::WeakPassword)?;
    new.apart_from(&account.email, &account.name).map_err(Error::WeakPassword)?;
    let needs_factor = !new.is_long_enough(&PasswordRule::of(settings, false));
    let hash = passwords.hash(&new).await?;

    db.write(permit, async |tx| {
        // Verified outside the transaction: what was verified must still be what stands.
        if store::lock_password(tx, actor.account()).await? != stored {
            return Err(Error::WrongPassword);
        }
        let now = tx.now;
        let origin = PasswordOrigin::Chosen { needs_factor };
        store::save_password(tx, actor.account(), &hash, origin, now).await?;
        logins::end_all(tx, actor.account(), actor.token()).await?;
        let event = Event::of("account.password_changed", actor.account().uuid())
            .with(&json!({ "password": "changed" }));
        Ok(((), event))
    })
    .await
}
