//! Quotas and the places that are taken. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::delegations::members::{Function, Person, Rank};
use crate::participants::ParticipantKind;
use crate::table::FileFault;
use crate::text::{Fault, ParticipantCode, text_types};

const FILE: &str = "quotas.toml";

text_types! {
    /// A category of members that is limited: `press`.
    Category: 40, category;
}

fn category(input: &str, max_chars: usize) -> Result<String, Fault> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !input.is_empty() && input.len() <= max_chars && input.bytes().all(is_plain) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new("invalid_category", "the name of a category like press is expected"))
    }
}

/// What of a member quotas look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat(pub Function, pub Rank);

impl Seat {
    /// A person's.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self(person.function, person.rank)
    }
}

/// A limit on one category, of participants of some kinds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quota {
    category: Category,
    limit: u16,
    #[serde(default)]
    kinds: Vec<ParticipantKind>,
    #[serde(default)]
    functions: Vec<Function>,
    #[serde(default)]
    ranks: Vec<Rank>,
}

impl Quota {
    fn is_for(&self, kind: ParticipantKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    fn counts(&self, Seat(function, rank): Seat) -> bool {
        (self.functions.is_empty() || self.functions.contains(&function))
            && (self.ranks.is_empty() || self.ranks.contains(&rank))
    }
}

/// All limits of the ceremony; none where the configuration names none.
#[derive(Debug, Clone, Default)]
pub struct Quotas(Vec<Quota>);

/// A delegation has as many of a category as it may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the category {category} is full")]
pub struct Full {
    /// Which.
    pub category: Category,
    /// How many there may be.
    pub limit: i64,
    /// How many there are.
    pub count: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaFile {
    #[serde(default)]
    quota: Vec<Quota>,
}

impl Quotas {
    /// Reads `quotas.toml`.
    pub fn read(text: &str, faults: &mut Vec<FileFault>) -> Self {
        let QuotaFile { quota: quotas } = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                faults.push(FileFault::of_toml(FILE, text, &error));
                return Self::default();
            }
        };
        for (place, quota) in quotas.iter().enumerate() {
            let overlaps = |before: &&Quota| {
                let shared =
                    |kind: &&ParticipantKind| before.is_for(**kind) && quota.is_for(**kind);
                before.category == quota.category && ParticipantKind::ALL.iter().any(|k| shared(&k))
            };
            if quotas.iter().take(place).any(|before| overlaps(&before)) {
                let detail =
                    format!("the category {} stands here twice for one kind", quota.category);
                faults.push(FileFault::of(FILE, detail));
            }
        }
        Self(quotas)
    }

    /// Whether anything is limited at all, so that members must be counted while nobody adds one.
    #[must_use]
    pub fn must_be_counted(&self) -> bool {
        !self.0.is_empty()
    }

    /// The limit that the configuration sets on a category for a kind of participants.
    #[must_use]
    pub fn limit(&self, kind: ParticipantKind, category: &Category) -> Option<u16> {
        let mut theirs = self.0.iter().filter(|quota| quota.is_for(kind));
        theirs.find(|quota| quota.category == *category).map(|quota| quota.limit)
    }
}

/// Which places are taken, of one or several delegations.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// What each participant is.
    pub kinds: BTreeMap<ParticipantCode, ParticipantKind>,
    /// How many members have been submitted and stand.
    pub taken: BTreeMap<(ParticipantCode, Seat), i64>,
    /// The exceptions that stand.
    pub overrides: BTreeMap<(ParticipantCode, Category), i64>,
}

impl Places {
    /// Refuses where a member who had no place, or `was` counted in other categories, finds none in all of those that
    /// count them now.
    pub fn must_fit(
        &self,
        quotas: &Quotas,
        code: &ParticipantCode,
        was: Option<Seat>,
        is: Seat,
    ) -> Result<(), Full> {
        let Some(kind) = self.kinds.get(code) else { return Ok(()) };
        let newly = quotas.0.iter().filter(|quota| {
            quota.is_for(*kind) && quota.counts(is) && !was.is_some_and(|was| quota.counts(was))
        });
        for quota in newly {
            let exception = self.overrides.get(&(code.clone(), quota.category.clone()));
            let limit = exception.copied().unwrap_or_else(|| quota.limit.into());
            let theirs =
                self.taken.iter().filter(|((whose, seat), _)| whose == code && quota.counts(*seat));
            let count = theirs.map(|(_, count)| count).sum();
            if count >= limit {
                return Err(Full { category: quota.category.clone(), limit, count });
            }
        }
        Ok(())
    }

    /// Somebody takes a place.
    pub fn take(&mut self, code: &ParticipantCode, seat: Seat) {
        *self.taken.entry((code.clone(), seat)).or_default() += 1;
    }

    /// Somebody's place is free again.
    pub fn free(&mut self, code: &ParticipantCode, seat: Seat) {
        *self.taken.entry((code.clone(), seat)).or_default() -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
[[quota]]
category = "press"
functions = ["press"]
limit = 1
[[quota]]
category = "everybody"
kinds = ["company"]
limit = 2
[[quota]]
category = "everybody"
kinds = ["member_state"]
limit = 3
"#;

    fn read(text: &str) -> (Quotas, Vec<String>) {
        let mut faults = Vec::new();
        let quotas = Quotas::read(text, &mut faults);
        (quotas, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn r33_nothing_is_limited_where_nothing_is_written() {
        let (quotas, faults) = read(include_str!("../../../config/ceremony/quotas.toml"));
        assert!(faults.is_empty() && !quotas.must_be_counted());
    }

    #[test]
    fn r33_the_example_in_the_file_can_be_used_as_it_is() {
        let text = include_str!("../../../config/ceremony/quotas.toml");
        let (_, example) = text.split_once("# [[quota]]").unwrap();
        let example = format!("[[quota]]{}", example.replace("\n# ", "\n").replace("\n#", "\n"));
        let (quotas, faults) = read(&example);
        assert_eq!((quotas.0.len(), faults), (3, vec![]));
    }

    #[test]
    fn r33_a_member_needs_a_place_in_each_category_that_counts_them() {
        let (quotas, faults) = read(SAMPLE);
        assert_eq!(faults, [""; 0]);
        let code = ParticipantCode::parse("FRA").unwrap();
        let (press, staff) = (Seat(Function::Press, Rank::None), Seat(Function::Staff, Rank::None));
        let mut places = Places::default();
        places.kinds.insert(code.clone(), ParticipantKind::MemberState);
        let full = |places: &Places, was, is| {
            let refused = places.must_fit(&quotas, &code, was, is).err();
            refused.map(|full| (full.category.as_str().to_owned(), full.limit, full.count))
        };
        assert_eq!(full(&places, None, press), None);
        places.take(&code, press);
        assert_eq!(full(&places, None, press), Some(("press".to_owned(), 1, 1)));
        places.take(&code, staff);
        // Who is counted already needs no further place, but in a category that did not count them before.
        assert_eq!(full(&places, Some(staff), press), Some(("press".to_owned(), 1, 1)));
        assert_eq!(full(&places, Some(press), staff), None);
        places.take(&code, staff);
        assert_eq!(full(&places, None, staff), Some(("everybody".to_owned(), 3, 3)));
        assert_eq!(full(&places, Some(press), staff), None);
        // An exception stands in the place of the configured limit.
        let category = Category::parse("everybody").unwrap();
        places.overrides.insert((code.clone(), category.clone()), 4);
        assert_eq!(full(&places, None, staff), None);
        places.free(&code, press);
        assert_eq!(full(&places, None, press), None);
        assert_eq!(quotas.limit(ParticipantKind::Company, &category), Some(2));
        assert_eq!(quotas.limit(ParticipantKind::Ngo, &category), None);
    }

    #[test]
    fn r33_a_file_that_says_two_things_is_refused() {
        let twice = format!("{SAMPLE}[[quota]]\ncategory = \"everybody\"\nlimit = 9\n");
        let expected = "quotas.toml: the category everybody stands here twice for one kind";
        assert_eq!(read(&twice).1, [expected]);
        for (text, line) in [
            ("[[quota]]\ncategory = \"Press\"\nlimit = 1\n", "quotas.toml line 2:"),
            ("[[quota]]\ncategory = \"press\"\nlimit = -1\n", "quotas.toml line 3:"),
            (
                "[[quota]]\ncategory = \"press\"\nlimit = 1\nfunctions = [\"king\"]\n",
                "quotas.toml line 4:",
            ),
            ("[[quotas]]\n", "quotas.toml line 1:"),
        ] {
            let faults = read(text).1;
            assert!(faults[0].starts_with(line), "{faults:?}");
        }
    }
}
