//! Keeping the marks of members up to date.

use serde_json::json;

use super::store;
use crate::access::Permit;
use crate::db::{Db, Event, Scope};
use crate::delegations::commands::Error;
use crate::delegations::members::store as members;

/// Makes the marks of all members that have none yet, or have them under another key: those who were entered before
/// there were marks, and all when the key is another.
pub async fn mark_the_unmarked(db: &Db) -> Result<(), Error> {
    let key = db.vault.marking().id();
    loop {
        let mut tx = db.read(&Scope::all()).await?;
        let are_some = store::some_unmarked(&mut tx, key).await?;
        drop(tx);
        if !are_some {
            return Ok(());
        }
        db.write(Permit::service("keep-house"), async |tx| {
            let vault = tx.vault;
            let mut opened = Vec::new();
            for (code, id) in store::lock_unmarked(tx, vault.marking().id()).await? {
                let member = members::find(tx, &code, id).await?.ok_or(sqlx::Error::RowNotFound)?;
                opened.push((member, members::open(tx, vault, id).await?));
            }
            let all: Vec<_> = opened.iter().map(|(member, identity)| (member, identity)).collect();
            store::mark(tx, vault, &all).await?;
            let event = Event::at_large("member.marked").with(&json!({ "members": all.len() }));
            Ok::<_, Error>(((), event))
        })
        .await?;
    }
}
