//! The doctor: what a start would stumble over, and what a start does not see, one line each. It asks what a start and
//! `GET /health/ready` ask, by the same code, and mends nothing.

mod checks;
mod store;

use std::fmt;

use serde::Serialize;

pub use checks::examine;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Look,
    /// It does not work, or will not.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// What.
    pub about: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// What was seen; where it is not as it should be, with what to do.
    pub says: String,
}

impl Finding {
    fn of(about: &'static str, verdict: Verdict, says: impl fmt::Display) -> Self {
        Self { about, verdict, says: says.to_string() }
    }

    fn ok(about: &'static str, says: impl fmt::Display) -> Self {
        Self::of(about, Verdict::Ok, says)
    }

    fn look(about: &'static str, says: impl fmt::Display) -> Self {
        Self::of(about, Verdict::Look, says)
    }

    fn wrong(about: &'static str, says: impl fmt::Display) -> Self {
        Self::of(about, Verdict::Wrong, says)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Look => "look at",
            Verdict::Wrong => "wrong",
        };
        write!(f, "{verdict:8} {:10} {}", self.about, self.says)
    }
}
