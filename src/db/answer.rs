//! What a write answers, and how it is kept for a request that comes again (R55).

use chrono::Duration;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::door::Stopped;
use super::{Shut, Tx};
use crate::access::{Idempotency, Permit};
use crate::text::ParticipantCode;
use crate::vault::Wrapped;

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

impl Tx<'_> {
    /// The answer kept for this key, if there is one. Counts the replay, so that the answer follows a write that is
    /// itself durable.
    pub(super) async fn first_answer(
        &mut self,
        permit: &Permit,
        key: &Idempotency,
    ) -> Result<Option<Stored>, Stopped> {
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

    pub(super) async fn keep_answer(
        &mut self,
        permit: &Permit,
        key: &Idempotency,
        stored: &Stored,
        about: Option<&ParticipantCode>,
        keep: Duration,
    ) -> Result<(), sqlx::Error> {
        let plain = serde_json::to_vec(stored).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let plain = Zeroizing::new(plain);
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
