//! Making keys and taking them away.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::model::{ApiKey, PREFIX};
use super::store;
use crate::access::actor::Actor;
use crate::access::policy::{Action, Denied};
use crate::access::reach::KeyScope;
use crate::access::store as accounts;
use crate::db::{Created, Db, Event, Shut, Written};
use crate::ids::ApiKeyId;
use crate::page::{IfMatch, Stale, Version};
use crate::secret;
use crate::text::{Label, ParticipantCode};

/// The version of every key: nothing of one is ever changed.
pub const VERSION: Version = Version(1);

/// How long a key lasts where nobody says.
const DEFAULT_DAYS: i64 = 90;

/// Why a command on keys was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The account does not speak for the participant, or the register does not know it.
    #[error("the account has nothing to do with this participant")]
    NotTheirs,
    /// It would end before it begins, or last too long.
    #[error("the end is past, or more than {0} days away")]
    Expiry(u32),
    /// The account has as many keys as it may.
    #[error("the account has {0} keys")]
    TooMany(u32),
    /// Another version was meant.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// What a key is to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for.
    pub name: Label,
    /// What it may do.
    pub scopes: Vec<KeyScope>,
    /// The one participant whose business it is for.
    pub participant: Option<ParticipantCode>,
    /// When it ends; none: after ninety days, or as many as keys may last.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How long keys last at most, and how many an account has.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In days.
    pub days: u32,
    /// Of one account.
    pub keys: u32,
}

/// A key with its text: shown this once.
pub struct Issued {
    /// The key.
    pub key: ApiKey,
    /// `hck_…`
    pub text: String,
}

/// Makes a key of one's own account. It can do what its scopes say of what the account may do at the time.
pub async fn create(
    db: &Db,
    actor: &Actor,
    wanted: &Wanted,
    limits: Limits,
) -> Result<Written<Created<Issued>>, Error> {
    let permit = actor.permit(Action::MakeKeys)?;
    let text = format!("{PREFIX}{}", secret::random_text());

    db.write(permit, async |tx| {
        let (now, account) = (tx.now, actor.account());
        // Its row held, so that two keys made at once are counted one after the other.
        accounts::lock(tx, account, now.date_naive()).await?.ok_or(Denied::Unknown)?;
        if store::count(tx, account, now).await? >= limits.keys.into() {
            return Err(Error::TooMany(limits.keys));
        }
        if let Some(code) = &wanted.participant {
            let is_theirs = actor.sees_only().is_none_or(|own| own.contains(code));
            if !is_theirs || !accounts::hold_participant(tx, code).await? {
                return Err(Error::NotTheirs);
            }
        }
        let last = now + Duration::days(limits.days.into());
        let expires_at = wanted.expires_at.unwrap_or(last.min(now + Duration::days(DEFAULT_DAYS)));
        if expires_at <= now || expires_at > last {
            return Err(Error::Expiry(limits.days));
        }
        let mut scopes = wanted.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        let key = ApiKey {
            id: ApiKeyId::fresh(),
            account,
            name: wanted.name.clone(),
            scopes,
            participant: wanted.participant.clone(),
            created_at: now,
            expires_at,
            last_used_on: None,
        };
        store::insert(tx, &key, &text).await?;
        let told = json!({
            "name": key.name, "scopes": key.scopes, "participant": key.participant, "expires_at": key.expires_at,
        });
        let event = about(&key, "api_key.made").with(&told);
        Ok((Created(Issued { key, text: text.clone() }), event))
    })
    .await
}

/// Takes a key away: one's own, or as an administrator anybody's. The next request with it is refused.
pub async fn delete(
    db: &Db,
    actor: &Actor,
    id: ApiKeyId,
    if_match: &IfMatch,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::KeepOwnAccount)?;

    db.write(permit, async |tx| {
        let key = store::find(tx, id).await?.ok_or(Denied::Invisible)?;
        if key.account != actor.account() {
            // To everybody else it does not exist.
            actor.permit(Action::KeepAccounts).map_err(|_| Denied::Invisible)?;
        }
        if_match.check(VERSION)?;
        if !store::delete(tx, id).await? {
            return Err(Denied::Invisible.into());
        }
        let told = json!({ "account": key.account, "name": key.name });
        Ok(((), about(&key, "api_key.revoked").with(&told)))
    })
    .await
}

/// What happens to a key that is bound to a participant is that participant's business.
fn about(key: &ApiKey, kind: &'static str) -> Event {
    let event = Event::of(kind, key.id.uuid());
    match &key.participant {
        Some(code) => event.participant(code),
        None => event,
    }
}
