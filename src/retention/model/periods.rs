//! What is kept, what for and how long, as `config/ceremony/retention.toml` says it. Pure.

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use toml::Spanned;

use crate::table::{FileFault, line_at};
use crate::text::{Label, choices};

const FILE: &str = "retention.toml";

choices! {
    /// Something that is kept of people.
    Datum {
        /// Number and last day of each passport, and the marks made of them.
        Passport = "passport",
        /// Date of birth.
        DateOfBirth = "date_of_birth",
        /// Copies of passports, photographs, press cards.
        IdentityPapers = "identity_papers",
        /// The person's address.
        Email = "email",
        /// The language that they want to be written to in.
        Language = "language",
        /// Where a mission is reached about its delegation, and what it remarked.
        DelegationContact = "delegation_contact",
        /// As in the passport.
        Nationality = "nationality",
        /// Form of address, functional title, affiliation.
        Titles = "titles",
        /// All names; with them goes the whole person.
        Name = "name",
        /// Who was entitled to sign.
        FullPowers = "full_powers",
        /// Who was announced in the programme, who spoke, and what was said.
        Speakers = "speakers",
        /// Who signed.
        TreatyActions = "treaty_actions",
    }
}

impl Datum {
    /// All that goes with a member.
    pub const OF_A_MEMBER: &'static [Self] = &[
        Self::Passport,
        Self::DateOfBirth,
        Self::IdentityPapers,
        Self::Email,
        Self::Language,
        Self::Nationality,
        Self::Titles,
        Self::Name,
    ];

    /// R15, R52: what is kept whatever is asked.
    fn is_for_good(self) -> bool {
        matches!(self, Self::FullPowers | Self::Speakers | Self::TreatyActions)
    }
}

/// For what and how long something is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// What.
    pub data: Datum,
    /// What for.
    pub purpose: Label,
    /// Days after the last day of the event; none: for good.
    pub keep_days: Option<u32>,
}

/// All of them, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Periods(Vec<Period>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    entry: Vec<Spanned<Period>>,
}

impl Period {
    /// The last day on which it is kept; none: there is none.
    #[must_use]
    pub fn until(&self, last_day: NaiveDate) -> Option<NaiveDate> {
        self.keep_days.and_then(|days| last_day.checked_add_days(Days::new(days.into())))
    }
}

impl Periods {
    /// Reads the file; whatever is wrong with it is added to `faults`, each with its line.
    #[must_use]
    pub fn read(text: &str, faults: &mut Vec<FileFault>) -> Self {
        let Page { entry } = match toml::from_str(text) {
            Ok(page) => page,
            Err(error) => {
                faults.push(FileFault::of_toml(FILE, text, &error));
                return Self::default();
            }
        };
        let mut all = Self::default();
        for period in entry {
            let line = line_at(text, period.span().start);
            let period = period.into_inner();
            let data = period.data;
            if all.of(data).is_some() {
                faults.push(FileFault::at(FILE, line, format!("{data} stands here twice")));
            }
            if data.is_for_good() && period.keep_days.is_some() {
                faults.push(FileFault::at(FILE, line, format!("{data} is kept for good")));
            }
            all.0.push(period);
        }
        for data in Datum::ALL.iter().filter(|data| all.of(**data).is_none()) {
            faults.push(FileFault::of(FILE, format!("an entry for {data} is missing")));
        }
        for data in all.kept_longer_than_the_name() {
            let detail = format!("{data} cannot be kept longer than the name");
            faults.push(FileFault::of(FILE, detail));
        }
        all
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Period> {
        self.0.iter()
    }

    /// What is past its day today.
    #[must_use]
    pub fn due(&self, last_day: NaiveDate, today: NaiveDate) -> Vec<Datum> {
        let is_due = |period: &&Period| period.until(last_day).is_some_and(|until| until < today);
        self.iter().filter(is_due).map(|period| period.data).collect()
    }

    fn of(&self, data: Datum) -> Option<&Period> {
        self.iter().find(|period| period.data == data)
    }

    /// The key goes with the name: nothing of a member outlives it.
    fn kept_longer_than_the_name(&self) -> Vec<Datum> {
        let days = |data| self.of(data).map(|period| period.keep_days.unwrap_or(u32::MAX));
        let Some(name) = days(Datum::Name) else { return Vec::new() };
        let longer = |data: &&Datum| days(**data).is_some_and(|days| days > name);
        Datum::OF_A_MEMBER.iter().filter(longer).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: &str = include_str!("../../../config/ceremony/retention.toml");

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let _ = Periods::read(text, &mut faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn r52_what_is_built_in_forgets_passports_first_and_the_record_never() {
        let mut faults = Vec::new();
        let periods = Periods::read(BUILT_IN, &mut faults);
        assert_eq!(faults, []);
        let due = |today| periods.due(day("2025-10-26"), day(today));
        assert_eq!(due("2025-11-25"), []);
        let identity = [Datum::Passport, Datum::DateOfBirth, Datum::IdentityPapers];
        assert_eq!(due("2025-11-26"), identity);
        let all = due("2099-01-01");
        let for_good = [Datum::FullPowers, Datum::Speakers, Datum::TreatyActions];
        assert_eq!(all.len(), Datum::ALL.len() - for_good.len());
        assert!(for_good.iter().all(|data| !all.contains(data)));
        assert!(Datum::OF_A_MEMBER.iter().all(|data| all.contains(data)));
    }

    #[test]
    fn r52_periods_that_cannot_be_are_refused_with_their_line() {
        let named = BUILT_IN.replace("keep_days = 365", "keep_days = 100");
        assert_eq!(
            faults(&named),
            ["retention.toml: nationality cannot be kept longer than the name"]
        );
        let without = BUILT_IN.replace("data = \"email\"", "data = \"language\"");
        assert_eq!(
            faults(&without)
                .iter()
                .map(|fault| fault.split(": ").last().unwrap())
                .collect::<Vec<_>>(),
            ["language stands here twice", "an entry for email is missing"]
        );
        let erased = BUILT_IN.to_owned() + "keep_days = 1\n";
        assert!(faults(&erased)[0].ends_with("treaty_actions is kept for good"));
        assert_eq!(faults("entries = []").len(), 1);
    }
}
