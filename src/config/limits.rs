//! The settings of limits: how long whoever failed has to wait, and how much is taken from one account.

use serde::{Deserialize, Serialize};

use super::values::Within;
use crate::text::Fault;

/// A day. Nobody is made to wait longer.
const LONGEST_WAIT_SECONDS: u32 = 86_400;

/// `[tries]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tries {
    /// How long an account is known in a network that it has logged in from.
    pub known_network_days: Within<0, 3650>,
    /// For one account at one door.
    pub account: Ladder,
    /// For one network at all of them.
    pub network: Ladder,
}

/// `[budgets]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    /// Of an account, for what is read.
    pub reads: Budget,
    /// Of an account, for what is changed.
    pub writes: Budget,
    /// Of an account, for files that are taken away.
    pub exports: Budget,
    /// Of an account, at the signing desk.
    pub desk: Budget,
    /// Of a network, for all of its strangers.
    pub strangers: Budget,
}

/// How many requests are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// At once.
    pub burst: Within<1, 1_000_000_000>,
    /// For ever.
    pub per_second: Within<1, 1_000_000>,
}

/// How long whoever failed has to wait: after some failures that are free, longer with each, and never for good.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Rungs", into = "Rungs")]
pub struct Ladder(Rungs);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Rungs {
    free_failures: Within<1, 1_000_000>,
    delays_seconds: Delays,
    forget_one_after_seconds: Within<1, 604_800>,
}

/// Waits in seconds, the first first: `30, 60, 120`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Delays(Vec<u32>);

impl Ladder {
    /// How long to wait after so many failures.
    #[must_use]
    pub fn wait_seconds(&self, failures: u32) -> u32 {
        let Delays(delays) = &self.0.delays_seconds;
        let past = failures.checked_sub(self.0.free_failures.get());
        let rung = past.map(|past| usize::try_from(past).unwrap_or(usize::MAX));
        rung.and_then(|rung| delays.get(rung).or(delays.last())).copied().unwrap_or(0)
    }

    /// How many failures are free, as the database counts.
    #[must_use]
    pub fn free(&self) -> i32 {
        whole(self.0.free_failures.get())
    }

    /// The waits after those, in seconds, as the database counts.
    #[must_use]
    pub fn delays(&self) -> Vec<i32> {
        self.0.delays_seconds.0.iter().map(|seconds| whole(*seconds)).collect()
    }

    /// After how many seconds one failure is forgotten, as the database counts.
    #[must_use]
    pub fn forgets_one_after(&self) -> i32 {
        whole(self.0.forget_one_after_seconds.get())
    }
}

fn whole(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl TryFrom<Rungs> for Ladder {
    type Error = Fault;
    fn try_from(rungs: Rungs) -> Result<Self, Fault> {
        let longest = rungs.delays_seconds.0.last().copied().unwrap_or(0);
        if rungs.forget_one_after_seconds.get() < longest {
            let detail = "a failure is forgotten after the longest delay at the earliest, or waiting would undo it";
            return Err(Fault::new("forgets_too_soon", detail));
        }
        Ok(Self(rungs))
    }
}

impl From<Ladder> for Rungs {
    fn from(Ladder(rungs): Ladder) -> Self {
        rungs
    }
}

impl TryFrom<String> for Delays {
    type Error = Fault;
    fn try_from(text: String) -> Result<Self, Fault> {
        let fault = || {
            let detail = format!(
                "seconds like 30, 60, 120 are expected, none shorter than the one before or longer than {LONGEST_WAIT_SECONDS}"
            );
            Fault::new("invalid_delays", detail)
        };
        let delays: Result<Vec<u32>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        let delays = delays.map_err(|_| fault())?;
        let is_fit =
            delays.is_sorted() && delays.iter().all(|d| (1..=LONGEST_WAIT_SECONDS).contains(d));
        if is_fit { Ok(Self(delays)) } else { Err(fault()) }
    }
}

impl From<Delays> for String {
    fn from(Delays(delays): Delays) -> Self {
        delays.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    #[test]
    fn whoever_fails_waits_longer_each_time_and_never_for_good() {
        let ladder = Config::from_toml("").unwrap().tries.account;
        let waits = [0, 4, 5, 6, 7, 8, 9, 10, 11, u32::MAX].map(|n| ladder.wait_seconds(n));
        assert_eq!(waits, [0, 0, 30, 60, 120, 300, 600, 900, 900, 900]);
    }

    #[test]
    fn a_ladder_that_falls_or_forgets_too_soon_is_refused() {
        for wrong in [
            "delays_seconds = \"\"",
            "delays_seconds = \"60, 30\"",
            "delays_seconds = \"0\"",
            "delays_seconds = \"30, x\"",
            "delays_seconds = \"90000\"",
            "forget_one_after_seconds = 899",
        ] {
            assert!(Config::from_toml(&format!("[tries.account]\n{wrong}")).is_err(), "{wrong}");
        }
    }
}
