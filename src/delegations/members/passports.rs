//! Further passports of a person: of other nationalities, or second ones (R36). Pure.

use std::collections::HashSet;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::person::{Nationality, PassportNumber};
use crate::input::{self, Date, Faults};
use crate::text::Fault;

/// Nobody has more.
const MOST: usize = 5;

/// A further passport. It need not outlive the event: nobody has to travel with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewOtherPassport)]
pub struct OtherPassport {
    /// Three letters, as in the passport.
    pub nationality: Nationality,
    /// 5 to 20 letters and digits.
    #[schema(value_type = String)]
    pub number: PassportNumber,
    /// Its last day.
    pub expires_on: Date,
}

/// All further passports of a person, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OtherPassports(Vec<OtherPassport>);

#[derive(Serialize)]
struct Written<'a> {
    nationality: &'a str,
    number: &'a str,
    expires_on: Date,
}

impl OtherPassports {
    /// A list in which no passport stands twice.
    pub fn of(list: Vec<OtherPassport>) -> Result<Self, Fault> {
        if list.len() > MOST {
            let detail = format!("at most {MOST} further passports are accepted");
            return Err(Fault::new("too_many", detail));
        }
        let mut seen = HashSet::new();
        if !list.iter().all(|one| seen.insert((one.nationality.as_str(), one.number.expose()))) {
            return Err(Fault::new("duplicate", "each passport is expected once"));
        }
        Ok(Self(list))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &OtherPassport> {
        self.0.iter()
    }

    /// In words, to be sealed; none where there are none.
    pub fn written(&self) -> Result<Option<Zeroizing<String>>, serde_json::Error> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let list: Vec<_> = self.iter().map(Written::from).collect();
        serde_json::to_string(&list).map(|text| Some(Zeroizing::new(text)))
    }

    /// The list that was written.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let invalid = |_| Fault::new("invalid", "a list of passports is expected");
        serde_json::from_str(text).map_err(invalid).and_then(Self::of)
    }

    /// In words for people, the numbers masked.
    #[must_use]
    pub fn masked(&self) -> String {
        let one = |one: &OtherPassport| {
            let OtherPassport { nationality, number, expires_on } = one;
            format!("{nationality} {} ({})", number.masked(), expires_on.0)
        };
        self.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

impl<'a> From<&'a OtherPassport> for Written<'a> {
    fn from(one: &'a OtherPassport) -> Self {
        let (nationality, number) = (one.nationality.as_str(), one.number.expose());
        Self { nationality, number, expires_on: one.expires_on }
    }
}

impl Deserr<Faults> for OtherPassports {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        at: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let list = Vec::<OtherPassport>::deserialize_from_value(value, at)?;
        Self::of(list).map_err(|fault| Faults::at(input::pointer(at), fault))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> Result<OtherPassports, Faults> {
        deserr::deserialize(value)
    }

    #[test]
    fn r36_several_passports_are_written_and_read_each_once() {
        let one = json!({ "nationality": "DEU", "number": "c0000123", "expires_on": "2025-01-01" });
        let two = json!({ "nationality": "ITA", "number": "C0000123", "expires_on": "2031-01-01" });
        let both = read(json!([one, two])).unwrap();
        let text = both.written().unwrap().unwrap();
        assert_eq!(OtherPassports::read(&text).unwrap(), both);
        assert_eq!(both.masked(), "DEU •••123 (2025-01-01), ITA •••123 (2031-01-01)");
        assert!(!format!("{both:?}").contains("C0000123"));
        assert_eq!(read(json!([])).unwrap().written().unwrap(), None);

        let pointers = |value| -> Vec<(String, &str)> {
            let Faults(faults) = read(value).unwrap_err();
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        };
        assert_eq!(pointers(json!([one, one])), [(String::new(), "duplicate")]);
        let number = |n| json!({ "nationality": "DEU", "number": format!("C000012{n}"), "expires_on": "2031-01-01" });
        let six: Vec<_> = (0..6).map(number).collect();
        assert_eq!(pointers(json!(six)), [(String::new(), "too_many")]);
        assert_eq!(
            pointers(json!([{ "nationality": "de", "number": "•••123" }])),
            [
                ("/0/nationality".to_owned(), "invalid_nationality"),
                ("/0/number".to_owned(), "invalid_passport_number"),
                ("/0/expires_on".to_owned(), "required"),
            ]
        );
    }
}
