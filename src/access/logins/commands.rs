//! What is done with logins.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::model::Lasting;
use super::store;
use crate::access::actor::{Actor, Known, Permit};
use crate::access::commands::Error;
use crate::access::factors::{self, FactorKind, Judged, Refusal, Shown};
use crate::access::identities;
use crate::access::model::{Account, Password};
use crate::access::passkeys::{self, Assertion};
use crate::access::passwords::Passwords;
use crate::access::policy::{Action, Denied};
use crate::access::refusals::{Rebuff, Refusals};
use crate::access::store as accounts;
use crate::access::tries::{Attempt, Door, Tries, Try, Who};
use crate::db::{Db, Event, Scope, Written};
use crate::ids::{AccountId, TokenId};
use crate::mail::{Letter, LetterKind, Mail, Reader};
use crate::network::Network;
use crate::page::Version;
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
    /// Whether it is good for nothing else until a second factor was added, or a longer password chosen.
    pub must_enrol: bool,
    /// Whether it is good for nothing but to show a second factor.
    pub must_step_up: bool,
}

/// What somebody shows to be let in.
pub struct Credentials<'a> {
    /// The address of their account.
    pub email: &'a Email,
    /// Their password.
    pub password: &'a Password,
    /// What their account asks beside it.
    pub factor: Option<Shown>,
    /// Where they are.
    pub from: Network,
}

/// Who comes with this token, if it stands.
pub async fn recognize(
    db: &Db,
    lasting: Lasting,
    token: &str,
) -> Result<Option<Known>, sqlx::Error> {
    let held = db.clock.held();
    let mut tx = db.read(&Scope::public()).await?;
    let Some((known, to_be_noted)) = store::find_known(&mut tx, token, lasting, held).await? else {
        return Ok(None);
    };
    drop(tx);
    if let Some(id) = to_be_noted {
        // That a use could not be noted is no reason to turn somebody away.
        if let Err(error) = db.note(async |conn| store::note_use(conn, id, held).await).await {
            tracing::debug!(code = crate::db::sqlstate(&error), "could not note a use");
        }
    }
    Ok(Some(known))
}

/// Lets somebody in who knows the password, and shows a second factor where the account has one. Whether the account
/// exists, neither answer nor time tells.
pub async fn log_in(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    refusals: &Refusals,
    credentials: &Credentials<'_>,
    lasting: Lasting,
    request_id: &str,
) -> Result<Entrance, Error> {
    let (who, from) = (Who::Email(credentials.email), credentials.from);
    let attempt = Attempt { door: Door::LogIn, who, from };
    let (granted, place) = tries.take_with_place(db, passwords, &attempt).await?;
    let mut tx = db.read(&Scope::public()).await?;
    let found = store::find_verifiable(&mut tx, credentials.email).await?;
    // The hashing may wait its turn: the connection does not wait with it.
    drop(tx);
    let (verified, hash) = found.map(|found| ((found.id, found.version), found.hash)).unzip();
    let is_right = place.verify(credentials.password, hash).await?;
    let account = verified.as_ref().map(|(id, _)| *id);
    let Some((id, version)) = verified.filter(|_| is_right) else {
        let refusal = Rebuff { kind: "login.refused", account, what: "password".to_owned() };
        refusals.note(db, refusal, request_id);
        return Err(Error::WrongPassword);
    };
    // The password is no guess: what is wrong from here on, the second factor counts for itself.
    tries.give_back(db, &granted).await?;
    let proven = async {
        let factor = factors::prove(db, tries, (id, from), credentials.factor.as_ref()).await?;
        enter(db, id, Some((version, granted)), factor, lasting, request_id).await
    };
    // Somebody has the password who does not have the factor.
    proven.await.inspect_err(|error| {
        refusals.note_wrong(db, "login.refused", (id, "second factor"), error, request_id);
    })
}

/// Lets somebody in by a passkey alone. How often their password or a code was guessed makes no difference to it.
pub async fn log_in_by_passkey(
    db: &Db,
    tries: &Tries,
    shown: &Assertion,
    from: Network,
    lasting: Lasting,
    request_id: &str,
) -> Result<Entrance, Error> {
    let attempt = Attempt { door: Door::SecondFactor, who: Who::Nobody, from };
    let proven = passkeys::prove(db, tries, &attempt, shown).await?;
    let factor = Some(Judged::passkey(proven));
    enter(db, proven.account, None, factor, lasting, request_id).await
}

/// Lets somebody in who has shown that it is they: by a password, for the version of the account to which it was shown, and
/// by the try that it took.
async fn enter(
    db: &Db,
    id: AccountId,
    by_password: Option<(Version, Try)>,
    factor: Option<Judged>,
    lasting: Lasting,
    request_id: &str,
) -> Result<Entrance, Error> {
    let token = format!("hcs_{}", secret::random_text());

    let written = db
        .write(Permit::service(request_id), async |tx| {
            let now = tx.now;
            // Verified outside the transaction: a password that was replaced meanwhile, a factor that came or went, or an
            // account that was closed (and perhaps opened again), ended all logins, and this one with them.
            let account = accounts::lock(tx, id, now.date_naive())
                .await?
                .filter(|a| {
                    let known = by_password.as_ref().map(|(version, _)| version);
                    a.disabled_at.is_none() && known.is_none_or(|known| a.version == *known)
                })
                .ok_or(Error::WrongPassword)?;
            // What a provider's word made is opened by its word alone, for as long as it gives it.
            if identities::opens_alone(tx, id).await? {
                return Err(Error::WrongPassword);
            }
            if let Some(factor) = &factor
                && !factor.spend(tx, id).await?
            {
                return Err(Refusal::Wrong.into());
            }
            if let Some((_, granted)) = &by_password {
                granted.remember(tx, id, now).await?;
            }
            let added = store::insert(tx, id, &token, lasting, db.clock.held()).await?;
            let store::Added { expires_at, must_enrol } = added;
            let event = Event::of("account.logged_in", id.uuid())
                .with(&json!({ "factor": kind(factor.as_ref()) }));
            // Whoever gave the password out knows it, too.
            let event = if account.must_change_password {
                event.mailing(Mail {
                    to: Reader::Account(id),
                    participant: None,
                    letter: Letter::notice(LetterKind::GivenPasswordUsed),
                })
            } else {
                event
            };
            let token = token.clone();
            Ok::<_, Error>((
                Entrance { account, token, expires_at, must_enrol, must_step_up: false },
                event,
            ))
        })
        .await?;
    match written {
        Written::Fresh(entrance) | Written::DryRun(entrance) => Ok(entrance),
        Written::Replayed(_) => Err(Error::AlreadySo),
    }
}

/// What somebody shows who is logged in.
#[derive(Debug)]
pub enum Renewal {
    /// The password, which is enough where there is nothing stronger.
    Password(Password),
    /// A second factor.
    Factor(Shown),
}

/// Until when what is grave is permitted.
pub struct Fresh {
    /// By the database's clock.
    pub until: DateTime<Utc>,
}

/// Shows once more that it is they: by the strongest that the account has, which is its password only where it has no
/// second factor.
pub async fn step_up(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    refusals: &Refusals,
    (actor, from): (&Actor, Network),
    renewal: &Renewal,
    lasting: Lasting,
) -> Result<Written<Fresh>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;
    let request_id = permit.request_id().to_owned();
    let renewed = renew(db, passwords, tries, (actor, from), permit, renewal, lasting).await;
    renewed.inspect_err(|error| {
        let what = match renewal {
            Renewal::Password(_) => "password",
            Renewal::Factor(_) => "second factor",
        };
        refusals.note_wrong(db, "step_up.failed", (actor.account(), what), error, &request_id);
    })
}

async fn renew(
    db: &Db,
    passwords: &Passwords,
    tries: &Tries,
    (actor, from): (&Actor, Network),
    permit: Permit,
    renewal: &Renewal,
    lasting: Lasting,
) -> Result<Written<Fresh>, Error> {
    let id = actor.account();
    let mut verified = None;
    let factor = match renewal {
        Renewal::Factor(shown) => factors::prove(db, tries, (id, from), Some(shown)).await?,
        Renewal::Password(password) => {
            let attempt = Attempt { door: Door::OwnPassword, who: Who::Account(id), from };
            let (granted, place) = tries.take_with_place(db, passwords, &attempt).await?;
            let mut tx = db.read(&Scope::public()).await?;
            let stored = accounts::find_password(&mut tx, id).await?;
            drop(tx);
            if !place.verify(password, stored.clone()).await? {
                return Err(Error::WrongPassword);
            }
            tries.give_back(db, &granted).await?;
            verified = stored;
            // Said to whoever knows the password alone, as at a login.
            factors::prove(db, tries, (id, from), None).await?
        }
    };

    let renewed = db.write(permit, async |tx| {
        // Verified outside the transaction: what was verified must still be what stands.
        let stored = accounts::lock_password(tx, id).await?;
        if verified.is_some() && stored != verified {
            return Err(Error::WrongPassword);
        }
        if let Some(factor) = &factor
            && !factor.spend(tx, id).await?
        {
            return Err(Refusal::Wrong.into());
        }
        let token = actor.token().ok_or(Denied::Forbidden)?;
        let until = store::renew(tx, token, lasting, db.clock.held()).await?;
        let until = until.ok_or(Denied::Unknown)?;
        let event = Event::of("account.stepped_up", id.uuid())
            .with(&json!({ "factor": kind(factor.as_ref()) }));
        Ok::<_, Error>((Fresh { until }, event))
    });
    let renewed = renewed.await?;
    // Of a dry run nothing is kept, and of a retry nothing is spent: what was shown was right all the same.
    if let (Written::DryRun(_) | Written::Replayed(_), Some(factor)) = (&renewed, &factor) {
        factor.give_back(db, tries).await?;
    }
    Ok(renewed)
}

/// By which factor, where by one.
fn kind(factor: Option<&Judged>) -> Option<FactorKind> {
    factor.map(|factor| factor.spending.kind())
}

/// Ends the login that the request came with.
pub async fn log_out(db: &Db, actor: &Actor) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        if let Some(token) = actor.token() {
            store::delete(tx, actor.account(), token).await?;
        }
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
        let count = store::delete_all(tx, actor.account(), actor.token()).await?;
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
