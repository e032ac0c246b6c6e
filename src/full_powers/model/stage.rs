//! The way of full powers through the secretariat (R9, R10).
//!
//! ```text
//! lodged ──► verified ──► confirmed
//!    ├───────────┴─────► refused
//!    └───────────┴───────────┴─────► revoked
//! ```

use chrono::{DateTime, Utc};

use crate::ids::AccountId;
use crate::text::{Fault, Reason, choices};

choices! {
    /// The name of a stage.
    FullPowersStage {
        /// Handed in.
        Lodged = "lodged",
        /// Found without a gap by a treaty officer.
        Verified = "verified",
        /// Found so by a second officer.
        Confirmed = "confirmed",
        /// Not accepted.
        Refused = "refused",
        /// Taken back by the participant.
        Revoked = "revoked",
    }
}

/// Who did something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The account that did it.
    pub by: AccountId,
    /// By the server's clock.
    pub at: DateTime<Utc>,
}

/// A stage with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Handed in.
    Lodged,
    /// Verified by one officer.
    Verified {
        /// The first officer.
        verified: Mark,
    },
    /// Confirmed by a second.
    Confirmed {
        /// The first officer.
        verified: Mark,
        /// The second.
        confirmed: Mark,
    },
    /// Not accepted; another paper can be lodged.
    Refused {
        /// The first officer, had one come so far.
        verified: Option<Mark>,
        /// Who refused.
        refused: Mark,
        /// Why.
        reason: Reason,
    },
    /// Taken back.
    Revoked {
        /// The first officer, had one come so far.
        verified: Option<Mark>,
        /// The second, had one come so far.
        confirmed: Option<Mark>,
        /// Who recorded the revocation.
        revoked: Mark,
        /// Why.
        reason: Reason,
    },
}

/// A stage spread over the columns of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageColumns {
    /// Its name.
    pub stage: FullPowersStage,
    /// The first officer.
    pub verified: Option<Mark>,
    /// The second.
    pub confirmed: Option<Mark>,
    /// Who refused or revoked.
    pub closed: Option<Mark>,
    /// Why.
    pub reason: Option<Reason>,
}

impl StageColumns {
    /// Reads a row; one that no transition could have produced is a fault.
    pub fn parse(self) -> Result<Stage, Fault> {
        let Self { stage, verified, confirmed, closed, reason } = self;
        match (stage, verified, confirmed, closed, reason) {
            (FullPowersStage::Lodged, None, None, None, None) => Ok(Stage::Lodged),
            (FullPowersStage::Verified, Some(verified), None, None, None) => {
                Ok(Stage::Verified { verified })
            }
            (FullPowersStage::Confirmed, Some(verified), Some(confirmed), None, None)
                if verified.by != confirmed.by =>
            {
                Ok(Stage::Confirmed { verified, confirmed })
            }
            (FullPowersStage::Refused, verified, None, Some(refused), Some(reason)) => {
                Ok(Stage::Refused { verified, refused, reason })
            }
            (FullPowersStage::Revoked, verified, confirmed, Some(revoked), Some(reason))
                if verified.is_some() || confirmed.is_none() =>
            {
                Ok(Stage::Revoked { verified, confirmed, revoked, reason })
            }
            _ => Err(Fault::new("impossible_stage", "no transition leads to this stage")),
        }
    }
}

impl From<Stage> for StageColumns {
    fn from(stage: Stage) -> Self {
        let none = Self {
            stage: FullPowersStage::Lodged,
            verified: None,
            confirmed: None,
            closed: None,
            reason: None,
        };
        match stage {
            Stage::Lodged => none,
            Stage::Verified { verified } => {
                Self { stage: FullPowersStage::Verified, verified: Some(verified), ..none }
            }
            Stage::Confirmed { verified, confirmed } => Self {
                stage: FullPowersStage::Confirmed,
                verified: Some(verified),
                confirmed: Some(confirmed),
                ..none
            },
            Stage::Refused { verified, refused, reason } => Self {
                stage: FullPowersStage::Refused,
                verified,
                closed: Some(refused),
                reason: Some(reason),
                ..none
            },
            Stage::Revoked { verified, confirmed, revoked, reason } => Self {
                stage: FullPowersStage::Revoked,
                verified,
                confirmed,
                closed: Some(revoked),
                reason: Some(reason),
            },
        }
    }
}
