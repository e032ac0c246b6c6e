//! Lists and versions: the conventions that every resource keeps.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde::Serialize;
use uuid::Uuid;

use crate::collation::search_pattern;
use crate::input::{self, Faults};
use crate::text::{Fault, choices};

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page begins, for `cursor=`; null on the last page.
    pub next: Option<String>,
    /// How many items the filters match, where `include=count` asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

impl<T> Page<T> {
    /// Cuts a page out of `rows`, of which one more was fetched than fits; `key` names a row's place in the order.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, limit: Limit, key: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.rows();
        rows.truncate(limit.rows());
        let next = if more { rows.last().map(|row| key(row).encode()) } else { None };
        Self { items: rows, next, count: None }
    }

    /// The same page of other items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next, count: self.count }
    }
}

/// How many items a page holds: 1 to 200, 50 where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u8);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl Limit {
    /// As many as there can be.
    pub const LARGEST: Self = Self(200);

    /// Reads a number of items.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let number = input.parse().ok().filter(|n| (1..=200).contains(n));
        number
            .map(Self)
            .ok_or_else(|| Fault::new("out_of_range", "a number from 1 to 200 is expected"))
    }

    /// The number itself.
    #[must_use]
    pub fn rows(self) -> usize {
        self.0.into()
    }

    /// One row more than fits, which tells whether a further page exists.
    #[must_use]
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}
crate::input::from_string!(Limit);

/// A place in a list's order: the sort keys of the last row shown. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<String>);

impl Cursor {
    /// Reads a cursor as an earlier answer gave it.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(input).ok().filter(|b| b.len() <= 2048);
        let keys = bytes.and_then(|b| serde_json::from_slice::<Vec<String>>(&b).ok());
        keys.filter(|keys| keys.iter().all(|k| !k.contains('\0'))).map(Self).ok_or_else(|| {
            Fault::new("invalid_cursor", "a cursor from the `next` of an earlier page is expected")
        })
    }

    /// As `next` gives it.
    #[must_use]
    pub fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!(self.0).to_string())
    }

    /// The identity at which a list by identities goes on.
    pub fn id<T: std::str::FromStr>(&self) -> Result<T, Faults> {
        self.key(0).and_then(|id| id.parse().ok()).ok_or_else(|| {
            let detail = "a cursor from the `next` of an earlier page of this list is expected";
            Faults::at("/cursor", Fault::new("invalid_cursor", detail))
        })
    }

    /// A place in a list by time, and by identity where the time is the same.
    #[must_use]
    pub fn by_time(at: DateTime<Utc>, id: Uuid) -> Self {
        Self(vec![at.to_rfc3339_opts(SecondsFormat::Micros, true), id.to_string()])
    }

    /// Where a list by time goes on.
    pub fn moment_and_id(&self) -> Result<(DateTime<Utc>, Uuid), Faults> {
        let at = self.key(0).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        let id = self.key(1).and_then(|id| Uuid::try_parse(id).ok());
        at.map(|at| at.to_utc())
            .zip(id)
            .ok_or_else(|| Fault::new("invalid_cursor", "a cursor of this order is expected"))
            .map_err(|fault| Faults::at("/cursor", fault))
    }

    /// The key at a place, where the cursor has it.
    #[must_use]
    pub fn key(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(String::as_str)
    }
}
crate::input::from_string!(Cursor);

/// A filter that names several values: `status=a,b` finds what has any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AnyOf<T>(pub Vec<T>);

impl<T: Deserr<Faults>> Deserr<Faults> for AnyOf<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        at: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let text = input::string(value, at, |text| Ok(text.to_owned()))?;
        let mut faults = Faults::default();
        let mut values = Vec::new();
        for part in text.split(',') {
            let part = Value::<serde_json::Value>::String(part.to_owned());
            match T::deserialize_from_value(part, at) {
                Ok(value) => values.push(value),
                Err(Faults(more)) => faults.0.extend(more),
            }
        }
        faults.none_or().map(|()| Self(values))
    }
}

/// As many characters of each word and what follows it the database keeps in its index (`member_word`).
const START_CHARS: usize = 60;

/// What people typed to find something by its names: `q=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// For `like` on a [`crate::collation::search_text`].
    pub pattern: String,
}

impl Search {
    /// Reads what was typed; without a letter or a digit there is nothing to look for.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let pattern = search_pattern(input).filter(|_| input.len() <= 1000);
        pattern.map(|pattern| Self { pattern }).ok_or_else(|| {
            Fault::new(
                "invalid_search",
                "a name or a part of one, with at least one letter or digit, is expected",
            )
        })
    }

    /// How what is looked for begins, for an index that keeps the beginnings of words.
    #[must_use]
    pub fn start(&self) -> String {
        let typed = self.pattern.trim_matches(['%', ' ']);
        typed.chars().take(START_CHARS).collect()
    }
}
crate::input::from_string!(Search);

choices! {
    /// A filter on a claim that is true or false: `may_sign=true`.
    Truth {
        /// It holds.
        Yes = "true",
        /// It does not.
        No = "false",
    }

    /// What a list can say beside its items: `include=`.
    Include {
        /// How many items the filters match, on all pages together.
        Count = "count",
    }
}

impl Truth {
    /// Whether a claim is as the filter wants it.
    #[must_use]
    pub fn admits(self, claim: bool) -> bool {
        claim == (self == Self::Yes)
    }
}

/// The version of an item: counts its changes, and is its strong `ETag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(transparent)]
pub struct Version(pub i64);

impl Version {
    /// The version as an entity tag (RFC 9110, 8.8.3).
    #[must_use]
    pub fn etag(self) -> String {
        format!("\"{}\"", self.0)
    }

    /// The version that a change makes.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The item was changed since the client read it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the item was changed in the meantime")]
pub struct Stale {
    /// The version that stands.
    pub current: Version,
}

/// Which version of an item the client means: `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whichever stands.
    Any,
    /// One of these entity tags.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Reads the header. Weak tags never match, as RFC 9110 has it.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        Self::OneOf(header.split(',').map(|tag| tag.trim().to_owned()).collect())
    }

    /// Refuses where another version stands.
    pub fn check(&self, current: Version) -> Result<(), Stale> {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(tags) if tags.iter().any(|tag| *tag == current.etag()) => Ok(()),
            Self::OneOf(_) => Err(Stale { current }),
        }
    }
}

impl Deserr<Faults> for IfMatch {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        at: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        input::string(value, at, |text| Ok(Self::parse(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_out_and_nonsense_is_refused() {
        let cursor = Cursor(vec!["Côte d'Ivoire".into(), "CIV".into()]);
        assert_eq!(Cursor::parse(&cursor.encode()).unwrap(), cursor);
        for input in [
            "",
            "x",
            "W10=",
            "e30",
            "bm9uc2Vuc2U",
            &BASE64_URL_SAFE_NO_PAD.encode("[\"a\\u0000\"]"),
        ] {
            assert!(Cursor::parse(input).is_err() || input.is_empty(), "{input}");
        }
        for input in ["0", "201", "1e9", "-1", ""] {
            assert_eq!(Limit::parse(input).unwrap_err().code, "out_of_range");
        }
    }

    #[test]
    fn a_filter_takes_several_values_and_finds_the_fault_of_each() {
        let read =
            |text: &str| deserr::deserialize::<AnyOf<Include>, _, Faults>(serde_json::json!(text));
        assert_eq!(read("count,count").unwrap(), AnyOf(vec![Include::Count, Include::Count]));
        assert_eq!(read("count,all,").unwrap_err().0.len(), 2);
    }

    #[test]
    fn a_search_without_a_letter_is_refused() {
        assert_eq!(Search::parse("Viet-Nam%").unwrap().pattern, "% viet nam%");
        assert_eq!(Search::parse("Viet-Nam%").unwrap().start(), "viet nam");
        assert_eq!(Search::parse(&"Nă".repeat(40)).unwrap().start(), "na".repeat(30));
        for input in ["", "%", "__", "' \\"] {
            assert_eq!(Search::parse(input).unwrap_err().code, "invalid_search");
        }
    }

    #[test]
    fn only_the_version_that_stands_matches() {
        let current = Version(3);
        assert!(IfMatch::parse("*").check(current).is_ok());
        assert!(IfMatch::parse("\"2\", \"3\"").check(current).is_ok());
        for header in ["\"2\"", "W/\"3\"", "3", ""] {
            assert!(IfMatch::parse(header).check(current).is_err(), "{header}");
        }
    }
}
