//! An entry of the record, with all that was said of it since.

use chrono::{DateTime, Utc};

use super::{Act, ActState, Action, Entry, Record};
use crate::ids::{AccountId, ActId};
use crate::text::{ParticipantCode, Reason};

/// An entry as an officer reads it: what it says for ever, and where it stands now (R15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The entry itself.
    pub act: Act,
    /// Whose action it is, or is about.
    pub participant: ParticipantCode,
    /// Where it stands.
    pub state: ActState,
    /// Who certified or withdrew it.
    pub settled: Option<Settled>,
    /// The action with its corrected values, where corrections are in effect.
    pub corrected: Option<Action>,
    /// The corrections proposed for it, in the order of recording, and where each stands.
    pub corrections: Vec<(ActId, ActState)>,
    /// How many entries are about it, itself included.
    pub entries: usize,
}

/// The end of an entry's being open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The entry that says so.
    pub entry: ActId,
    /// Who certified or withdrew it.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why it was withdrawn.
    pub reason: Option<Reason>,
}

impl Entered {
    /// An entry of a record that holds at least whatever is about the same action.
    #[must_use]
    pub fn of(record: &Record<'_>, id: ActId) -> Option<Self> {
        let act = record.find(id)?;
        let corrections: Vec<_> = record
            .said_of(id)
            .filter(|later| matches!(later.entry, Entry::Correction(_)))
            .map(|correction| (correction.id, record.state(correction.id)))
            .collect();
        let of_corrections: usize =
            corrections.iter().map(|(id, _)| record.said_of(*id).count()).sum();
        let corrected = record.stands(id).filter(|stands| !stands.corrected_by.is_empty());
        Some(Self {
            participant: record.action(act)?.participant.clone(),
            state: record.state(id),
            settled: record.settlement(id).map(Settled::from),
            corrected: corrected.map(|stands| stands.action),
            entries: 1 + record.said_of(id).count() + of_corrections,
            corrections,
            act: act.clone(),
        })
    }
}

impl From<&Act> for Settled {
    fn from(act: &Act) -> Self {
        let reason = match &act.entry {
            Entry::Withdrawal { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        Self { entry: act.id, by: act.recorded_by, at: act.recorded_at, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treaty::model::samples::Book;
    use crate::treaty::model::{ActionKind, Field, Value, certify, correct};

    #[test]
    fn r15_an_entry_shows_both_values_and_who_certified_it() {
        let mut book = Book::at("2026-01-01T00:00:00Z");
        let signed = book.act(ActionKind::Signature, "FRA", "2025-10-29T12:00:00-04:00").unwrap();
        let name = Value::parse(Field::SignatoryName, "Clara Sample").unwrap();
        let reason = Reason::parse("A letter was misread").unwrap();
        let (parties, windows) = (book.parties.clone(), book.windows.clone());
        let entry =
            correct(&book.record(), &parties, &windows, book.now, signed, &[name], reason).unwrap();
        let correction = book.append(book.officer, entry);
        assert_eq!(Entered::of(&book.record(), signed).unwrap().corrected, None);

        let entry = certify(&book.record(), &parties, correction, book.second).unwrap();
        book.append(book.second, entry);
        let entered = Entered::of(&book.record(), signed).unwrap();
        let name_of = |action: &Action| action.signatory.as_ref().unwrap().name.to_string();
        let Entry::Action(recorded) = &entered.act.entry else { panic!("not an action") };
        assert_eq!(name_of(recorded), "Claire Sample");
        assert_eq!(name_of(entered.corrected.as_ref().unwrap()), "Clara Sample");
        assert_eq!(entered.corrections, [(correction, ActState::Certified)]);
        assert_eq!((entered.state, entered.entries), (ActState::Recorded, 3));
        let correction = Entered::of(&book.record(), correction).unwrap();
        assert_eq!(correction.settled.unwrap().by, book.second);
        assert_eq!(correction.participant.as_str(), "FRA");
    }
}
