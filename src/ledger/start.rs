//! The start: the key, and all for which the service refuses to sign.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;

use super::commands::{Entry, Error};
use super::cosigning::{Asked, Cosigning};
use super::model::{Checkpoint, Hindrance, Log, LogKey, Question, Verifier};
use super::store::server;
use super::witness::Witness;
use super::{Kept, Ledger, store};
use crate::access::Permit;
use crate::config;
use crate::db::{Db, Event, Scope};
use crate::key_file::{self, KeyFile};

/// How long a standby may take to confirm, and how often it is asked.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(5);
const ASKED_EVERY: Duration = Duration::from_millis(10);

impl Ledger {
    /// The log as the settings have it, not open yet. A key is made where there is none and nothing was ever signed in the
    /// record; the trail's log is signed with the same one, under another name.
    pub async fn prepare(
        log: Log,
        settings: &config::Ledger,
        key_file: &Path,
        db: &Db,
    ) -> Result<Self, sqlx::Error> {
        let mut tx = db.read(&Scope::public()).await?;
        let is_new = store::last_checkpoint(&mut tx, log).await?.is_none();
        drop(tx);
        let (key, keyless) = match key(log, settings, key_file, is_new) {
            Ok(key) => (Some(key), None),
            Err(hindrance) => (None, Some(hindrance)),
        };
        let cosigning = match log {
            Log::Treaty => Cosigning::of(&settings.witness),
            Log::Audit => Ok(None),
        };
        Ok(Self(Arc::new(Kept {
            log,
            key,
            witness: settings
                .witness_file
                .as_deref()
                .filter(|_| log == Log::Treaty)
                .map(Witness::at),
            cosigning,
            standby: settings.standby.clone(),
            is_durable_only: settings.durable_only,
            hindrances: Mutex::new(vec![keyless.unwrap_or(Hindrance::NotOpen)]),
        })))
    }

    /// Opens the log: looks for all that forbids to sign, begins a log that is empty with `first` and with what `older` adds,
    /// and finishes what a crash has left. Whatever forbids it, reads go on.
    pub async fn open(
        &self,
        db: &Db,
        first: &[u8],
        older: impl AsyncFn(&mut PgConnection, &Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let found = self.look(db, first).await?;
        for hindrance in &found {
            tracing::error!(%hindrance, "nothing is signed");
        }
        let is_open = found.is_empty();
        *self.0.hindrances.lock().unwrap_or_else(PoisonError::into_inner) = found;
        if !is_open {
            return Ok(());
        }
        let begun = self.begin(db, first, older).await;
        let caught_up =
            begun.and(self.catch_up(db).await).and(self.cosign(db, Asked::AtAStart).await);
        match caught_up {
            // What is stored is not what was signed: that is a hindrance now, and no reason not to serve.
            Err(Error::Mismatch(mismatch)) => {
                self.hinder(mismatch.into());
                Ok(())
            }
            // Told already; and a witness that is away now is asked again by whoever records something.
            Err(Error::Hindered(_)) => Ok(()),
            Err(Error::Uncosigned(why)) => {
                tracing::error!(%why, "the required witness cannot be reached; nothing is recorded until it can");
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn begin(
        &self,
        db: &Db,
        first: &[u8],
        older: impl AsyncFn(&mut PgConnection, &Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut tx = db.read(&Scope::public()).await?;
        let is_begun = !store::leaves(&mut tx, self.log(), 0..1).await?.is_empty();
        drop(tx);
        if is_begun {
            return Ok(());
        }
        let enter = async |conn: &mut PgConnection| {
            // Several services may begin one log at once: the first does.
            if store::lock(conn, self.log()).await? == 0 {
                let entry = Entry { subject: None, content: first.to_vec(), salt: Vec::new() };
                self.append(conn, entry).await?;
                older(conn, self).await?;
            }
            Ok::<_, Error>(())
        };
        match self.log() {
            Log::Treaty => {
                let begun = db.write(Permit::service("ledger"), async |tx| {
                    enter(&mut **tx).await?;
                    Ok::<_, Error>(((), Event::at_large("ledger.begun")))
                });
                begun.await.map(drop)
            }
            Log::Audit => db.seal(enter).await,
        }
    }

    /// All that forbids to sign, as a start would find it now. Nothing is changed.
    pub async fn look(&self, db: &Db, first: &[u8]) -> Result<Vec<Hindrance>, Error> {
        let Some(key) = &self.0.key else { return Ok(self.hindrances()) };
        let mut found: Vec<_> = self.0.cosigning.as_ref().err().cloned().into_iter().collect();
        let mut tx = db.read(&Scope::public()).await?;
        if self.0.is_durable_only {
            let off = server::settings_off(&mut tx).await?;
            found.extend((!off.is_empty()).then(|| Hindrance::NotDurable(off.join(", "))));
        }
        if let Some(standby) = &self.0.standby
            && !server::is_followed_by(&mut tx, standby).await?
        {
            found.push(Hindrance::StandbyMissing(standby.clone()));
        }
        if let Some(last) = store::last_checkpoint(&mut tx, self.log()).await?
            && key.verifier().open(&last.note).is_err()
        {
            found.push(Hindrance::OtherKey(key.verifier().origin().to_string()));
            return Ok(found);
        }
        let begun = store::leaves(&mut tx, self.log(), 0..1).await?;
        if begun.iter().any(|leaf| leaf.content != first) {
            found.push(Hindrance::OtherTreaty);
        }
        if let Some(witness) = &self.0.witness {
            found.extend(self.compare(&mut tx, witness, key.verifier()).await?);
        }
        Ok(found)
    }

    /// Holds the log against all that the witness has seen.
    async fn compare(
        &self,
        conn: &mut PgConnection,
        witness: &Witness,
        verifier: &Verifier,
    ) -> Result<Option<Hindrance>, sqlx::Error> {
        let seen = match witness.read(verifier) {
            Ok(seen) => seen,
            Err(blind) => return Ok(Some(Hindrance::WitnessUnusable(blind.to_string()))),
        };
        let tree = store::size(conn, self.log()).await?;
        let witnessed = seen.iter().map(|(checkpoint, _)| checkpoint.size).max().unwrap_or(0);
        if tree < witnessed {
            return Ok(Some(Hindrance::BehindWitness { tree, witnessed }));
        }
        let stored = store::checkpoints(conn, self.log(), 0).await?;
        let stored: BTreeMap<_, _> = stored.into_iter().map(|one| (one.size, one.note)).collect();
        for (Checkpoint { size, root }, note) in seen {
            // The same state is signed with the same bytes; where none is stored, the tree itself must tell.
            let is_same = if let Some(stored) = stored.get(&size) {
                *stored == note
            } else {
                let asked = Question::Root { size };
                let known = store::hashes(conn, self.log(), &asked.positions()).await?;
                asked.answer(&known.into_iter().collect()).is_ok_and(|answer| answer == [root])
            };
            if !is_same {
                return Ok(Some(Hindrance::OtherThanWitnessed(size)));
            }
        }
        Ok(None)
    }

    /// Waits until the standby has what is durable here, where one is to have it.
    pub(super) async fn confirm(&self, db: &Db) -> Result<(), Error> {
        let Some(standby) = &self.0.standby else { return Ok(()) };
        let mut tx = db.read(&Scope::public()).await?;
        let reached = server::flushed(&mut tx).await?;
        let confirmed = async {
            // A transaction that only reads sees the standbys as they are, not as they were when it began.
            while !server::has_confirmed(&mut tx, standby, &reached).await? {
                tokio::time::sleep(ASKED_EVERY).await;
            }
            Ok::<_, sqlx::Error>(())
        };
        match tokio::time::timeout(CONFIRMED_WITHIN, confirmed).await {
            Ok(confirmed) => Ok(confirmed?),
            Err(_) => Err(Error::Unconfirmed),
        }
    }
}

fn key(
    log: Log,
    settings: &config::Ledger,
    path: &Path,
    is_new: bool,
) -> Result<LogKey, Hindrance> {
    let unusable = |fault: KeyFile| Hindrance::KeyUnusable(fault.to_string());
    let seed = match key_file::read(path).map_err(unusable)? {
        Some(seed) => seed,
        None if is_new && log == Log::Treaty => key_file::make(path).map_err(unusable)?,
        None => return Err(Hindrance::KeyMissing(path.display().to_string())),
    };
    let origin = match log {
        Log::Treaty => &settings.origin,
        Log::Audit => &settings.audit_origin,
    };
    let key = LogKey::of(&seed, origin);
    let key = key.map_err(|fault| Hindrance::KeyUnusable(fault.to_string()))?;
    match &settings.public_key {
        Some(wanted) if log == Log::Treaty && *wanted != key.verifier().to_string() => {
            Err(Hindrance::OtherPublicKey)
        }
        _ => Ok(key),
    }
}
