//! Chance that can be had again: all of it follows from one seed, which is printed.

use std::future::pending;
use std::time::Duration;

use hanoi_ceremony::secret;
use tokio::time::timeout;

/// A number that the environment can raise.
pub fn count(name: &str, short: u32) -> u32 {
    std::env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(short)
}

/// A source of numbers (`SplitMix64`).
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// By the seed of the environment, else by a new one. It is printed either way.
    pub fn of(scenario: &str) -> Self {
        let given = std::env::var("FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed: u32 = given.unwrap_or_else(|| u32::from_le_bytes(secret::random()));
        println!("{scenario}: FAULTS_SEED={seed}");
        Self(seed.into())
    }

    /// Another source, whose numbers have nothing to do with those of this one.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Lets up to so much time pass. It is what a fault needs: to come at no moment in particular.
    pub async fn hesitate(&mut self, longest: Duration) {
        let micros = u64::try_from(longest.as_micros()).unwrap();
        let _ = timeout(Duration::from_micros(self.below(micros)), pending::<()>()).await;
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
