//! The store as a whole: whose it is, and what lies in it that no document knows.

use chrono::Duration;
use serde_json::json;
use sqlx::PgConnection;

use super::papers::{Broken, Papers};
use super::store;
use crate::access::Permit;
use crate::db::{Db, Event, Scope, Shut};
use crate::ids::InstallationId;

/// How old a file without a row must be to be noticed: far older than any upload that is still under way.
const SETTLED_DAYS: i64 = 1;

/// For how long a file has been noticed to have no row when it is taken away.
const ORPHAN_KEEP_DAYS: i32 = 7;

/// How many files are compared with the database at a time.
const BATCH_FILES: usize = 1000;

/// Why database and store do not go together.
#[derive(Debug, thiserror::Error)]
pub enum Misplaced {
    /// They are of two installations.
    #[error(
        "the uploaded papers belong to another database than this one.\n  \
         1. Check DATABASE_URL, and the data directory or the bucket: one of them is another installation's.\n  \
         2. A new database takes a new, empty data directory or bucket.\n  \
         Nothing was changed."
    )]
    Foreign,
    /// The database knows papers, and the store does not have them.
    #[error(
        "the database knows of uploaded papers, and none of them are where they should be.\n  \
         1. Check the data directory or the bucket: is it another one, or not mounted?\n  \
         2. After a restore, put back documents/ as well, then start.\n  \
         3. If they are lost for good, write {0} into the file documents/installation: the service then starts without them.\n  \
         Nothing was changed."
    )]
    Lost(InstallationId),
    /// The store failed.
    #[error("the papers' store cannot be used: {0}")]
    Store(#[from] Broken),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
}

/// Finds out of which installation database and store are, and marks a store that is not marked yet. `known` is what the
/// database says; nothing where it is new, or older than installations.
///
/// A side that says nothing takes over what the other one says only where the two are seen to belong together.
pub async fn recognize(
    conn: &mut PgConnection,
    papers: &Papers,
    known: Option<InstallationId>,
) -> Result<InstallationId, Misplaced> {
    let marked = papers.mark().await?;
    let id = known.or(marked).unwrap_or_else(InstallationId::fresh);
    match (known, marked) {
        (Some(known), Some(marked)) if known == marked => return Ok(known),
        (Some(_), Some(_)) => return Err(Misplaced::Foreign),
        _ => {}
    }
    let files = papers.names().await?;
    if files.is_empty() {
        if store::is_any(conn).await? {
            return Err(Misplaced::Lost(id));
        }
    } else {
        let mut are_known = false;
        for batch in files.chunks(BATCH_FILES) {
            are_known = are_known || !store::list_known_files(conn, batch).await?.is_empty();
        }
        if !are_known {
            return Err(Misplaced::Foreign);
        }
    }
    if marked.is_none() {
        papers.set_mark(id).await?;
    }
    Ok(id)
}

/// Makes sure that the store is there, and is still the one that belongs to this database.
pub async fn in_place(db: &Db, papers: &Papers) -> Result<(), Misplaced> {
    let mut tx = db.read(&Scope::public()).await?;
    let known = store::find_installation(&mut tx).await?;
    drop(tx);
    match papers.mark().await? {
        Some(marked) if Some(marked) == known => Ok(()),
        _ => Err(Misplaced::Foreign),
    }
}

/// Notices files that have no row, and takes away those that were noticed a week ago. Says how many it took away.
pub async fn sweep(db: &Db, papers: &Papers) -> Result<usize, Misplaced> {
    in_place(db, papers).await?;
    let files = papers.written_before(db.clock.now() - Duration::days(SETTLED_DAYS)).await?;
    for batch in files.chunks(BATCH_FILES) {
        let mut tx = db.read(&Scope::all()).await?;
        let fresh = store::list_unnoticed_orphans(&mut tx, batch).await?;
        drop(tx);
        if fresh.is_empty() {
            continue;
        }
        db.write(Permit::service("housekeeping"), async |tx| {
            store::insert_orphans(tx, &fresh).await?;
            let event = Event::at_large("document.orphans_noticed");
            Ok::<_, Misplaced>(((), event.with(&json!({ "files": fresh.len() }))))
        })
        .await?;
        let files = fresh.len();
        tracing::warn!(files, "files belong to no document; they are taken away in a week");
    }

    let mut tx = db.read(&Scope::all()).await?;
    let outlived = store::list_outlived_orphans(&mut tx, ORPHAN_KEEP_DAYS).await?;
    drop(tx);
    for orphan in &outlived {
        papers.remove(orphan).await?;
    }
    if !outlived.is_empty() {
        db.write(Permit::service("housekeeping"), async |tx| {
            store::delete_orphans(tx, &outlived).await?;
            let event = Event::at_large("document.orphans_removed");
            Ok::<_, Misplaced>(((), event.with(&json!({ "files": outlived.len() }))))
        })
        .await?;
    }
    Ok(outlived.len())
}
