//! The exchange of the key under which every other key is wrapped, while the service goes on.
//!
//! 1. The next key is made, durable, beside the one in force.
//! 2. It is put in force, in the database, for every service at once: whoever still seals under the old one is told.
//! 3. What is sealed under the old one is sealed anew, some rows at a time; both keys are read meanwhile.
//! 4. When nothing is sealed under it any more, the old key is laid aside.
//!
//! Each step finds out what is done already: broken off at any point, the same command goes on. The data keys themselves
//! stay what they are, so that no paper is written anew.

mod command;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::access::Permit;
use crate::db::{Answer, Db, Event, Scope, Shut, Written, sqlstate};
use crate::delegations;
use crate::rehearsal::Telling;
use crate::secret;
use crate::vault::{KeyFile, KeyId, NotHere, Vault, Wrapped};

pub use command::{Command, run};

/// How many rows are sealed anew in one transaction: their requests wait for it.
const BATCH_ROWS: usize = 250;

/// How long rows that somebody else is at work on are left to them, before they are asked for again.
const PAUSE: Duration = Duration::from_millis(100);

/// How often the exchange waits for those who are writing just then.
const TRIES: u32 = 10;

/// Why the exchange is not finished. What was done is done, and the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The key files.
    #[error(transparent)]
    Key(#[from] KeyFile),
    /// The next key is not here.
    #[error(transparent)]
    NotHere(#[from] NotHere),
    /// Something in the database opens with neither key.
    #[error(
        "{0:?} in the database open under no key that is here; all else is done, and the old key stays in its place"
    )]
    Unopened(BTreeMap<&'static str, usize>),
    /// The marks of members.
    #[error("the marks by which members are compared could not be made anew: {0}")]
    Unmarked(#[from] delegations::Error),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Which key is in force, and what is sealed under another one.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The name of the key in force.
    pub in_force: String,
    /// How many values are sealed under it, by table.
    pub under_it: BTreeMap<&'static str, i64>,
    /// How many are sealed under another one.
    pub under_another: BTreeMap<&'static str, i64>,
}

/// What an exchange did.
#[derive(Debug, Serialize)]
pub struct Exchanged {
    /// The name of the key that is in force now.
    pub in_force: String,
    /// How many values were sealed anew, by table.
    pub resealed: BTreeMap<&'static str, usize>,
    /// Where the old key was laid aside.
    pub old_key: Option<PathBuf>,
}

/// Which key is in force, and what is sealed under which.
pub async fn standing(db: &Db) -> Result<Standing, Unfinished> {
    db.follow_key().await?;
    let key = db.vault.key_id();
    let mut tx = db.read(&Scope::all()).await?;
    let (mut under_it, mut under_another) = (BTreeMap::new(), BTreeMap::new());
    for of in Wrapped::ALL {
        let (ours, others) = store::count(&mut tx, *of, key).await?;
        let (table, _) = of.column();
        under_it.insert(table, ours);
        under_another.insert(table, others);
    }
    Ok(Standing { in_force: secret::hex(&key), under_it, under_another })
}

/// Exchanges the key, or goes on with an exchange that was broken off.
pub async fn rotate(db: &Db, key_file: &Path, telling: Telling) -> Result<Exchanged, Unfinished> {
    let next = Vault::prepare(key_file)?;
    put_in_force(db, next).await?;
    let resealed = reseal_all(db, telling).await?;
    delegations::mark_the_unmarked(db).await?;
    let old_key = db.vault.retire()?;
    Ok(Exchanged { in_force: secret::hex(&next), resealed, old_key })
}

/// Puts a key in force, where it is not yet. Who is writing just then is waited for.
async fn put_in_force(db: &Db, next: KeyId) -> Result<(), Unfinished> {
    db.follow_key().await?;
    let proof = db.vault.proof_of(&next)?;
    let mut tries = 1;
    while db.vault.key_id() != next {
        let exchanged = db.write(Permit::service("exchange-keys"), async |tx| {
            store::hold_keys(tx).await?;
            store::put_in_force(tx, next, &proof).await?;
            let event = Event::at_large("key.exchanged");
            Ok::<_, Unfinished>(((), event.with(&json!({ "key": secret::hex(&next) }))))
        });
        match exchanged.await {
            Err(error) if tries == TRIES || !waited_too_long(&error) => return Err(error),
            Err(_) => tries += 1,
            Ok(_) => db.vault.follow(&next)?,
        }
    }
    Ok(())
}

/// Somebody held what was waited for, for longer than `lock_timeout`.
fn waited_too_long(error: &Unfinished) -> bool {
    matches!(error, Unfinished::Database(error) if sqlstate(error).as_deref() == Some("55P03"))
}

/// Seals anew what is sealed under another key than the one in force, until nothing is.
async fn reseal_all(
    db: &Db,
    telling: Telling,
) -> Result<BTreeMap<&'static str, usize>, Unfinished> {
    let mut resealed = BTreeMap::new();
    let mut unopened = BTreeMap::new();
    for of in Wrapped::ALL {
        let (table, _) = of.column();
        let (done, closed) = reseal(db, *of, telling).await?;
        resealed.insert(table, done);
        if closed > 0 {
            unopened.insert(table, closed);
        }
    }
    if unopened.is_empty() { Ok(resealed) } else { Err(Unfinished::Unopened(unopened)) }
}

/// The same for one table: how many rows were sealed anew, and how many do not open.
async fn reseal(db: &Db, of: Wrapped, telling: Telling) -> Result<(usize, usize), Unfinished> {
    let (table, _) = of.column();
    let mut done = 0;
    loop {
        let mut tx = db.read(&Scope::all()).await?;
        let rows = store::under_another(&mut tx, of, db.vault.key_id()).await?;
        drop(tx);
        if rows.is_empty() {
            return Ok((done, 0));
        }
        let phase = telling.phase(table, rows.len());
        let (before, mut closed) = (done, 0);
        for batch in rows.chunks(BATCH_ROWS) {
            let Batch { resealed, unopened } = reseal_batch(db, of, batch).await?;
            (done, closed) = (done + resealed, closed + unopened);
            (0..resealed).for_each(|_| phase.step());
        }
        phase.end();
        // Rows that somebody else was at work on, or that moved meanwhile, are asked for again.
        if closed == rows.len() {
            return Ok((done, closed));
        }
        if done == before {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What became of some rows.
struct Batch {
    resealed: usize,
    unopened: usize,
}

impl Answer for Batch {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.resealed)
    }
}

async fn reseal_batch(db: &Db, of: Wrapped, rows: &[String]) -> Result<Batch, Unfinished> {
    let written = db
        .write(Permit::service("exchange-keys"), async |tx| {
            let vault = tx.vault;
            let found = store::lock_under_another(tx, of, vault.key_id(), rows).await?;
            let boxes = found.iter().filter_map(|found| {
                let anew = vault.reseal(of, &found.row, &found.sealed).ok()?;
                Some((found.place.clone(), anew))
            });
            let (places, boxes): (Vec<_>, Vec<_>) = boxes.unzip();
            store::save(tx, of, &places, &boxes).await?;
            let resealed = places.len();
            let event = Event::at_large("key.resealed");
            let event = event.with(&json!({ "table": of.column().0, "rows": resealed }));
            Ok::<_, Unfinished>((Batch { resealed, unopened: found.len() - resealed }, event))
        })
        .await?;
    match written {
        Written::Fresh(batch) | Written::DryRun(batch) => Ok(batch),
        Written::Replayed(_) => Ok(Batch { resealed: 0, unopened: 0 }),
    }
}
