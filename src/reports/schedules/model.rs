//! A schedule, when it is due, and what becomes of it. Pure.

use std::str::FromStr as _;

use chrono::{
    DateTime, Duration, DurationRound as _, NaiveDateTime, NaiveTime, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use serde_json::Value;

use crate::ids::{AccountId, ApiKeyId, ExportScheduleId, JobId};
use crate::page::Version;
use crate::reports::Format;
use crate::text::{Fault, choices, text_types};

/// After how many runs in a row that did not arrive it stops.
const FAILURES_MAX: i32 = 5;
/// The longest gap that clocks leave, in hours: a country that changes its side of the date line skips a day.
const GAP_MAX_HOURS: i64 = 48;

choices! {
    /// How often a report is made.
    Every {
        /// On each full hour of UTC.
        Hour = "hour",
        /// Each day, at a time by the ceremony's clocks.
        Day = "day",
    }

    /// Whether a schedule runs.
    ScheduleState {
        /// It does.
        Active = "active",
        /// It does not, until its owner lets it go on.
        Stopped = "stopped",
    }

    /// Why a schedule does not run.
    #[schema(as = WhyStopped)]
    Why {
        /// Somebody stopped it.
        Asked = "asked",
        /// Its owner may not have the report any more, or their account or key was closed.
        RightEnded = "right_ended",
        /// Nothing has arrived several times in a row.
        Failures = "failures",
    }

    /// How far a run is.
    RunState {
        /// It is being made, or on its way.
        Making = "making",
        /// It has arrived.
        Delivered = "delivered",
        /// It has not, and is not tried any more.
        Failed = "failed",
    }

    /// Why a run has not arrived.
    #[schema(as = WhyNotDelivered)]
    Undelivered {
        /// Its owner's right to the report has ended.
        RightEnded = "right_ended",
        /// Its job has no result; the job says why.
        NotMade = "not_made",
        /// The settings have no destination of this name any more.
        NoDestination = "no_destination",
        /// It is larger than a letter may be.
        TooLarge = "too_large",
        /// The destination does not take it: it cannot be reached, or not written to.
        Unreachable = "unreachable",
    }
}

text_types! {
    /// A public key of age (X25519): `age1…`.
    Recipient: 100, recipient;
}

fn recipient(input: &str, _max_chars: usize) -> Result<String, Fault> {
    let key = age::x25519::Recipient::from_str(input);
    key.map(|key| key.to_string()).map_err(|_| {
        Fault::new("invalid_recipient", "a public key of age (X25519), age1…, is expected")
    })
}

/// Reads a time of the day, `06:30`.
pub fn time_of_day(input: &str) -> Result<NaiveTime, Fault> {
    let parsed = NaiveTime::parse_from_str(input, "%H:%M").ok().filter(|_| input.len() == 5);
    parsed.ok_or_else(|| Fault::new("invalid_time", "a time of the day like 06:30 is expected"))
}

/// A report that is made again and again.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Identity.
    pub id: ExportScheduleId,
    /// Whose it is.
    pub account: AccountId,
    /// By which key it was asked for.
    pub key: Option<ApiKeyId>,
    /// In which request.
    pub request_id: String,
    /// The report's name.
    pub report: String,
    /// As what it is written.
    pub format: Format,
    /// What is asked of it, as it came.
    pub parameters: Value,
    /// How often.
    pub every: Every,
    /// When on a day.
    pub at: Option<NaiveTime>,
    /// Where it goes.
    pub destination: String,
    /// To whose keys it is encrypted.
    pub recipients: Vec<Recipient>,
    /// Whether it runs.
    pub state: ScheduleState,
    /// Why it does not.
    pub why: Option<Why>,
    /// How many runs in a row have not arrived.
    pub failures: i32,
    /// When it runs next.
    pub next_at: DateTime<Utc>,
    /// Counts its changes, those by its runs as well.
    pub version: Version,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// The job of its latest run, while that is known.
    pub last_job: Option<JobId>,
    /// For which instant that was planned.
    pub last_planned_at: Option<DateTime<Utc>>,
    /// How far it is.
    pub last_state: Option<RunState>,
    /// Why it has not arrived.
    pub last_why: Option<Undelivered>,
    /// When it arrived or was given up.
    pub last_ended_at: Option<DateTime<Utc>>,
}

/// A step from where it is not legal.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a schedule that is {0} cannot take this step")]
pub struct WrongState(pub ScheduleState);

impl Schedule {
    /// How the file of a run is called: by its instant, so that whoever delivers it again finds it there, and by the schedule,
    /// so that two of one report are not in each other's way.
    #[must_use]
    pub fn file_name(&self, planned_at: DateTime<Utc>) -> String {
        let Self { id, report, format, .. } = self;
        let instant = planned_at.format("%Y%m%dT%H%M%SZ");
        let own = id.to_string().split_off(24);
        let ending = if self.recipients.is_empty() { "" } else { ".age" };
        format!("{report}-{instant}-{own}.{format}{ending}")
    }

    /// The same, changed now.
    #[must_use]
    pub fn touched(self, now: DateTime<Utc>) -> Self {
        Self { version: self.version.next(), updated_at: now, ..self }
    }

    /// Whether it is this account's, by a login, or this key's of it.
    #[must_use]
    pub fn is_of(&self, account: AccountId, key: Option<ApiKeyId>) -> bool {
        self.account == account && (key.is_none() || self.key == key)
    }

    /// Whether a run is to begin.
    #[must_use]
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.state == ScheduleState::Active && self.next_at <= now
    }

    /// A run has begun: the next one is the first to come, however many were missed.
    #[must_use]
    pub fn begun(self, zone: Tz, now: DateTime<Utc>) -> Self {
        // No instant comes twice, also where somebody has set the clock back.
        let after = self.last_planned_at.map_or(now, |last| last.max(now));
        Self { next_at: next_run(self.every, self.at, zone, after), ..self }
    }

    /// A run has arrived.
    #[must_use]
    pub fn arrived(self) -> Self {
        Self { failures: 0, ..self }
    }

    /// A run has not arrived: the last one, where it was so often before, or never will be otherwise.
    #[must_use]
    pub fn failed(self, why: Undelivered) -> Self {
        let failed = Self { failures: self.failures + 1, ..self };
        let end = match why {
            Undelivered::RightEnded => Some(Why::RightEnded),
            _ => (failed.failures >= FAILURES_MAX).then_some(Why::Failures),
        };
        match end {
            Some(why) if failed.state == ScheduleState::Active => failed.ended(why),
            _ => failed,
        }
    }

    /// Stops it.
    pub fn stop(self, why: Why) -> Result<Self, WrongState> {
        match self.state {
            ScheduleState::Active => Ok(self.ended(why)),
            ScheduleState::Stopped => Err(WrongState(self.state)),
        }
    }

    /// Lets it go on, from the next instant.
    pub fn resume(self, zone: Tz, now: DateTime<Utc>) -> Result<Self, WrongState> {
        match self.state {
            ScheduleState::Stopped => Ok(Self {
                state: ScheduleState::Active,
                why: None,
                failures: 0,
                ..self.begun(zone, now)
            }),
            ScheduleState::Active => Err(WrongState(self.state)),
        }
    }

    fn ended(self, why: Why) -> Self {
        Self { state: ScheduleState::Stopped, why: Some(why), ..self }
    }
}

/// The first instant after a moment at which something is made that is made so often.
#[must_use]
pub fn next_run(
    every: Every,
    at: Option<NaiveTime>,
    zone: Tz,
    after: DateTime<Utc>,
) -> DateTime<Utc> {
    let hour = Duration::hours(1);
    let next = match every {
        Every::Hour => after.duration_trunc(hour).ok().and_then(|at| at.checked_add_signed(hour)),
        Every::Day => {
            let today = after.with_timezone(&zone).date_naive();
            // What the clocks skipped yesterday may come today.
            let days = today.pred_opt().unwrap_or(today).iter_days();
            let instants = days.map(|day| instant(zone, day.and_time(at.unwrap_or_default())));
            instants.take_while(Option::is_some).flatten().find(|at| *at > after)
        }
    };
    next.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When the clocks of a place show this: the first time, where they do twice; where they skip it, as much later as they
/// skip, which is how calendars have it (RFC 5545, 3.3.5).
fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    (0..=GAP_MAX_HOURS).map(Duration::hours).find_map(|back| {
        let shown = zone.from_local_datetime(&local.checked_sub_signed(back)?).earliest()?;
        shown.to_utc().checked_add_signed(back)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The next instants after a moment, one after the other.
    fn runs(every: Every, at: &str, zone: Tz, after: &str) -> Vec<String> {
        let at = (every == Every::Day).then(|| time_of_day(at).unwrap());
        let mut last = moment(after);
        let mut next = || {
            last = next_run(every, at, zone, last);
            last.format("%d %H:%M").to_string()
        };
        vec![next(), next(), next()]
    }

    #[test]
    fn every_day_is_at_its_time_of_the_place_whatever_the_clocks_do() {
        use chrono_tz::{Asia::Ho_Chi_Minh, Europe::Paris, Pacific::Apia};
        for (zone, at, after, expected) in [
            (Ho_Chi_Minh, "06:30", "2025-10-25T23:29:59Z", ["25 23:30", "26 23:30", "27 23:30"]),
            (Ho_Chi_Minh, "06:30", "2025-10-25T23:30:00Z", ["26 23:30", "27 23:30", "28 23:30"]),
            // Summer begins: 02:30 is skipped on the 30th, and 06:30 is an hour earlier from then on.
            (Paris, "02:30", "2025-03-28T12:00:00Z", ["29 01:30", "30 01:30", "31 00:30"]),
            (Paris, "06:30", "2025-03-28T12:00:00Z", ["29 05:30", "30 04:30", "31 04:30"]),
            // Summer ends: 02:30 comes twice on the 26th, and counts once.
            (Paris, "02:30", "2025-10-24T12:00:00Z", ["25 00:30", "26 00:30", "27 01:30"]),
            // A day that was never there: its run is the next one's, once.
            (Apia, "12:00", "2011-12-29T00:00:00Z", ["29 22:00", "30 22:00", "31 22:00"]),
        ] {
            assert_eq!(runs(Every::Day, at, zone, after), expected, "{zone} {at} after {after}");
        }
    }

    #[test]
    fn every_hour_is_every_hour_also_when_the_clocks_change() {
        let paris = chrono_tz::Europe::Paris;
        for (after, expected) in [
            ("2025-03-30T00:10:00Z", ["30 01:00", "30 02:00", "30 03:00"]),
            ("2025-10-26T00:00:00Z", ["26 01:00", "26 02:00", "26 03:00"]),
        ] {
            assert_eq!(runs(Every::Hour, "", paris, after), expected);
        }
    }

    #[test]
    fn a_recipient_is_a_public_key_and_nothing_that_looks_like_one() {
        let key = age::x25519::Identity::generate().to_public().to_string();
        assert_eq!(Recipient::parse(&key).unwrap().as_str(), key);
        let secret = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";
        for wrong in
            ["", "age1", secret, "ssh-ed25519 AAAA", &key[..key.len() - 1], &format!(" {key}")]
        {
            assert_eq!(Recipient::parse(wrong).unwrap_err().code, "invalid_recipient", "{wrong}");
        }
        for wrong in ["", "6:30", "24:00", "06:60", "06:30:00", "+6:30"] {
            assert_eq!(time_of_day(wrong).unwrap_err().code, "invalid_time", "{wrong}");
        }
    }
}
