//! What is done with second factors.

use serde_json::json;

use super::model::{
    FactorKind, Factors, RECOVERY_CODES, RecoveryCode, Refusal, TotpCode, TotpSecret, seconds_left,
    step,
};
use super::store::{self, Spending};
use crate::access::actor::{Actor, Permit};
use crate::access::commands::Error;
use crate::access::logins;
use crate::access::model::Account;
use crate::access::passkeys::{self, Assertion};
use crate::access::policy::{Action, Denied};
use crate::access::store as accounts;
use crate::access::tries::{Attempt, Door, Tries, Try, Who};
use crate::db::{Created, Db, Event, Scope, Tx, Written};
use crate::ids::AccountId;
use crate::network::Network;
use crate::page::IfMatch;
use crate::secret;
use crate::text::Reason;
use crate::vault::Wrapped;

/// A second factor, as somebody shows it.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The answer of a device that signs.
    Passkey(Assertion),
    /// A code of the moment.
    Totp(TotpCode),
    /// A code from the paper.
    RecoveryCode(RecoveryCode),
}

/// A secret that is to be confirmed: shown this once.
pub struct Enrolled {
    /// To be typed.
    pub secret: String,
    /// To be read from a picture.
    pub link: String,
}

/// Codes for paper: shown this once.
pub struct Paper(pub Vec<String>);

/// The second factors of an account.
pub async fn of(db: &Db, account: AccountId) -> Result<Factors, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    store::find(&mut tx, account).await
}

/// A second factor that was found right, and is still to be spent.
pub struct Judged {
    /// What is to be spent.
    pub spending: Spending,
    /// The try that it took, where it is one that can be guessed.
    granted: Option<Try>,
}

impl Judged {
    /// What was shown where nobody guesses: a passkey.
    pub fn passkey(proven: passkeys::Proven) -> Self {
        Self { spending: Spending::Passkey(proven), granted: None }
    }

    /// Spends it, and gives its try back. Answers `false` where it was spent before, or is none of this account's: then its try
    /// has failed.
    pub async fn spend(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<bool, sqlx::Error> {
        let now = tx.now;
        if !store::spend(tx, account, self.spending, now).await? {
            return Ok(false);
        }
        if let Some(granted) = &self.granted {
            granted.succeed(tx).await?;
        }
        Ok(true)
    }

    /// Gives its try back where it was right and is not spent.
    pub async fn give_back(&self, db: &Db, tries: &Tries) -> Result<(), sqlx::Error> {
        match &self.granted {
            Some(granted) => tries.give_back(db, granted).await,
            None => Ok(()),
        }
    }
}

/// Looks at what somebody shows beside their password, which was right, and answers what is to be spent: nothing where
/// nothing is asked. A code takes a try before it is looked at. A passkey takes none: nobody can guess what it signs, and
/// nobody's guesses keep its owner out; a wrong one counts all the same.
pub async fn prove(
    db: &Db,
    tries: &Tries,
    (account, from): (AccountId, Network),
    shown: Option<&Shown>,
) -> Result<Option<Judged>, Error> {
    let attempt = Attempt { door: Door::SecondFactor, who: Who::Account(account), from };
    let Some(shown) = shown else {
        let factors = of(db, account).await?;
        let required = || Refusal::Required(factors.kinds()).into();
        return if factors.is_none() { Ok(None) } else { Err(required()) };
    };
    let (spending, granted) = match shown {
        Shown::Passkey(assertion) => {
            let proven = passkeys::prove(db, tries, &attempt, assertion).await?;
            (Spending::Passkey(proven), None)
        }
        Shown::RecoveryCode(code) => {
            let granted = tries.take(db, &attempt).await?;
            (Spending::RecoveryCode { hash: code.hash() }, Some(granted))
        }
        Shown::Totp(code) => {
            let granted = tries.take(db, &attempt).await?;
            of(db, account).await?.totp_since.ok_or(Refusal::Wrong)?;
            let (_, step) = try_code(db, account, code).await?;
            (Spending::Totp { step }, Some(granted))
        }
    };
    Ok(Some(Judged { spending, granted }))
}

/// The step of a code, with the sealed secret of which it was made.
async fn try_code(db: &Db, account: AccountId, code: &TotpCode) -> Result<(Vec<u8>, i64), Error> {
    let now = db.clock.now();
    let counted = db.note(async |conn| store::count_try(conn, account, step(now)).await).await?;
    let too_many = || Refusal::TooMany { retry_after_seconds: seconds_left(now) };
    let sealed = counted.ok_or_else(too_many)?;
    let secret = db.vault.open_box(Wrapped::Totp, account, &sealed).map_err(Error::Unopened)?;
    let step = TotpSecret::of(&secret).step_of(code, now)?.ok_or(Refusal::Wrong)?;
    Ok((sealed, step))
}

/// Gives a secret to an app, to be confirmed by a code.
pub async fn enrol(db: &Db, actor: &Actor) -> Result<Written<Created<Enrolled>>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let (id, secret) = (actor.account(), secret::random::<20>());

    db.write(permit, async |tx| {
        let today = tx.now.date_naive();
        let account = accounts::lock(tx, id, today).await?.ok_or(Denied::Unknown)?;
        let (now, sealed) = (tx.now, tx.vault.seal_box(Wrapped::Totp, id, &secret));
        if !store::enrol(tx, id, &sealed, now).await? {
            return Err(Error::FactorStands);
        }
        let (secret, link) = TotpSecret::of(&secret).shown(&account.email)?;
        Ok((Created(Enrolled { secret, link }), told("account.factor_enrolled", id)))
    })
    .await
}

/// Takes the app as a second factor from now on, after a first code of it. Every other login ends.
pub async fn confirm(db: &Db, actor: &Actor, code: &TotpCode) -> Result<Written<Paper>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let id = actor.account();
    match of(db, id).await? {
        Factors { totp_since: Some(_), .. } => return Err(Error::FactorStands),
        Factors { is_enrolling: false, .. } => return Err(Error::NoFactor),
        Factors { .. } => {}
    }
    let (sealed, step) = try_code(db, id, code).await?;
    let paper = paper();

    db.write(permit, async |tx| {
        hold(tx, actor).await?;
        let now = tx.now;
        if !store::confirm(tx, id, &sealed, step, now).await? {
            return Err(Refusal::Wrong.into());
        }
        replace_paper(tx, id, &paper).await?;
        Ok((Paper(paper.clone()), told("account.factor_added", id)))
    })
    .await
}

/// Takes the app away, and with the last second factor the paper. Every other login ends.
pub async fn remove_totp(db: &Db, actor: &Actor) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let id = actor.account();

    db.write(permit, async |tx| {
        hold(tx, actor).await?;
        if !store::delete_totp(tx, id).await? {
            return Err(Denied::Invisible.into());
        }
        if store::find(tx, id).await?.is_none() {
            replace_paper(tx, id, &[]).await?;
        }
        Ok(((), told("account.factor_removed", id)))
    })
    .await
}

/// Writes new codes for paper; those of the old one are good no more.
pub async fn renew_paper(db: &Db, actor: &Actor) -> Result<Written<Paper>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let (id, paper) = (actor.account(), paper());

    db.write(permit, async |tx| {
        hold(tx, actor).await?;
        if store::find(tx, id).await?.is_none() {
            return Err(Error::NoFactor);
        }
        replace_paper(tx, id, &paper).await?;
        let event = Event::of("account.recovery_codes_renewed", id.uuid());
        Ok((Paper(paper.clone()), event))
    })
    .await
}

/// Takes all second factors from somebody who has lost theirs, and ends their logins.
pub async fn reset(
    db: &Db,
    tries: &Tries,
    actor: &Actor,
    id: AccountId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Account>, Error> {
    let permit: Permit = actor.permit(Action::ResetFactors)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let account = accounts::lock(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        if_match.check(account.version)?;
        store::delete_totp(tx, id).await?;
        passkeys::delete_all(tx, id).await?;
        replace_paper(tx, id, &[]).await?;
        tries.forget(tx, db, Door::SecondFactor, Who::Account(id)).await?;
        accounts::touch(tx, id, now).await?;
        logins::end_all(tx, id, None).await?;
        let account = accounts::find(tx, id, now.date_naive()).await?.ok_or(Denied::Invisible)?;
        let event = Event::of("account.factors_reset", id.uuid()).because(Some(reason));
        Ok((account, event))
    })
    .await
}

/// Holds one's own account while its factors change. A login that is on its way in finds another version, and the other
/// logins end.
pub async fn hold(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Error> {
    let (id, now) = (actor.account(), tx.now);
    accounts::lock(tx, id, now.date_naive()).await?.ok_or(Denied::Unknown)?;
    accounts::touch(tx, id, now).await?;
    logins::end_all(tx, id, actor.token()).await?;
    Ok(())
}

/// Fresh codes for paper.
pub fn paper() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| secret::initial_password()).collect()
}

/// Puts new codes in the place of all earlier ones; none takes them away.
pub async fn replace_paper(
    tx: &mut Tx<'_>,
    account: AccountId,
    paper: &[String],
) -> Result<(), sqlx::Error> {
    let hashes: Vec<Vec<u8>> = paper.iter().map(|code| secret::sha256(code).to_vec()).collect();
    let now = tx.now;
    store::replace_recovery_codes(tx, account, &hashes, now).await
}

fn told(kind: &'static str, account: AccountId) -> Event {
    Event::of(kind, account.uuid()).with(&json!({ "factor": FactorKind::Totp }))
}
