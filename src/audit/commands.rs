//! The sealer: what is committed gets its place in the log, and the log is signed.

use sqlx::PgConnection;

use super::store;
use crate::db::{Db, Scope};
use crate::ledger::{Entry, Error, Ledger};
use crate::secret;

/// With what the log begins.
pub(super) const FIRST: &[u8] = br#"{"entry":"audit_trail"}"#;

/// How many events enter the log in one transaction, at most.
const BATCH: i64 = 1000;

/// How long a salt is: past trying.
const SALT_BYTES: usize = 16;

/// Opens the log, and begins it where there is none.
pub async fn open(db: &Db, ledger: &Ledger) -> Result<(), Error> {
    ledger.open(db, FIRST, async |_, _| Ok(())).await
}

/// Enters and signs all that is committed. Where another process is at it, that one does.
pub async fn seal(db: &Db, ledger: &Ledger) -> Result<(), Error> {
    let hindrances = ledger.hindrances();
    if !hindrances.is_empty() {
        return Err(Error::Hindered(hindrances));
    }
    let mut tx = db.read(&Scope::all()).await?;
    let (waits, owes) = (store::is_any_unsealed(&mut tx).await?, ledger.owes(&mut tx).await?);
    tx.commit().await?;
    if waits && !enter_all(db, ledger).await? {
        return Ok(());
    }
    if waits || owes { ledger.catch_up(db).await } else { Ok(()) }
}

/// Enters all that waits. Says whether it was for us to do.
async fn enter_all(db: &Db, ledger: &Ledger) -> Result<bool, Error> {
    loop {
        match db.seal(async |conn| enter(conn, ledger).await).await? {
            Entered::Nothing => return Ok(false),
            Entered::Some => {}
            Entered::All => return Ok(true),
        }
    }
}

/// How far a transaction got.
enum Entered {
    /// Another process is at it.
    Nothing,
    /// As many as one takes.
    Some,
    /// All that was there.
    All,
}

async fn enter(conn: &mut PgConnection, ledger: &Ledger) -> Result<Entered, Error> {
    if !ledger.claim(conn).await? {
        return Ok(Entered::Nothing);
    }
    let events = store::unsealed(conn, BATCH).await?;
    let entry = |event: &super::model::EventRow| {
        let salt = secret::random::<SALT_BYTES>().to_vec();
        let content = event.leaf(&salt).map_err(|error| sqlx::Error::Encode(error.into()))?;
        Ok(Entry { subject: Some(event.event_id), content, salt })
    };
    let entries = events.iter().map(entry).collect::<Result<Vec<_>, sqlx::Error>>()?;
    let is_full = entries.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
    if !entries.is_empty() {
        ledger.append_all(conn, entries).await?;
        let sealed: Vec<_> = events.iter().map(|event| event.event_id).collect();
        store::note_sealed(conn, &sealed).await?;
    }
    Ok(if is_full { Entered::Some } else { Entered::All })
}
