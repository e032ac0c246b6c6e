//! Letters on their way. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, InvitationId, MailingId, MemberId, MessageId};
use crate::mail::{LetterKind, Trouble};
use crate::text::{ParticipantCode, choices};

choices! {
    /// How far a letter is.
    MessageState {
        /// To be sent, or to be tried again.
        Waiting = "waiting",
        /// Whoever takes our mail has it.
        Delivered = "delivered",
        /// Refused for good, or tried for too long.
        Failed = "failed",
        /// What it told of was over before it left.
        Cancelled = "cancelled",
    }
}

/// A letter on its way. Neither name nor address: those of its reader are looked up when it is sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// Identity; in the letter's `Message-ID`, too.
    pub id: MessageId,
    /// What it is about.
    pub kind: LetterKind,
    /// Whose account it goes to.
    pub account: Option<AccountId>,
    /// Which invitation it goes with.
    pub invitation: Option<InvitationId>,
    /// Which member it goes to.
    pub member: Option<MemberId>,
    /// Of which letter to many it is one.
    pub mailing: Option<MailingId>,
    /// Whose business it is.
    pub participant: Option<ParticipantCode>,
    /// How far it is.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it is tried next.
    pub due_at: DateTime<Utc>,
    /// When its way was over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How long a letter pauses after its `attempts`-th failure: twice as long each time, up to `longest`. `chance` takes up to
/// half of it away, so that what failed together is not tried together again.
#[must_use]
pub fn pause(attempts: i32, first: Duration, longest: Duration, chance: u8) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let whole = first.saturating_mul(1 << doublings).min(longest);
    whole.saturating_sub(whole / 2 * u32::from(chance) / 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_the_longest_and_is_never_nothing() {
        let (first, longest) = (Duration::from_secs(30), Duration::from_hours(1));
        let whole = |attempts| pause(attempts, first, longest, 0).as_secs();
        assert_eq!(
            [1, 2, 3, 7, 8, 100, i32::MAX].map(whole),
            [30, 60, 120, 1920, 3600, 3600, 3600]
        );
        for attempts in [i32::MIN, 0, 1, 5, 50] {
            let (least, most) =
                (pause(attempts, first, longest, 255), pause(attempts, first, longest, 0));
            assert!(least > most / 2 && least < most, "{attempts} {least:?} {most:?}");
        }
    }
}
