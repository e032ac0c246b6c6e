//! How a forgotten password is replaced.

use chrono::Duration;
use serde_json::json;

use super::store::{self, Request};
use crate::access::actor::Permit;
use crate::access::code::Code;
use crate::access::commands::Error;
use crate::access::logins;
use crate::access::model::{Password, PasswordOrigin};
use crate::access::passwords::Passwords;
use crate::access::policy::Denied;
use crate::access::store as accounts;
use crate::access::tries::{Attempt, Door, Tries, Who};
use crate::db::{Db, Event, Scope, Written};
use crate::ids::{AccountId, ResetRequestId};
use crate::mail::{Letter, LetterKind, Mail, Reader};
use crate::network::Network;
use crate::text::Email;
use crate::vault::Wrapped;

/// The first letters of every code for a new password.
const PREFIX: &str = "hcr_";

/// Notes that somebody asks for a new password. The same is done for every address: whether it has an account, the worker
/// finds out afterwards. Each time counts as a failure, so that nobody asks without end.
pub async fn ask(db: &Db, tries: &Tries, email: &Email, from: Network) -> Result<(), Error> {
    let attempt = Attempt { door: Door::PasswordReset, who: Who::Email(email), from };
    let _counted = tries.take(db, &attempt).await?;
    let (id, now) = (ResetRequestId::fresh(), db.clock.now());
    db.note_sealed(async |conn, vault| {
        let mark = vault.marking().mark("password_reset", email.as_str());
        let sealed = vault.seal_box(Wrapped::ResetRequest, id, email.as_str().as_bytes());
        store::insert_request(conn, id, &mark, &sealed, now).await
    })
    .await?;
    Ok(())
}

/// Answers those who asked: sends a code where the address has an open account. Says how many had asked.
pub async fn answer_requests(db: &Db, minutes: u32) -> Result<usize, Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let requests = store::list_requests(&mut tx).await?;
    drop(tx);
    for request in &requests {
        match account_of(db, request).await? {
            Some(account) => match send_code(db, request.id, account, minutes).await {
                // Another worker was faster.
                Ok(()) | Err(Error::AlreadySo) => {}
                Err(error) => return Err(error),
            },
            None => {
                db.note(async |conn| store::delete_request(conn, request.id).await).await?;
            }
        }
    }
    Ok(requests.len())
}

/// The open account of the address in a request. An address that cannot be read, under another key than ours, has none.
async fn account_of(db: &Db, request: &Request) -> Result<Option<AccountId>, Error> {
    let Ok(plain) = db.vault.open_box(Wrapped::ResetRequest, request.id, &request.sealed) else {
        return Ok(None);
    };
    let email = str::from_utf8(&plain).ok().and_then(|text| Email::parse(text).ok());
    let Some(email) = email else { return Ok(None) };
    let mut tx = db.read(&Scope::public()).await?;
    Ok(store::find_open(&mut tx, &email).await?)
}

async fn send_code(
    db: &Db,
    request: ResetRequestId,
    account: AccountId,
    minutes: u32,
) -> Result<(), Error> {
    let code = Code::fresh(PREFIX);

    db.write(Permit::service("password-reset"), async |tx| {
        let now = tx.now;
        let expires_at = now + Duration::minutes(minutes.into());
        if !store::delete_request(tx, request).await? {
            return Err(Error::AlreadySo);
        }
        let event = Event::of("account.password_reset_asked", account.uuid());
        if !store::save(tx, account, &code, now, expires_at).await? {
            return Ok(((), event));
        }
        let letter = Letter::opening(LetterKind::PasswordReset, code.expose(), expires_at);
        let mail = Mail { to: Reader::Account(account), participant: None, letter };
        Ok(((), event.mailing(mail)))
    })
    .await
    .map(drop)
}

/// The code that somebody brings, and the password that they choose.
pub struct Chosen<'a> {
    /// The code.
    pub code: &'a Code,
    /// The password.
    pub new: &'a Password,
    /// Where they are.
    pub from: Network,
    /// The request's id.
    pub request_id: &'a str,
}

/// Sets the password that somebody chose, who brings the code that was sent to them. Every login of the account ends; its
/// second factor stays. The password is hashed before anything is looked up, so that every refusal takes as long.
pub async fn confirm(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    chosen: Chosen<'_>,
) -> Result<Written<()>, Error> {
    let Chosen { code, new, from, request_id } = chosen;
    let attempt = Attempt { door: Door::PasswordReset, who: Who::Nobody, from };
    let (granted, place) = tries.take_with_place(db, passwords, &attempt).await?;
    let hash = place.hash(new).await?;

    db.write(Permit::service(request_id), async |tx| {
        let now = tx.now;
        let id = store::take(tx, code, now).await?.ok_or(Error::CodeOpensNothing)?;
        let account = accounts::find(tx, id, now.date_naive()).await?.ok_or(Denied::Unknown)?;
        new.apart_from(&account.email, &account.name).map_err(Error::WeakPassword)?;
        let origin = PasswordOrigin::Chosen { needs_factor: false };
        accounts::save_password(tx, id, &hash, origin, now).await?;
        logins::end_all(tx, id, None).await?;
        // Whoever was locked out by a flood comes in with the new one.
        tries.forget(tx, db, Door::LogIn, Who::Email(&account.email)).await?;
        granted.succeed(tx).await?;
        let event = Event::of("account.password_changed", id.uuid())
            .with(&json!({ "password": "changed", "by": "reset" }));
        Ok(((), event))
    })
    .await
}
