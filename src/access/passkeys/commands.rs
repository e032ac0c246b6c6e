//! What is done with passkeys.

use passki::{
    AuthenticationCredential, AuthenticationOptions, AuthenticationState, RegistrationCredential,
    RegistrationOptions, RegistrationState, ResidentKeyRequirement, StoredPasskey,
    UserVerificationRequirement,
};
use serde_json::{Value, json};

use super::model::{Assertion, LIMIT, Passkey, RelyingParty};
use super::store;
use crate::access::actor::Actor;
use crate::access::commands::Error;
use crate::access::factors::{self, Refusal};
use crate::access::policy::{Action, Denied};
use crate::access::store as accounts;
use crate::access::tries::{Attempt, Tries, Who};
use crate::db::{Created, Db, Event, Scope, Written};
use crate::ids::{AccountId, ChallengeId, PasskeyId};
use crate::text::Label;

/// A challenge, with what a browser does with it.
pub struct Challenge {
    /// To be named in the answer.
    pub id: ChallengeId,
    /// The `publicKey` of `navigator.credentials.create()` or `.get()`.
    pub public_key: Value,
}

/// A passkey that was added, with the paper where there was none.
pub struct Added {
    /// The passkey.
    pub passkey: Passkey,
    /// Codes for paper; empty where they have some.
    pub paper: Vec<String>,
}

/// Whose passkey has signed, and what is to be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub passkey: PasskeyId,
    /// How often it was used, by the device's count.
    pub sign_count: i64,
}

/// Asks a device for a new passkey: one that it finds by itself, and gives to who it knows.
pub async fn begin(db: &Db, actor: &Actor, party: &RelyingParty) -> Result<Challenge, Error> {
    actor.permit(Action::ChangeFactors)?;
    let id = actor.account();
    let mut tx = db.read(&Scope::public()).await?;
    let today = db.clock.now().date_naive();
    let account = accounts::find(&mut tx, id, today).await?.ok_or(Denied::Unknown)?;
    let known: Vec<StoredPasskey> =
        store::list(&mut tx, id).await?.iter().map(Passkey::stored).collect();
    drop(tx);
    let mut options = RegistrationOptions::default();
    options.resident_key = ResidentKeyRequirement::Required;
    options.user_verification = UserVerificationRequirement::Required;
    options.exclude_credentials = Some(&known);
    let (email, name) = (account.email.as_str(), account.name.as_str());
    let handle = id.uuid().into_bytes();
    let (public_key, state) = party
        .ceremonies()
        .start_passkey_registration(&handle, email, name, options)
        .map_err(|_| Refusal::Wrong)?;
    // What the library keeps beside the challenge is of the account, and is told it anew.
    let state = json!({ "challenge": state.challenge });
    keep(db, Some(id), &state, written(&public_key)?).await
}

/// Adds the passkey that a device has made for a challenge. Every other login ends.
pub async fn add(
    db: &Db,
    actor: &Actor,
    name: &Label,
    made: &Assertion,
) -> Result<Written<Created<Added>>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let id = actor.account();
    let state = take(db, made.challenge, Some(id)).await?;
    let state: RegistrationState = read(json!({
        "challenge": state.get("challenge"),
        "user": { "id": "", "name": "", "displayName": "" },
        "user_verification": UserVerificationRequirement::Required,
    }))?;
    let credential: RegistrationCredential = read(made.credential.clone())?;
    let stored = made
        .party
        .ceremonies()
        .finish_passkey_registration(&credential, &state)
        .map_err(|_| Refusal::Wrong)?;
    let (passkey, paper) = (PasskeyId::fresh(), factors::paper());

    db.write(permit, async |tx| {
        factors::hold(tx, actor).await?;
        let passkey = Passkey {
            id: passkey,
            account: id,
            name: name.clone(),
            created_at: tx.now,
            last_used_at: None,
            credential_id: stored.credential_id.clone(),
            public_key: stored.public_key.clone(),
            algorithm: stored.algorithm,
            sign_count: stored.counter.into(),
        };
        let before = factors::find(tx, id).await?;
        if before.passkeys >= LIMIT || !store::insert(tx, &passkey).await? {
            return Err(Error::FactorStands);
        }
        let paper = if before.is_none() { paper.clone() } else { Vec::new() };
        if !paper.is_empty() {
            factors::replace_paper(tx, id, &paper).await?;
        }
        let event =
            Event::of("account.factor_added", id.uuid()).with(&json!({ "factor": "passkey" }));
        Ok((Created(Added { passkey, paper }), event))
    })
    .await
}

/// One's own passkeys.
pub async fn list(db: &Db, actor: &Actor) -> Result<Vec<Passkey>, Error> {
    actor.see(Action::KeepOwnAccount)?;
    let mut tx = db.read(&Scope::public()).await?;
    Ok(store::list(&mut tx, actor.account()).await?)
}

/// Takes a passkey away, and with the last second factor the paper. Every other login ends.
pub async fn remove(db: &Db, actor: &Actor, passkey: PasskeyId) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::ChangeFactors)?;
    let id = actor.account();

    db.write(permit, async |tx| {
        factors::hold(tx, actor).await?;
        if !store::delete(tx, id, passkey).await? {
            return Err(Denied::Invisible.into());
        }
        if factors::find(tx, id).await?.is_none() {
            factors::replace_paper(tx, id, &[]).await?;
        }
        let event =
            Event::of("account.factor_removed", id.uuid()).with(&json!({ "factor": "passkey" }));
        Ok(((), event))
    })
    .await
}

/// Asks whoever comes to show a passkey. It names nobody: the device knows whose it has.
pub async fn challenge(db: &Db, party: &RelyingParty) -> Result<Challenge, Error> {
    let mut options = AuthenticationOptions::default();
    options.user_verification = UserVerificationRequirement::Required;
    let (public_key, state) = party
        .ceremonies()
        .start_passkey_authentication(&[], options)
        .map_err(|_| Refusal::Wrong)?;
    keep(db, None, &written(&state)?, written(&public_key)?).await
}

/// Whose passkey has answered a challenge, where it is one of the account that is tried, if one is. A right answer asks for
/// no try: nobody can guess it, and nobody's guesses keep its owner out. A wrong one takes one, and waits with the others.
pub async fn prove(
    db: &Db,
    tries: &Tries,
    attempt: &Attempt<'_>,
    shown: &Assertion,
) -> Result<Proven, Error> {
    let proven = judge(db, shown).await.and_then(|proven| match attempt.who {
        Who::Account(account) if account != proven.account => Err(Refusal::Wrong.into()),
        _ => Ok(proven),
    });
    if let Err(Error::Factor(Refusal::Wrong)) = proven {
        let _counted = tries.take(db, attempt).await?;
    }
    proven
}

/// Whose passkey has answered a challenge. The challenge is gone, whatever becomes of the answer.
async fn judge(db: &Db, shown: &Assertion) -> Result<Proven, Error> {
    let state: AuthenticationState = read(take(db, shown.challenge, None).await?)?;
    let credential: AuthenticationCredential = read(shown.credential.clone())?;
    let called = passki::Passki::base64_decode(&credential.raw_id).map_err(|_| Refusal::Wrong)?;
    let mut tx = db.read(&Scope::public()).await?;
    let found = store::find_by_credential(&mut tx, &called).await?;
    drop(tx);
    let passkey = found.ok_or(Refusal::Wrong)?;
    let proven = shown
        .party
        .ceremonies()
        .finish_passkey_authentication(&credential, &state, &passkey.stored())
        .map_err(|error| {
            // A count that falls back says that somebody has a copy: its owner should hear of it.
            tracing::warn!(passkey = %passkey.id, reason = reason(&error), "a passkey was refused");
            Refusal::Wrong
        })?;
    // The device says whose it is, as it was told when it was made.
    let handle = passkey.account.uuid().into_bytes();
    if proven.user_handle.as_deref() != Some(handle.as_slice()) {
        return Err(Refusal::Wrong.into());
    }
    let sign_count = proven.counter.into();
    Ok(Proven { account: passkey.account, passkey: passkey.id, sign_count })
}

/// Why, without a word of what was sent.
fn reason(error: &passki::PasskiError) -> &'static str {
    match error {
        passki::PasskiError::CounterRegression => "its count fell back",
        _ => "its answer is not right",
    }
}

async fn keep(
    db: &Db,
    account: Option<AccountId>,
    state: &Value,
    public_key: Value,
) -> Result<Challenge, Error> {
    let (id, held) = (ChallengeId::fresh(), db.clock.held());
    db.note(async |conn| store::insert_challenge(conn, id, account, state, held).await).await?;
    Ok(Challenge { id, public_key })
}

async fn take(db: &Db, id: ChallengeId, account: Option<AccountId>) -> Result<Value, Error> {
    let held = db.clock.held();
    let taken = db.note(async |conn| store::take_challenge(conn, id, account, held).await).await?;
    Ok(taken.ok_or(Refusal::Wrong)?)
}

/// What a device has sent, or we have kept. Anything else than the standard's form is no answer to a challenge.
fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|_| Refusal::Wrong)
}

fn written(value: &impl serde::Serialize) -> Result<Value, sqlx::Error> {
    serde_json::to_value(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
