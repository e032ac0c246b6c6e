//! Tables kept as files: CSV read row by row, where every fault names its file and line, and written with cells that
//! open safely in a spreadsheet (R53).

use std::borrow::Cow;
use std::fmt;

use serde::de::DeserializeOwned;

/// What is wrong in a file of the ceremony's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The file's name.
    pub file: String,
    /// Counted from 1; `None` for a fault of the whole file.
    pub line: Option<u64>,
    /// For people, in English.
    pub detail: String,
}

impl FileFault {
    /// A fault at a line.
    #[must_use]
    pub fn at(file: &str, line: u64, detail: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: Some(line), detail: detail.into() }
    }

    /// A fault of the whole file.
    #[must_use]
    pub fn of(file: &str, detail: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, detail: detail.into() }
    }

    /// What a TOML file cannot be read for, at its line.
    #[must_use]
    pub fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::at(file, line_at(text, error.span().map_or(0, |span| span.start)), error.message())
    }
}

/// The line of a text that a byte of it stands in, counted from 1.
#[must_use]
pub fn line_at(text: &str, byte: usize) -> u64 {
    let before = text.get(..byte).unwrap_or_default();
    let newlines = before.bytes().filter(|b| *b == b'\n').count();
    u64::try_from(newlines).unwrap_or(u64::MAX).saturating_add(1)
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", self.file, self.detail),
            None => write!(f, "{}: {}", self.file, self.detail),
        }
    }
}

/// A row that could be read, and the line it began at.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Counted from 1; the header is line 1.
    pub line: u64,
    /// What the row says.
    pub value: T,
}

/// Reads a table whose header is exactly `columns`. Rows with a fault are left out and reported, the rest is kept,
/// so that one reading finds the faults of all rows.
pub fn rows<T: DeserializeOwned>(
    file: &str,
    text: &str,
    columns: &[&str],
    faults: &mut Vec<FileFault>,
) -> Vec<Row<T>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    match reader.headers() {
        Ok(header) if header == columns => {}
        _ => {
            faults.push(FileFault::at(
                file,
                1,
                format!("the columns {} are expected", columns.join(",")),
            ));
            return Vec::new();
        }
    }
    let mut rows = Vec::new();
    let header = csv::StringRecord::from(columns.to_vec());
    for record in reader.records() {
        let read = record.and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            Ok(Row { line, value: record.deserialize(Some(&header))? })
        });
        match read {
            Ok(row) => rows.push(row),
            Err(e) => faults.push(fault(file, &e)),
        }
    }
    rows
}

/// A text as it may stand in a cell of a CSV file: one that a spreadsheet would take for a formula is preceded by an
/// apostrophe, which spreadsheets read as "this is text".
///
/// A formula begins with `=`, `+`, `-`, `@` or one of their full-width forms; a leading tab, carriage return, line
/// feed, NUL or space can hide the beginning from a filter and not from the spreadsheet. What looks like a cell made
/// safe is made safe once more, so that [`plain`] always gives back what was written.
#[must_use]
pub fn cell(text: &str) -> Cow<'_, str> {
    if is_active(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`cell`] made this cell of. An apostrophe that belongs to the text stays.
#[must_use]
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_active(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_active(text: &str) -> bool {
    let hidden = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let begins = text.chars().find(|c| !hidden(*c));
    let is_formula =
        matches!(begins, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\u{2212}'));
    is_formula || text.chars().next().is_some_and(char::is_control)
}

fn fault(file: &str, error: &csv::Error) -> FileFault {
    let detail = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{expected_len} fields are expected, {len} found")
        }
        // The value's own sentence, without the reader's words around it.
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => error.to_string(),
    };
    FileFault { file: file.to_owned(), line: error.position().map(csv::Position::line), detail }
}

/// What a spreadsheet could take for a formula, and what hides one.
#[cfg(test)]
pub const LIKE_FORMULAS: &[&str] = &[
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u{a0}=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "\u{feff}=1",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::input::Date;
    use crate::text::ParticipantCode;

    #[derive(Debug, serde::Deserialize)]
    struct Sample {
        code: ParticipantCode,
        day: Option<Date>,
    }

    fn read(text: &str) -> (Vec<Row<Sample>>, Vec<String>) {
        let mut faults = Vec::new();
        let rows = rows("sample.csv", text, &["code", "day"], &mut faults);
        (rows, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn rows_are_read_and_know_their_line() {
        let (rows, faults) = read("\u{feff}code,day\nFRA , 2025-10-25\n\"VNM\",\n");
        assert_eq!(faults, [""; 0]);
        let seen: Vec<_> =
            rows.iter().map(|r| (r.line, r.value.code.as_str(), r.value.day.is_some())).collect();
        assert_eq!(seen, [(2, "FRA", true), (3, "VNM", false)]);
    }

    #[test]
    fn r54_the_faults_of_all_rows_are_found_at_once() {
        let (rows, faults) = read("code,day\nfra,\nVNM,2025-10-25\nVNM\nVNM,2027-02-29\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(
            faults,
            [
                "sample.csv line 2: three capital letters are expected, as in ISO 3166-1 alpha-3",
                "sample.csv line 4: 2 fields are expected, 1 found",
                "sample.csv line 5: a date of the calendar like 2025-10-25 is expected",
            ]
        );
    }

    #[test]
    fn a_table_with_other_columns_is_not_read() {
        let (rows, faults) = read("code,date\nFRA,2025-10-25\n");
        assert!(rows.is_empty());
        assert_eq!(faults, ["sample.csv line 1: the columns code,day are expected"]);
    }

    #[test]
    fn r53_a_cell_never_begins_as_a_formula() {
        for text in LIKE_FORMULAS.iter().chain(&["\0=1", "\ttext"]) {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "Côte d'Ivoire", "1980-02-29", "a=b", "O'Sample", "(+84)", "'t Sample"] {
            assert_eq!((cell(text).as_ref(), plain(text)), (text, text));
        }
    }

    proptest! {
        #[test]
        fn r53_what_was_made_safe_comes_back_as_it_was(text in "['=+@ \t-]{0,4}.{0,4}") {
            let safe = cell(&text);
            prop_assert_eq!(plain(&safe), &text);
        }
    }
}
