//! JSON in: every fault of a body is found at once, each with a JSON Pointer (R54).
//!
//! Bodies are structs that derive `deserr::Deserr` with `error = Faults, deny_unknown_fields`; their fields have
//! types that parse, and optional ones say `#[deserr(default)]`. `serde` would stop at the first fault.

use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValuePointerRef,
};
use serde::Serialize;

use crate::text::Fault;

/// All that is wrong with a body or a query, in the order found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Faults(pub Vec<FieldFault>);

/// One fault, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldFault {
    /// JSON Pointer (RFC 6901) into the body, or to the parameter of a query.
    pub pointer: String,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people; never repeats the value.
    pub detail: String,
}

impl Faults {
    /// A single fault at a pointer.
    #[must_use]
    pub fn at(pointer: impl Into<String>, fault: Fault) -> Self {
        Self(vec![FieldFault { pointer: pointer.into(), code: fault.code, detail: fault.detail }])
    }

    /// Adds a fault that only several fields together can show.
    pub fn add(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) {
        self.0.push(FieldFault { pointer: pointer.into(), code, detail: detail.into() });
    }

    /// The same, where one more field is known than whoever found them knew of.
    #[must_use]
    pub fn knowing(mut self, field: &str) -> Self {
        for fault in self.0.iter_mut().filter(|fault| fault.code == "unknown_field") {
            let is_first = fault.detail.ends_with(": ");
            fault.detail += if is_first { "" } else { ", " };
            fault.detail += field;
        }
        self
    }

    /// `Ok` where nothing is wrong.
    pub fn none_or(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

/// A field of a merge patch (RFC 7396): absent, null, or a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Absent: as it was.
    #[default]
    Keep,
    /// Null: cleared.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Patch<T> {
    /// The value after the patch, where it may be empty.
    #[must_use]
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// The new value of what cannot be empty, `None` for keeping the old one: null is a fault at its pointer.
    pub fn required(self, pointer: &str, faults: &mut Faults) -> Option<T> {
        match self {
            Self::Keep => None,
            Self::Clear => {
                faults.add(pointer, "required", "this field cannot be cleared");
                None
            }
            Self::Set(value) => Some(value),
        }
    }
}

impl<T: Deserr<Faults>> Deserr<Faults> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        at: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, at).map(Self::Set),
        }
    }
}

/// Reads a string with `parse`; anything else is a fault at its place.
pub fn string<V: IntoValue, T>(
    value: Value<V>,
    at: ValuePointerRef<'_>,
    parse: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, Faults> {
    match value {
        Value::String(text) => parse(&text).map_err(|fault| Faults::at(pointer(at), fault)),
        _ => Err(Faults::at(pointer(at), Fault::new("wrong_type", "a string is expected"))),
    }
}

/// Lets a type with `parse(&str)` be a field of a body, and of what is read with `serde`: settings, tables, stored JSON.
macro_rules! from_string {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl deserr::Deserr<$crate::input::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                at: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::input::Faults> {
                $crate::input::string(value, at, Self::parse)
            }
        }
    };
}
pub(crate) use from_string;

/// A date of the civil calendar, `2025-10-25`. A type of its own because bodies need its parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = chrono::NaiveDate)]
pub struct Date(pub chrono::NaiveDate);

impl Date {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        // The form is fixed: ten characters, so that `2025-1-1` and `+12025-01-01` are not dates.
        let parsed =
            chrono::NaiveDate::parse_from_str(input, "%Y-%m-%d").ok().filter(|_| input.len() == 10);
        parsed.map(Self).ok_or_else(|| {
            Fault::new("invalid_date", "a date of the calendar like 2025-10-25 is expected")
        })
    }
}
from_string!(Date);

/// A moment with its offset, `2025-10-25T11:02:00+07:00`, kept as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = chrono::DateTime<chrono::FixedOffset>)]
pub struct Moment(pub chrono::DateTime<chrono::FixedOffset>);

impl Moment {
    /// Reads RFC 3339.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        chrono::DateTime::parse_from_rfc3339(input).map(Self).map_err(|_| {
            Fault::new(
                "invalid_time",
                "a time of RFC 3339 like 2025-10-25T11:02:00+07:00 is expected",
            )
        })
    }
}
from_string!(Moment);

impl Moment {
    /// The moment as the database keeps it: to the microsecond, and with its offset.
    #[must_use]
    pub fn kept(self) -> chrono::DateTime<chrono::FixedOffset> {
        let kept = chrono::DateTime::from_timestamp_micros(self.0.timestamp_micros());
        kept.map_or(self.0, |utc| utc.with_timezone(self.0.offset()))
    }
}

/// The JSON Pointer of a place in a body.
#[must_use]
pub fn pointer(at: ValuePointerRef<'_>) -> String {
    match at {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => {
            format!("{}/{}", pointer(*prev), key.replace('~', "~0").replace('/', "~1"))
        }
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
    }
}

impl MergeWithError<Self> for Faults {
    fn merge(
        so_far: Option<Self>,
        other: Self,
        _at: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut all = so_far.unwrap_or_default();
        all.0.extend(other.0);
        ControlFlow::Continue(all)
    }
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        so_far: Option<Self>,
        error: ErrorKind<'_, V>,
        at: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut all = so_far.unwrap_or_default();
        let here = pointer(at);
        match error {
            ErrorKind::MissingField { field } => {
                all.add(format!("{here}/{field}"), "required", "this field is required");
            }
            ErrorKind::UnknownKey { key, accepted } => {
                // The key came from outside: it is escaped for the pointer, cut, and not repeated in the sentence.
                let key: String = key.chars().filter(|c| !c.is_control()).take(64).collect();
                let key = key.replace('~', "~0").replace('/', "~1");
                all.add(
                    format!("{here}/{key}"),
                    "unknown_field",
                    format!("the fields known here are: {}", accepted.join(", ")),
                );
            }
            ErrorKind::IncorrectValueKind { accepted, .. } => {
                let kinds: Vec<String> = accepted.iter().map(ToString::to_string).collect();
                all.add(here, "wrong_type", format!("expected: {}", kinds.join(" or ")));
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                all.add(
                    here,
                    "unknown_value",
                    format!("one of these is expected: {}", accepted.join(" ")),
                );
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                all.add(here, "wrong_length", format!("{expected} elements are expected"));
            }
            ErrorKind::Unexpected { .. } => all.add(here, "invalid", "this value is not accepted"),
        }
        ControlFlow::Continue(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::{Email, PersonName};

    #[derive(Debug, PartialEq, Deserr)]
    #[deserr(error = Faults, deny_unknown_fields)]
    struct Sample {
        name: PersonName,
        email: Email,
        #[deserr(default)]
        born_on: Option<Date>,
        #[deserr(default)]
        note: Patch<PersonName>,
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserr)]
    #[deserr(error = Faults, deny_unknown_fields)]
    struct Inner {
        at: Moment,
        flag: bool,
    }

    #[test]
    fn r54_every_fault_is_reported_at_once_with_its_pointer() {
        let body = json!({
            "email": "nobody", "born_on": "2027-02-29", "role": "admin",
            "inner": [{ "at": "2025-10-25T11:02:00+07:00", "flag": true }, { "at": 7, "flag": "yes" }],
        });
        let Faults(mut faults) = deserr::deserialize::<Sample, _, Faults>(body).unwrap_err();
        faults.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        let seen: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        assert_eq!(
            seen,
            [
                ("/born_on", "invalid_date"),
                ("/email", "invalid_email"),
                ("/inner/1/at", "wrong_type"),
                ("/inner/1/flag", "wrong_type"),
                ("/name", "required"),
                ("/role", "unknown_field"),
            ]
        );
        assert!(faults.iter().all(|f| !f.detail.contains("nobody") && !f.detail.contains("2027")));
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let body = json!({ "name": "A", "email": "a@b.example", "inner": [], "note": null });
        assert_eq!(deserr::deserialize::<Sample, _, Faults>(body).unwrap().note, Patch::Clear);
        let body = json!({ "name": "A", "email": "a@b.example", "inner": [] });
        assert_eq!(deserr::deserialize::<Sample, _, Faults>(body).unwrap().note, Patch::Keep);
    }

    #[test]
    fn what_is_required_can_be_changed_and_not_cleared() {
        let mut faults = Faults::default();
        assert_eq!(Patch::<u8>::Keep.required("/name", &mut faults), None);
        assert_eq!(Patch::Set(2).required("/name", &mut faults), Some(2));
        assert_eq!(faults, Faults::default());
        assert_eq!(Patch::<u8>::Clear.required("/name", &mut faults), None);
        assert_eq!(faults.0[0].pointer, "/name");
    }
}
