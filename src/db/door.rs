//! The one door for writes. No permit, no write; no event, no commit.

use std::error::Error as StdError;
use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres};
use zeroize::Zeroizing;

use super::{Db, Events, Recorded, Scope, begin, letters};
use crate::access::{Idempotency, Permit};
use crate::text::ParticipantCode;
use crate::vault::{Unopened, Vault, Wrapped};

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

/// What a command gives back, as its caller will read it: stored with the change where a retry may ask again (R55).
pub trait Answer {
    /// 200, unless something new was made.
    fn status(&self) -> u16 {
        200
    }
    /// The body, as JSON.
    fn body(&self) -> Result<Vec<u8>, serde_json::Error>;
    /// The version of the item, as a strong `ETag`.
    fn etag(&self) -> Option<String> {
        None
    }
    /// Where something new is found.
    fn location(&self) -> Option<String> {
        None
    }
}

/// Nothing to say: 204.
impl Answer for () {
    fn status(&self) -> u16 {
        204
    }
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        Ok(b"null".to_vec())
    }
}

/// Something new: 201, with its place.
pub struct Created<T>(pub T);

impl<T: Answer> Answer for Created<T> {
    fn status(&self) -> u16 {
        201
    }
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.0.body()
    }
    fn etag(&self) -> Option<String> {
        self.0.etag()
    }
    fn location(&self) -> Option<String> {
        self.0.location()
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

/// An answer as it is kept for a retry.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// HTTP status.
    pub status: u16,
    /// `ETag`, where there was one.
    pub etag: Option<String>,
    /// `Location`, where there was one.
    pub location: Option<String>,
    /// The body.
    pub body: serde_json::Value,
}

impl Stored {
    /// The answer that a value would give.
    pub fn of(answer: &impl Answer) -> Result<Self, serde_json::Error> {
        Ok(Self {
            status: answer.status(),
            etag: answer.etag(),
            location: answer.location(),
            body: serde_json::from_slice(&answer.body()?)?,
        })
    }
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
            match self.attempt(&permit, &work).await {
                Err(error) if tries < TRIES && lost_a_race(&error) => {
                    tracing::debug!(tries, "trying a lost race again");
                    if database(&error).is_some_and(|e| super::broke(e, ANOTHER_KEY)) {
                        self.follow_key().await?;
                    }
                    // Some jitter, or the same transactions meet again.
                    let [jitter] = crate::secret::random::<1>();
                    tokio::time::sleep(std::time::Duration::from_millis(
                        u64::from(jitter) / 8 * u64::from(tries),
                    ))
                    .await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<T, V, E>(
        &self,
        permit: &Permit,
        work: &impl AsyncFn(&mut Tx<'_>) -> Result<(T, V), E>,
    ) -> Result<Written<T>, E>
    where
        T: Answer,
        V: Into<Events>,
        E: StdError + From<sqlx::Error> + From<Shut> + 'static,
    {
        let mut tx = self.begin(permit).await?;
        if let Some(key) = permit.idempotency()
            && let Some(stored) = tx.first_answer::<E>(permit, key).await?
        {
            begin::commit(tx.inner, self.commit_patience).await?;
            return Ok(Written::Replayed(stored));
        }
        let (value, events) = work(&mut tx).await?;
        let now = tx.now;
        let (account, key) = (permit.account(), permit.key());
        let by = Recorded { account, key, request_id: permit.request_id(), at: now };
        let events: Events = events.into();
        let about = events.whose().cloned();
        let mail = letters::of(events.iter());
        events.append(&mut tx, by).await?;
        letters::append(&mut tx, mail).await?;
        if permit.is_dry_run() {
            tx.inner.rollback().await?;
            return Ok(Written::DryRun(value));
        }
        if let Some(key) = permit.idempotency() {
            tx.keep_answer(permit, key, &value, about.as_ref(), self.keep_answers).await?;
        }
        begin::commit(tx.inner, self.commit_patience).await?;
        Ok(Written::Fresh(value))
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

impl Tx<'_> {
    /// The answer kept for this key, if there is one. Counts the replay, so that the answer follows a write that is
    /// itself durable.
    async fn first_answer<E>(
        &mut self,
        permit: &Permit,
        key: &Idempotency,
    ) -> Result<Option<Stored>, E>
    where
        E: From<sqlx::Error> + From<Shut>,
    {
        let lock = key.lock_number(permit.account());
        let running =
            sqlx::query_scalar!(r#"select not pg_try_advisory_xact_lock($1) as "running!""#, lock);
        if running.fetch_one(&mut **self).await? {
            return Err(Shut::KeyBusy.into());
        }
        let now = self.now;
        let kept = sqlx::query!(
            "update idempotency set replays = replays + 1
             where account_id = $1 and key = $2 and kept_until >= $3 returning fingerprint, answer",
            permit.account() as _,
            key.key,
            now,
        )
        .fetch_optional(&mut **self)
        .await?;
        let Some(kept) = kept else { return Ok(None) };
        if kept.fingerprint != key.fingerprint {
            return Err(Shut::KeyMismatch.into());
        }
        // Forgotten with a person whom it named: what was answered cannot be known any more, nor done twice.
        if kept.answer.is_empty() {
            return Err(Shut::KeyMismatch.into());
        }
        let opened = self.vault.open_box(Wrapped::Answer, row(permit, key), &kept.answer);
        let opened = opened.map_err(Shut::AnswerLost)?;
        let stored = serde_json::from_slice(&opened);
        stored.map(Some).map_err(|error| sqlx::Error::Decode(error.into()).into())
    }

    async fn keep_answer(
        &mut self,
        permit: &Permit,
        key: &Idempotency,
        value: &impl Answer,
        about: Option<&ParticipantCode>,
        keep: chrono::Duration,
    ) -> Result<(), sqlx::Error> {
        let stored = Stored::of(value).and_then(|stored| serde_json::to_vec(&stored));
        let plain = Zeroizing::new(stored.map_err(|e| sqlx::Error::Encode(e.into()))?);
        let answer = self.vault.seal_box(Wrapped::Answer, row(permit, key), &plain);
        let now = self.now;
        // A key past its time may be used anew; one within it that got in between is for its own request to answer.
        sqlx::query!(
            "insert into idempotency (account_id, key, fingerprint, answer, answered_at, kept_until, about)
             values ($1, $2, $3, $4, $5, case when $7 then 'infinity' else $6::timestamptz end, $8)
             on conflict on constraint idempotency_key_once do update
             set fingerprint = excluded.fingerprint, answer = excluded.answer, answered_at = excluded.answered_at,
                 kept_until = excluded.kept_until, about = excluded.about, replays = 0
             where idempotency.kept_until < excluded.answered_at",
            permit.account() as _,
            key.key,
            key.fingerprint.as_slice(),
            answer,
            now,
            now + keep,
            permit.keeps_answer_for_good(),
            about as _,
        )
        .execute(&mut **self)
        .await
        .map(drop)
    }
}

fn row(permit: &Permit, key: &Idempotency) -> String {
    let account = permit.account().map_or_else(String::new, |id| id.to_string());
    format!("{account}/{}", key.key)
}

/// Deadlock (40P01) and serialization failure (40001).
fn lost_a_race(error: &(dyn StdError + 'static)) -> bool {
    let state = database(error).and_then(super::sqlstate);
    matches!(state.as_deref(), Some("40P01" | "40001"))
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
