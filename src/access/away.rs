//! Somebody who asked for what takes long, and is not there any more while it is done.

use super::actor::{Actor, Known, Means, Request};
use super::keys::Grant;
use super::store;
use crate::db::{Db, Scope};
use crate::ids::{AccountId, ApiKeyId};

/// Somebody as they are today, who asked in a request of before: by themselves, or by this key. None where the account is
/// closed or the key has ended.
///
/// What they may do is asked of the policy anew. No login is looked at: whoever asks for something that takes an hour
/// need not stay. A factor was shown when it was asked for.
pub async fn find_away(
    db: &Db,
    account: AccountId,
    key: Option<ApiKeyId>,
    request_id: &str,
) -> Result<Option<Actor>, sqlx::Error> {
    let mut tx = db.read(&Scope::public()).await?;
    let Some(found) = store::find_away(&mut tx, account, key, db.clock.now()).await? else {
        return Ok(None);
    };
    let means = match (key, found.expires_at) {
        (Some(id), Some(expires_at)) => Means::Key(Grant {
            id,
            scopes: found.scopes.unwrap_or_default(),
            participant: found.bound_to,
            expires_at,
        }),
        _ => Means::Away,
    };
    let known = Known::by(means, account, found.role, found.participants);
    let request = Request { id: request_id.to_owned(), idempotency: None, is_dry_run: false };
    Ok(Some(known.asking(request)))
}
