//! An appointment's turn at the table, and its way (R31).
//!
//! ```text
//! expected ──► called ──► at the table ──► signed
//!    ├───────────┼──────────────┴────────► deferred ──► called
//!    └───────────┴──────► absent ────────► deferred
//! ```

use chrono::{DateTime, FixedOffset, Utc};

use super::PlacedBy;
use crate::collation::SortKey;
use crate::delegations::Rank;
use crate::ids::{AccountId, ActId, AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName, Reason, choices};

choices! {
    /// Where a turn is.
    TurnState {
        /// Appointed, and not called yet.
        Expected = "expected",
        /// Called to the table.
        Called = "called",
        /// At the table.
        AtTheTable = "at_the_table",
        /// Signed.
        Signed = "signed",
        /// Put off: called again later in the session.
        Deferred = "deferred",
        /// Not there when called.
        Absent = "absent",
    }

    /// What an officer does with a turn. That it is signed, the record says.
    #[schema(as = TurnStep)]
    Step {
        /// Calls it to the table.
        Call = "call",
        /// Sees it arrive there.
        Arrive = "arrive",
        /// Puts it off.
        Defer = "defer",
        /// Finds nobody there.
        Absent = "absent",
    }
}

/// A step that the present state does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a turn that is {current} knows no {wanted}")]
pub struct WrongTurn {
    /// Where the turn is.
    pub current: TurnState,
    /// The step asked for.
    pub wanted: Step,
}

impl TurnState {
    /// The steps that are legal now.
    #[must_use]
    pub fn allowed(self) -> &'static [Step] {
        match self {
            Self::Expected => &[Step::Call, Step::Defer, Step::Absent],
            Self::Called => &[Step::Arrive, Step::Defer, Step::Absent],
            Self::Deferred => &[Step::Call, Step::Absent],
            Self::AtTheTable | Self::Absent => &[Step::Defer],
            Self::Signed => &[],
        }
    }

    /// The state after a step.
    pub fn after(self, step: Step) -> Result<Self, WrongTurn> {
        if !self.allowed().contains(&step) {
            return Err(WrongTurn { current: self, wanted: step });
        }
        Ok(match step {
            Step::Call => Self::Called,
            Step::Arrive => Self::AtTheTable,
            Step::Defer => Self::Deferred,
            Step::Absent => Self::Absent,
        })
    }

    /// Whether only one can be so at a table.
    #[must_use]
    pub fn takes_the_table(self) -> bool {
        matches!(self, Self::Called | Self::AtTheTable)
    }

    /// Whether an order made now gives it a new place: who was called keeps the old one.
    #[must_use]
    pub fn is_to_come(self) -> bool {
        matches!(self, Self::Expected | Self::Deferred | Self::Absent)
    }
}

/// A place in the running order, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub position: i32,
    /// What decided.
    pub by: PlacedBy,
    /// Its value, for people.
    pub value: String,
}

/// An officer's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The place before.
    pub from: i32,
    /// Who moved it.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub because: Reason,
}

/// An appointment's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The appointment.
    pub appointment: AppointmentId,
    /// Who signs.
    pub participant: ParticipantCode,
    /// Its name in the Depositary's tables.
    pub name: Label,
    /// Its place in the order of these names.
    pub sort_key: SortKey,
    /// By which full powers.
    pub full_powers: FullPowersId,
    /// The signer's name.
    pub signer: PersonName,
    /// The signer's office, in words.
    pub office: Label,
    /// The signer's rank.
    pub rank: Rank,
    /// When the full powers were lodged.
    pub requested_at: DateTime<Utc>,
    /// The hour of the appointment.
    pub at: DateTime<FixedOffset>,
    /// Where the turn is.
    pub state: TurnState,
    /// Since when; from the beginning where nothing is said.
    pub since: Option<DateTime<Utc>>,
    /// Why it was put off, or who was not there.
    pub reason: Option<Reason>,
    /// The signature.
    pub act: Option<ActId>,
    /// Its place in the running order, once there is one.
    pub place: Option<Place>,
    /// Whether an officer moved it since the order was made.
    pub moved: Option<Moved>,
    /// Counts its changes; 0 where nobody has touched it.
    pub version: Version,
}

/// The turns that are still to come, the next one first: the expected in the running order, then the deferred in the order
/// in which they were put off.
#[must_use]
pub fn in_line(turns: &[Turn]) -> Vec<&Turn> {
    let of = |state| turns.iter().filter(move |turn| turn.state == state);
    let mut deferred: Vec<_> = of(TurnState::Deferred).collect();
    deferred.sort_by_key(|turn| turn.since);
    of(TurnState::Expected).chain(deferred).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r31_the_way_to_the_table_is_called_then_there() {
        let called = TurnState::Expected.after(Step::Call).unwrap();
        assert_eq!(called.after(Step::Arrive), Ok(TurnState::AtTheTable));
        let wrong = TurnState::Expected.after(Step::Arrive).unwrap_err();
        assert_eq!(wrong, WrongTurn { current: TurnState::Expected, wanted: Step::Arrive });
        assert_eq!(TurnState::Signed.allowed(), []);
        let late = TurnState::Absent.after(Step::Defer).unwrap();
        assert_eq!(late.after(Step::Call), Ok(TurnState::Called), "who comes after all is called");
    }

    proptest! {
        /// Whatever officers do: what is listed as legal is, nothing else is, and nobody but the record makes a turn signed.
        #[test]
        fn r31_any_walk_keeps_the_rules(steps in prop::collection::vec(0_usize..4, 1..30)) {
            let mut now = TurnState::Expected;
            for step in steps.into_iter().map(|number| Step::ALL[number]) {
                let after = now.after(step);
                prop_assert_eq!(after.is_ok(), now.allowed().contains(&step));
                now = after.unwrap_or(now);
                prop_assert_ne!(now, TurnState::Signed);
                prop_assert!(!now.allowed().is_empty(), "nobody is stuck");
            }
        }
    }
}
