//! An entry of the record (R15, R16, R32).

use chrono::{DateTime, Utc};

use super::{Action, ActionKind, Correction};
use crate::ids::{AccountId, ActId};
use crate::text::{Reason, choices};

choices! {
    /// What an entry of the record is: one of the treaty actions, or something said of an earlier entry.
    ActKind {
        /// A treaty action.
        Signature = "signature",
        /// A treaty action.
        Confirmation = "ad_referendum_confirmation",
        /// A treaty action.
        Ratification = "ratification",
        /// A treaty action.
        Acceptance = "acceptance",
        /// A treaty action.
        Approval = "approval",
        /// A treaty action.
        Accession = "accession",
        /// A treaty action.
        NoIntention = "notice_of_not_becoming_party",
        /// A treaty action.
        Denunciation = "denunciation",
        /// A correction of an earlier entry (R15).
        Correction = "correction",
        /// The recorder takes an earlier entry back (R32).
        Withdrawal = "recording_withdrawn",
        /// A second officer certifies an earlier entry (R32).
        Certification = "certification",
    }

    /// Where an entry stands.
    ActState {
        /// Recorded by one officer. An action stands from here on; a correction does not yet.
        Recorded = "recorded",
        /// Certified by a second officer. A correction takes effect with it.
        Certified = "certified",
        /// Withdrawn by its recorder before it was certified.
        Withdrawn = "withdrawn",
    }
}

impl From<ActionKind> for ActKind {
    fn from(kind: ActionKind) -> Self {
        match kind {
            ActionKind::Signature => Self::Signature,
            ActionKind::Confirmation => Self::Confirmation,
            ActionKind::Ratification => Self::Ratification,
            ActionKind::Acceptance => Self::Acceptance,
            ActionKind::Approval => Self::Approval,
            ActionKind::Accession => Self::Accession,
            ActionKind::NoIntention => Self::NoIntention,
            ActionKind::Denunciation => Self::Denunciation,
        }
    }
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A participant did something.
    Action(Action),
    /// An earlier action was recorded wrongly. In effect once a second officer has certified it (R15).
    Correction(Correction),
    /// An earlier entry is withdrawn.
    Withdrawal {
        /// Which.
        of: ActId,
        /// Why.
        reason: Reason,
    },
    /// An earlier entry is certified.
    Certification {
        /// Which.
        of: ActId,
    },
}

impl Entry {
    /// The earlier entry of which this one says something.
    #[must_use]
    pub fn of(&self) -> Option<ActId> {
        match self {
            Self::Action(_) => None,
            Self::Correction(correction) => Some(correction.of),
            Self::Withdrawal { of, .. } | Self::Certification { of } => Some(*of),
        }
    }
}

/// An entry of the record, as it was recorded and for ever is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Its identity.
    pub id: ActId,
    /// The officer who recorded it.
    pub recorded_by: AccountId,
    /// When, by the server's clock.
    pub recorded_at: DateTime<Utc>,
    /// What it says.
    pub entry: Entry,
}

impl Act {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ActKind {
        match &self.entry {
            Entry::Action(action) => action.kind.into(),
            Entry::Correction(_) => ActKind::Correction,
            Entry::Withdrawal { .. } => ActKind::Withdrawal,
            Entry::Certification { .. } => ActKind::Certification,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_an_action_has_the_same_name_as_its_entry() {
        for kind in ActionKind::ALL {
            assert_eq!(ActKind::from(*kind).as_str(), kind.as_str());
        }
        assert_eq!(ActKind::ALL.len(), ActionKind::ALL.len() + 3);
    }
}
