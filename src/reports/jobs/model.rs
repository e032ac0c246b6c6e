//! A job, and how far it is. Pure.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::documents::Digest;
use crate::ids::{AccountId, ApiKeyId, JobId};
use crate::reports::Format;
use crate::text::choices;

/// Into parts of how many bytes a result is cut.
pub const PART_BYTES: u64 = 256 * 1024;

/// For how long a result is kept.
pub const KEPT: chrono::Duration = chrono::Duration::days(1);

choices! {
    /// How far a job is.
    JobState {
        /// No worker has taken it yet.
        Waiting = "waiting",
        /// It is being made.
        Running = "running",
        /// Its result can be fetched.
        Done = "done",
        /// It has no result.
        Failed = "failed",
        /// Its owner took it back, or their right to it has ended; its result is destroyed.
        Cancelled = "cancelled",
        /// Its result was kept for as long as it is, and is destroyed.
        Expired = "expired",
    }

    /// Why a job has no result.
    #[schema(as = WhyNoResult)]
    Why {
        /// Its owner took it back.
        Asked = "asked",
        /// Its owner has another office or another password, or the account or the key was closed.
        RightEnded = "right_ended",
        /// Somebody was erased who may stand in it (R52). Ask anew.
        Erasure = "erasure",
        /// It has more rows than its format holds.
        TooLarge = "too_large",
        /// It was tried several times, and broke off each time.
        GivenUp = "given_up",
    }
}

/// An export that somebody asked for.
#[derive(Debug, Clone)]
pub struct Job {
    /// Identity; the same under which the audit trail knows the export.
    pub id: JobId,
    /// Who asked.
    pub account: AccountId,
    /// By which key.
    pub key: Option<ApiKeyId>,
    /// The report's name.
    pub report: String,
    /// As what it is written.
    pub format: Format,
    /// What was asked of it, as it came.
    pub parameters: Value,
    /// How far it was when it was last noted.
    pub state: JobState,
    /// Why it has no result.
    pub why: Option<Why>,
    /// How many rows there are so far.
    pub row_count: i64,
    /// Of the result.
    pub size_bytes: Option<i64>,
    /// Of the result.
    pub sha256: Option<Digest>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its result was whole.
    pub done_at: Option<DateTime<Utc>>,
    /// Until when its result is kept.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Job {
    /// One that no worker has taken yet.
    #[must_use]
    pub fn waiting(
        (account, key): (AccountId, Option<ApiKeyId>),
        (report, format): (&str, Format),
        parameters: Value,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: JobId::fresh(),
            account,
            key,
            report: report.to_owned(),
            format,
            parameters,
            state: JobState::Waiting,
            why: None,
            row_count: 0,
            size_bytes: None,
            sha256: None,
            created_at: now,
            done_at: None,
            expires_at: None,
        }
    }

    /// How far it is: a result that is kept too long is none, whether or not somebody has taken it away.
    #[must_use]
    pub fn state_at(&self, now: DateTime<Utc>) -> JobState {
        match (self.state, self.expires_at) {
            (JobState::Done, Some(expires_at)) if expires_at <= now => JobState::Expired,
            (state, _) => state,
        }
    }

    /// Whether it is this account's, by a login, or this key's of it.
    #[must_use]
    pub fn is_of(&self, account: AccountId, key: Option<ApiKeyId>) -> bool {
        self.account == account && (key.is_none() || self.key == key)
    }
}

/// The next piece of a range of bytes: in which part it lies, and where in it.
#[must_use]
pub fn piece(of: &Range<u64>) -> Option<(u64, Range<u64>)> {
    if of.is_empty() {
        return None;
    }
    let number = of.start / PART_BYTES;
    let begin = number * PART_BYTES;
    Some((number, of.start - begin..of.end.min(begin + PART_BYTES) - begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_range_are_the_range() {
        let whole: Vec<u64> = (0..PART_BYTES * 2 + 7).collect();
        for range in
            [0..0, 0..1, 5..PART_BYTES, PART_BYTES - 1..PART_BYTES + 1, 3..PART_BYTES * 2 + 7]
        {
            let (mut left, mut gathered) = (range.clone(), Vec::new());
            while let Some((number, within)) = piece(&left) {
                let at = |offset: u64| usize::try_from(number * PART_BYTES + offset).unwrap();
                gathered.extend_from_slice(&whole[at(within.start)..at(within.end)]);
                left.start += within.end - within.start;
            }
            assert_eq!(gathered, range.collect::<Vec<_>>());
        }
    }
}
