//! The one door for writes. No permit, no write; no event, no commit.

use std::error::Error as StdError;
use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres};

use super::{Answer, Db, Events, Recorded, Scope, Stored, begin, letters};
use crate::access::{Idempotency, Permit};
use crate::vault::{Unopened, Vault};

/// How often a transaction that lost a race without fault is tried again.
const TRIES: u32 = 4;

/// What the database calls it when something comes in that is sealed under a key that is not in force (any more).
pub(super) const ANOTHER_KEY: &str = "sealed_under_the_key_in_force";

/// An open transaction, with what a decision needs to know: the time, and the keys.
pub struct Tx<'db> {
    inner: sqlx::Transaction<'static, Postgres>,
    /// The moment of this transaction; the same for all that it writes.
    pub now: DateTime<Utc>,
    /// Opens and seals what is unreadable at rest.
    pub vault: &'db Vault,
}

impl Deref for Tx<'_> {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// The outcome of a write.
#[derive(Debug)]
pub enum Written<T> {
    /// Done, and durable.
    Fresh(T),
    /// Done, but the caller asked only to see what would be: nothing was kept.
    DryRun(T),
    /// Done by an earlier request with the same key, whose answer this is.
    Replayed(Stored),
}

/// Why the door stayed shut although the command itself had no objection.
#[derive(Debug, thiserror::Error)]
pub enum Shut {
    /// The key was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyMismatch,
    /// A request with the same key is still running.
    #[error("a request with this Idempotency-Key is still running")]
    KeyBusy,
    /// What was answered to this request was sealed under another key than ours, or altered: what it was cannot be told.
    #[error("the kept answer to this request cannot be opened")]
    AnswerLost(#[source] Unopened),
}

/// A write that has begun, or need not.
enum Entered<'db> {
    Open(Tx<'db>),
    Answered(Stored),
}

/// What stops a write that the command itself has not stopped; its error is that of each command.
pub(super) enum Stopped {
    Shut(Shut),
    Database(sqlx::Error),
}

impl From<Shut> for Stopped {
    fn from(shut: Shut) -> Self {
        Self::Shut(shut)
    }
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Stopped {
    fn tell<E: From<sqlx::Error> + From<Shut>>(self) -> E {
        match self {
            Self::Shut(shut) => shut.into(),
            Self::Database(error) => error.into(),
        }
    }
}

/// A transaction that the database gave up for another, by nobody's fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LostRace {
    /// Deadlock (40P01) or serialization failure (40001).
    Collision,
    /// Sealed under a key that was taken out of force meanwhile.
    AnotherKey,
}

impl LostRace {
    fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let error = database(error)?;
        match super::sqlstate(error).as_deref() {
            Some("40P01" | "40001") if super::broke(error, ANOTHER_KEY) => Some(Self::AnotherKey),
            Some("40P01" | "40001") => Some(Self::Collision),
            _ => None,
        }
    }
}

impl Db {
    /// Runs `work` in one transaction, stores its events beside it, and commits. Any error rolls everything back.
    ///
    /// `work` may run more than once: a deadlock or a serialization failure is nobody's fault and is tried again.
    pub async fn write<T, V, E>(
        &self,
        permit: Permit,
        work: impl AsyncFn(&mut Tx<'_>) -> Result<(T, V), E>,
    ) -> Result<Written<T>, E>
    where
        T: Answer,
        V: Into<Events>,
        E: StdError + From<sqlx::Error> + From<Shut> + 'static,
    {
        let mut tries = 1;
        loop {
            let outcome = self.attempt(&permit, &work).await;
            match outcome.as_ref().err().and_then(|error| LostRace::of(error)) {
                Some(lost) if tries < TRIES => {
                    self.before_another_try(lost, tries).await?;
                    tries += 1;
                }
                _ => return outcome,
            }
        }
    }

    /// What every write has in common stays out of here, in functions that are compiled once.
    async fn attempt<T, V, E>(
        &self,
        permit: &Permit,
        work: &impl AsyncFn(&mut Tx<'_>) -> Result<(T, V), E>,
    ) -> Result<Written<T>, E>
    where
        T: Answer,
        V: Into<Events>,
        E: From<sqlx::Error> + From<Shut>,
    {
        let mut tx = match self.enter(permit).await.map_err(Stopped::tell::<E>)? {
            Entered::Open(tx) => tx,
            Entered::Answered(stored) => return Ok(Written::Replayed(stored)),
        };
        let (value, events) = work(&mut tx).await?;
        let keep = permit.idempotency().filter(|_| !permit.is_dry_run());
        let answer = keep.map(|key| Ok((key, Stored::of(&value)?))).transpose();
        let answer =
            answer.map_err(|error: serde_json::Error| sqlx::Error::Encode(error.into()))?;
        self.leave(tx, permit, events.into(), answer).await?;
        Ok(if permit.is_dry_run() { Written::DryRun(value) } else { Written::Fresh(value) })
    }

    /// Begins, and looks whether this was answered before.
    async fn enter(&self, permit: &Permit) -> Result<Entered<'_>, Stopped> {
        let mut tx = self.begin(permit).await?;
        let stored = match permit.idempotency() {
            Some(key) => tx.first_answer(permit, key).await?,
            None => None,
        };
        Ok(match stored {
            Some(stored) => {
                begin::commit(tx.inner, self.commit_patience).await?;
                Entered::Answered(stored)
            }
            None => Entered::Open(tx),
        })
    }

    /// Stores what goes with the change, and commits; or takes all back, where the caller asked only to see.
    async fn leave(
        &self,
        mut tx: Tx<'_>,
        permit: &Permit,
        events: Events,
        answer: Option<(&Idempotency, Stored)>,
    ) -> Result<(), sqlx::Error> {
        let now = tx.now;
        let (account, key) = (permit.account(), permit.key());
        let by = Recorded { account, key, request_id: permit.request_id(), at: now };
        let about = events.whose().cloned();
        let mail = letters::of(events.iter());
        events.append(&mut tx, by).await?;
        letters::append(&mut tx, mail).await?;
        if permit.is_dry_run() {
            return tx.inner.rollback().await;
        }
        if let Some((key, stored)) = answer {
            tx.keep_answer(permit, key, &stored, about.as_ref(), self.keep_answers).await?;
        }
        begin::commit(tx.inner, self.commit_patience).await
    }

    async fn before_another_try(&self, lost: LostRace, tries: u32) -> Result<(), sqlx::Error> {
        tracing::debug!(tries, "trying a lost race again");
        if lost == LostRace::AnotherKey {
            self.follow_key().await?;
        }
        // Some jitter, or the same transactions meet again.
        let [jitter] = crate::secret::random::<1>();
        let pause = u64::from(jitter) / 8 * u64::from(tries);
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        Ok(())
    }

    /// Works on the log of the trail itself, of which no event tells, or there would be no end of events. It may read
    /// whatever the trail says of anybody.
    pub async fn seal<T, E: From<sqlx::Error>>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let statements = "begin; select set_config('ceremony.scope', '*', true)";
        let mut tx = begin::begin(&self.reserve, statements).await?;
        let done = work(&mut tx).await;
        match &done {
            Ok(_) => begin::commit(tx, self.commit_patience).await?,
            // Here and not whenever the connection is next of use: the log's lock goes with it.
            Err(_) => tx.rollback().await?,
        }
        done
    }

    /// Seals from now on under the key that the database says is in force.
    pub async fn follow_key(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.read(&Scope::public()).await?;
        let known = sqlx::query_scalar!("select key_id from installation").fetch_optional(&mut *tx);
        if let Some(id) = known.await?.flatten() {
            self.vault.follow(&id).map_err(|error| sqlx::Error::Configuration(error.into()))?;
        }
        Ok(())
    }

    async fn begin(&self, permit: &Permit) -> Result<Tx<'_>, sqlx::Error> {
        let now = self.clock.now();
        // The moment is for what leaves no row behind to carry it: the end of a version whose row is removed.
        let begin = format!(
            "begin; select set_config('ceremony.scope', '{}', true), set_config('ceremony.now', '{}', true)",
            permit.scope().0,
            now.to_rfc3339(),
        );
        let inner = begin::begin(&self.write, &begin).await?;
        Ok(Tx { inner, now, vault: &self.vault })
    }
}

/// What the database said, wherever in the chain of causes it is.
fn database<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e sqlx::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<sqlx::Error>() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}
