//! Corrections: which field, the old value and the new (R15).

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Serialize, Serializer};

use super::{Action, ActionKind};
use crate::ceremony::PlaceCode;
use crate::ids::ActId;
use crate::input::{Date, Moment};
use crate::text::{Fault, Label, PersonName, Reason, choices};

choices! {
    /// A field of an action that can have been recorded wrongly.
    ///
    /// The participant is not among them: who signed is settled at the table, under other full powers.
    #[schema(as = ActField)]
    Field {
        /// What was done: one kind of consent to be bound taken for another.
        Kind = "kind",
        /// Where.
        Place = "place",
        /// The moment.
        DoneAt = "done_at",
        /// The legal date, which follows from moment and place and is never corrected by itself.
        LegalDate = "legal_date",
        /// The signatory's name.
        SignatoryName = "signatory_name",
        /// The signatory's office.
        SignatoryOffice = "signatory_office",
        /// Whether a signature is *ad referendum*.
        AdReferendum = "ad_referendum",
    }
}

/// A value of one of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// What was done.
    Kind(ActionKind),
    /// Where.
    Place(PlaceCode),
    /// The moment.
    DoneAt(DateTime<FixedOffset>),
    /// The legal date.
    LegalDate(NaiveDate),
    /// The signatory's name.
    SignatoryName(PersonName),
    /// The signatory's office.
    SignatoryOffice(Label),
    /// Whether a signature is *ad referendum*.
    AdReferendum(bool),
}

impl Value {
    /// Reads a value of a field from its text.
    pub fn parse(field: Field, text: &str) -> Result<Self, Fault> {
        match field {
            Field::Kind => ActionKind::parse(text).map(Self::Kind),
            Field::Place => PlaceCode::parse(text).map(Self::Place),
            Field::DoneAt => Moment::parse(text).map(|moment| Self::DoneAt(moment.0)),
            Field::LegalDate => Date::parse(text).map(|date| Self::LegalDate(date.0)),
            Field::SignatoryName => PersonName::parse(text).map(Self::SignatoryName),
            Field::SignatoryOffice => Label::parse(text).map(Self::SignatoryOffice),
            Field::AdReferendum => text
                .parse()
                .map(Self::AdReferendum)
                .map_err(|_| Fault::new("unknown_value", "true or false is expected")),
        }
    }

    /// The field it is a value of.
    #[must_use]
    pub fn field(&self) -> Field {
        match self {
            Self::Kind(_) => Field::Kind,
            Self::Place(_) => Field::Place,
            Self::DoneAt(_) => Field::DoneAt,
            Self::LegalDate(_) => Field::LegalDate,
            Self::SignatoryName(_) => Field::SignatoryName,
            Self::SignatoryOffice(_) => Field::SignatoryOffice,
            Self::AdReferendum(_) => Field::AdReferendum,
        }
    }

    /// Its text, as [`Self::parse`] reads it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Kind(kind) => kind.to_string(),
            Self::Place(place) => place.to_string(),
            Self::DoneAt(moment) => moment.to_rfc3339(),
            Self::LegalDate(date) => date.to_string(),
            Self::SignatoryName(name) => name.to_string(),
            Self::SignatoryOffice(office) => office.to_string(),
            Self::AdReferendum(is_so) => is_so.to_string(),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text())
    }
}

/// One field corrected: both values, of the same field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    old: Value,
    new: Value,
}

impl Change {
    /// Reads a change as stored.
    pub fn parse(field: Field, old: &str, new: &str) -> Result<Self, Fault> {
        Ok(Self { old: Value::parse(field, old)?, new: Value::parse(field, new)? })
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> Field {
        self.new.field()
    }

    /// The value as recorded until then.
    #[must_use]
    pub fn old(&self) -> &Value {
        &self.old
    }

    /// The right value.
    #[must_use]
    pub fn new_value(&self) -> &Value {
        &self.new
    }
}

/// A correction of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The action corrected.
    pub of: ActId,
    /// What is changed in it; never empty.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: Reason,
}

impl Action {
    /// The value of a field, where the action has it.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<Value> {
        match field {
            Field::Kind => Some(Value::Kind(self.kind)),
            Field::Place => Some(Value::Place(self.place.clone())),
            Field::DoneAt => Some(Value::DoneAt(self.done_at)),
            Field::LegalDate => Some(Value::LegalDate(self.legal_date)),
            Field::SignatoryName => {
                self.signatory.as_ref().map(|s| Value::SignatoryName(s.name.clone()))
            }
            Field::SignatoryOffice => {
                self.signatory.as_ref().map(|s| Value::SignatoryOffice(s.office.clone()))
            }
            Field::AdReferendum => Some(Value::AdReferendum(self.ad_referendum)),
        }
    }

    /// The action with one value set. A signatory's field of an action without one leaves it as it is.
    #[must_use]
    pub fn with(mut self, value: &Value) -> Self {
        match (value, &mut self.signatory) {
            (Value::Kind(kind), _) => self.kind = *kind,
            (Value::Place(place), _) => self.place = place.clone(),
            (Value::DoneAt(moment), _) => self.done_at = *moment,
            (Value::LegalDate(date), _) => self.legal_date = *date,
            (Value::SignatoryName(name), Some(signatory)) => signatory.name = name.clone(),
            (Value::SignatoryOffice(office), Some(signatory)) => signatory.office = office.clone(),
            (Value::SignatoryName(_) | Value::SignatoryOffice(_), None) => {}
            (Value::AdReferendum(is_so), _) => self.ad_referendum = *is_so,
        }
        self
    }

    /// What leads from this action to another, field by field.
    #[must_use]
    pub fn changes_to(&self, corrected: &Self) -> Vec<Change> {
        let both = |field: &Field| self.value(*field).zip(corrected.value(*field));
        Field::ALL
            .iter()
            .filter_map(both)
            .filter(|(old, new)| old.text() != new.text())
            .map(|(old, new)| Change { old, new })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::signature;
    use super::*;

    #[test]
    fn r15_each_value_reads_back_from_its_text() {
        let action = signature("FRA", "2025-10-25T11:02:00+07:00");
        for field in Field::ALL {
            let value = action.value(*field).unwrap();
            assert_eq!(Value::parse(*field, &value.text()).unwrap(), value);
            assert_eq!(action.clone().with(&value), action);
            assert!(*field == Field::SignatoryName || Value::parse(*field, "\n").is_err());
        }
    }

    #[test]
    fn r15_a_correction_names_both_values() {
        let old = signature("FRA", "2025-10-25T11:02:00+07:00");
        let office = Value::parse(Field::SignatoryOffice, "Minister of Justice").unwrap();
        let new = old.clone().with(&office);
        let changes = old.changes_to(&new);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].old().text(), "Permanent Representative");
        assert_eq!(changes[0].new_value().text(), "Minister of Justice");
    }

    #[test]
    fn r16_another_offset_is_another_value_though_the_moment_is_the_same() {
        let old = signature("FRA", "2025-10-25T11:02:00+07:00");
        let same = Value::parse(Field::DoneAt, "2025-10-25T04:02:00Z").unwrap();
        assert_eq!(old.changes_to(&old.clone().with(&same)).len(), 1);
    }
}
