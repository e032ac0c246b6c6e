//! What a report is made of, whatever it is written as: columns, cells, what stands above and below. Pure.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use super::words::Words;
use crate::ids::EventId;
use crate::text::{Translated, choices};

choices! {
    /// A language in which reports are written.
    Tongue {
        /// English.
        En = "en",
        /// French.
        Fr = "fr",
        /// Spanish.
        Es = "es",
        /// Vietnamese.
        Vi = "vi",
    }

    /// What a report is written as.
    Format {
        /// RFC 4180, UTF-8, with a line of titles.
        Csv = "csv",
        /// An object for each row, by the keys of the columns, each on its own line.
        JsonLines = "jsonl",
        /// A workbook, with a sheet about the report behind its rows.
        Xlsx = "xlsx",
        /// A paper for keeping and for reading aloud, of at most 10,000 rows.
        Pdf = "pdf",
    }

    /// What stands in a column.
    Kind {
        /// Words.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// A day of the calendar.
        Date = "date",
        /// A moment, in UTC.
        Moment = "moment",
        /// Yes or no.
        Truth = "truth",
    }
}

/// A text in each language of the reports.
pub type Titles = [&'static str; 4];

impl Tongue {
    /// The title in this language.
    #[must_use]
    pub fn of(self, titles: Titles) -> &'static str {
        let [en, fr, es, vi] = titles;
        match self {
            Self::En => en,
            Self::Fr => fr,
            Self::Es => es,
            Self::Vi => vi,
        }
    }
}

impl Tongue {
    /// What is said in several languages, in this one; in English where it is not said in it.
    #[must_use]
    pub fn said<T>(self, words: &Translated<T>) -> &T {
        let translation = match self {
            Self::En => None,
            Self::Fr => words.fr.as_ref(),
            Self::Es => words.es.as_ref(),
            Self::Vi => words.vi.as_ref(),
        };
        translation.unwrap_or(&words.en)
    }
}

/// A column: its key for programs, its title for people, and what stands in it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The same in every language.
    pub key: &'static str,
    /// What its cells hold, where they hold anything.
    pub kind: Kind,
    /// What stands above it.
    pub titles: Titles,
    /// What its codes are called, where it holds codes.
    pub words: Words,
}

impl Column {
    /// A cell below it as people read it: codes in words, divided by semicolons where there are several.
    #[must_use]
    pub fn said<'c>(&self, cell: &'c Cell<'_>, tongue: Tongue) -> Cow<'c, str> {
        let text = cell.text();
        if self.words.is_empty() || text.is_empty() {
            return text;
        }
        let word = |code| {
            let known = self.words.iter().find(|(known, _)| *known == code);
            known.map_or(code, |(_, titles)| tongue.of(*titles))
        };
        Cow::Owned(text.split(' ').map(word).collect::<Vec<_>>().join("; "))
    }
}

/// What a report begins with.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    /// Its name, as in its address.
    pub name: &'static str,
    /// Its title.
    pub titles: Titles,
    /// Its columns, in their order.
    pub columns: &'static [Column],
    /// In which of its languages it is written.
    pub tongue: Tongue,
}

/// What a report ends with, where it is written as something that people look at.
#[derive(Debug)]
pub struct Tail<'a> {
    /// Under which identity the audit trail knows this export.
    pub export: EventId,
    /// Of which moment its rows are.
    pub generated_at: DateTime<Utc>,
    /// What was asked for.
    pub filter: &'a Value,
    /// How many rows there are.
    pub rows: u64,
}

/// What stands in a row below a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// Words, whatever they look like.
    Text(Cow<'a, str>),
    /// A whole number.
    Number(i64),
    /// A day.
    Date(NaiveDate),
    /// A moment.
    Moment(DateTime<Utc>),
    /// Yes or no.
    Truth(bool),
}

impl Cell<'_> {
    /// Whether it may stand below a column of this kind.
    #[must_use]
    pub fn fits(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Empty, _)
                | (Self::Text(_), Kind::Text)
                | (Self::Number(_), Kind::Number)
                | (Self::Date(_), Kind::Date)
                | (Self::Moment(_), Kind::Moment)
                | (Self::Truth(_), Kind::Truth)
        )
    }

    /// As text, as programs read it: a date as `2025-10-25`, a moment as RFC 3339 in UTC.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Date(day) => Cow::Owned(day.to_string()),
            Self::Moment(at) => Cow::Owned(at.to_rfc3339_opts(SecondsFormat::Secs, true)),
            Self::Truth(holds) => Cow::Borrowed(if *holds { "true" } else { "false" }),
        }
    }
}

/// What can stand in a cell as it is.
macro_rules! cells {
    ($($from:ty => $value:ident: $cell:expr),+ $(,)?) => {$(
        impl<'a> From<$from> for Cell<'a> {
            fn from($value: $from) -> Self {
                $cell
            }
        }
    )+};
}
cells! {
    &'a str => text: Self::Text(Cow::Borrowed(text)),
    String => text: Self::Text(Cow::Owned(text)),
    i64 => number: Self::Number(number),
    NaiveDate => day: Self::Date(day),
    DateTime<Utc> => moment: Self::Moment(moment),
    bool => holds: Self::Truth(holds),
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_reads_the_same_in_every_format_of_text() {
        let moment: DateTime<Utc> = "2025-10-25T11:02:00.5Z".parse().unwrap();
        for (cell, text) in [
            (Cell::from(None::<i64>), ""),
            (Cell::from("=1"), "=1"),
            (Cell::from(-7), "-7"),
            (Cell::from(moment.date_naive()), "2025-10-25"),
            (Cell::from(moment), "2025-10-25T11:02:00Z"),
            (Cell::from(true), "true"),
        ] {
            assert_eq!(cell.text(), text);
        }
    }

    #[test]
    fn nothing_stands_in_any_column_and_a_number_in_none_of_words() {
        for kind in Kind::ALL {
            assert!(Cell::Empty.fits(*kind));
            assert_eq!(Cell::from(1).fits(*kind), *kind == Kind::Number);
        }
    }
}
