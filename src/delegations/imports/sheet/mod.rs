//! Reading a file that is said to be a list: what it is, its content shows; how much of it is read is bounded before
//! anything is unpacked. Pure, and slow: never on the reactor.

mod csv;
mod xlsx;

use std::collections::BTreeMap;

use super::columns::{Cells, Column};
use super::model::{CellFault, ImportFormat, ReadRow};
use super::refused::{Refused, Unread};
use crate::input::Faults;
use crate::table;

/// The longest file that is accepted.
pub const LIMIT_BYTES: usize = 5 * 1024 * 1024;
/// What a workbook may unpack to. A list of 2,000 people takes a quarter of it.
const LIMIT_UNPACKED_BYTES: usize = 16 * 1024 * 1024;
/// How many people one list may hold.
pub const LIMIT_ROWS: usize = 2000;
/// How many lines are looked at for them: titles and notes come on top.
const LIMIT_LINES: usize = LIMIT_ROWS + 100;
/// How many columns are looked at; all that follow count as one.
const LIMIT_COLUMNS: usize = 64;
/// The longest cell that is kept; no value is accepted that is half as long.
const LIMIT_CELL_BYTES: usize = 4096;

/// A list as it was read.
#[derive(Debug)]
pub struct Sheet {
    /// What it came in.
    pub format: ImportFormat,
    /// Its rows, without titles, notes and empty ones.
    pub rows: Vec<ReadRow>,
}

/// A cell as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Raw {
    Text(String),
    /// Nothing that could be a value: a code, and a sentence.
    Broken(&'static str, &'static str),
}

/// The cells of a file that are not empty, by row and column; rows are counted from 1.
type Lines = BTreeMap<u32, BTreeMap<usize, Raw>>;

/// Reads a list of members.
pub fn read(bytes: &[u8]) -> Result<Sheet, Refused> {
    if bytes.len() > LIMIT_BYTES {
        return Err(Refused::TooLarge { limit_bytes: LIMIT_BYTES });
    }
    let (format, lines) = if bytes.starts_with(b"PK\x03\x04") {
        (ImportFormat::Xlsx, xlsx::lines(bytes)?)
    } else {
        (ImportFormat::Csv, csv::lines(bytes)?)
    };
    Ok(Sheet { format, rows: rows(lines)? })
}

impl Raw {
    /// A text as it stands in a cell: what an export of ours made safe is as it was before, also where a spreadsheet
    /// has saved it under another format. Too long a one is not kept.
    fn text(text: &str) -> Self {
        let text = table::plain(text);
        if text.len() > LIMIT_CELL_BYTES {
            Self::Broken("too_long", "this cell is longer than any value that is accepted")
        } else {
            Self::Text(text.to_owned())
        }
    }

    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    fn is_note(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim_start().starts_with('#'))
    }
}

/// Puts a cell into its place. Says no where the file has more lines than a list can have.
fn put(lines: &mut Lines, row: u32, column: usize, cell: Raw) -> Result<(), Refused> {
    if cell.is_blank() {
        return Ok(());
    }
    lines.entry(row).or_default().insert(column.min(LIMIT_COLUMNS), cell);
    if lines.len() > LIMIT_LINES {
        return Err(Refused::TooManyRows { limit_rows: LIMIT_ROWS });
    }
    Ok(())
}

/// Makes rows of lines: the first line has the titles, lines that begin with `#` are notes.
fn rows(mut lines: Lines) -> Result<Vec<ReadRow>, Refused> {
    let (_, header) = lines.pop_first().ok_or(Refused::Unread(Unread::Empty))?;
    let titles = titles(&header)?;
    let is_note = |line: &BTreeMap<usize, Raw>| line.get(&0).is_some_and(Raw::is_note);
    let rows: Vec<ReadRow> = lines
        .into_iter()
        .filter(|(_, line)| !is_note(line))
        .map(|(number, line)| row(number, line, &titles))
        .collect();
    if rows.len() > LIMIT_ROWS {
        return Err(Refused::TooManyRows { limit_rows: LIMIT_ROWS });
    }
    Ok(rows)
}

fn row(number: u32, line: BTreeMap<usize, Raw>, titles: &BTreeMap<usize, Column>) -> ReadRow {
    let mut cells: Cells = titles.values().map(|column| (*column, String::new())).collect();
    let (mut faults, mut is_whole) = (Vec::new(), true);
    for (place, cell) in line {
        let column = titles.get(&place).copied();
        match (column, cell) {
            (Some(column), Raw::Text(text)) => drop(cells.insert(column, text)),
            (Some(_), Raw::Broken(code, detail)) => {
                faults.push(CellFault::at(number, column, code, detail));
            }
            (None, _) => is_whole = false,
        }
    }
    if !is_whole {
        let detail = "a cell of this row stands under no title";
        faults.push(CellFault::at(number, None, "no_title", detail));
    }
    ReadRow { row: number, cells, faults }
}

/// The columns of a file. A file with none of ours is no list of members at all.
fn titles(header: &BTreeMap<usize, Raw>) -> Result<BTreeMap<usize, Column>, Refused> {
    let mut titles: BTreeMap<usize, Column> = BTreeMap::new();
    let mut faults = Faults::default();
    for (place, title) in header {
        let title = match title {
            Raw::Text(title) => title.as_str(),
            Raw::Broken(..) => "",
        };
        match Column::titled(title) {
            Some(column) if titles.values().any(|known| *known == column) => {
                faults.add(format!("/{column}"), "twice", "this column is there twice");
            }
            Some(column) => drop(titles.insert(*place, column)),
            None => {
                // The title came from outside: it is escaped for the pointer and cut.
                let shown: String = title.chars().filter(|c| !c.is_control()).take(64).collect();
                let shown = shown.trim().replace('~', "~0").replace('/', "~1");
                let known: Vec<_> = Column::ALL.iter().map(Column::as_str).collect();
                let detail = format!("the columns known here are: {}", known.join(", "));
                faults.add(format!("/{shown}"), "unknown_column", detail);
            }
        }
    }
    if titles.is_empty() {
        return Err(Refused::Unread(Unread::NoTitles));
    }
    for column in Column::REQUIRED {
        if !titles.values().any(|known| known == column) {
            faults.add(format!("/{column}"), "missing_column", "this column is required");
        }
    }
    faults.none_or().map_err(Refused::Titles)?;
    Ok(titles)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLES: &str = "family_name,given_names,function,rank,email";

    fn seen(text: &str) -> Vec<(u32, String, String)> {
        let cell = |row: &ReadRow, column| row.cells.get(&column).cloned().unwrap_or_default();
        let sheet = read(text.as_bytes()).unwrap();
        let rows = sheet.rows.iter();
        rows.map(|r| (r.row, cell(r, Column::FamilyName), cell(r, Column::Email))).collect()
    }

    #[test]
    fn a_row_is_counted_as_a_spreadsheet_counts_it() {
        let expected = |rows: &[u32]| -> Vec<_> {
            rows.iter().map(|row| (*row, format!("S{row}"), format!("{row}@x.example"))).collect()
        };
        let row = |row: u32| format!("S{row},A,staff,none,{row}@x.example");
        let one_by_one = format!("{TITLES}\n{}\n{}", row(2), row(3));
        assert_eq!(seen(&one_by_one), expected(&[2, 3]));
        let blanks = format!("{TITLES}\n\n{}\n,,,,\n \n{}\n\n", row(3), row(6));
        assert_eq!(seen(&blanks), expected(&[3, 6]));
        let windows = blanks.replace('\n', "\r\n");
        assert_eq!(seen(&windows), expected(&[3, 6]));
        let broken_line = format!("{TITLES}\nS2,\"A\nB\",staff,none,2@x.example\n\n{}", row(4));
        assert_eq!(seen(&broken_line), expected(&[2, 4]));
        let notes = format!("{TITLES}\n# a note,,,,\n{}", row(3));
        assert_eq!(seen(&notes), expected(&[3]));
        let old_macintosh = one_by_one.replace('\n', "\r");
        assert_eq!(seen(&old_macintosh), expected(&[2, 3]));
    }

    #[test]
    fn commas_semicolons_and_tabs_part_cells_with_or_without_a_mark_of_the_encoding() {
        let comma = format!("{TITLES}\n\"Nguyễn, Ví Dụ\",A,staff,none,a@x.example\n");
        let expected = [(2, "Nguyễn, Ví Dụ".to_owned(), "a@x.example".to_owned())];
        assert_eq!(seen(&comma), expected);
        assert_eq!(seen(&format!("\u{feff}{comma}")), expected);
        for delimiter in [";", "\t"] {
            let text = comma.replace("Nguyễn, ", "Nguyễn; ").replace(',', delimiter);
            assert_eq!(seen(&text), [(2, "Nguyễn; Ví Dụ".to_owned(), "a@x.example".to_owned())]);
        }
    }

    #[test]
    fn r53_what_an_export_made_safe_is_read_as_it_was() {
        let text =
            format!("{TITLES}\n'=Sample,A,staff,none,'+84@x.example\n'O Sample,A,staff,none,\n");
        assert_eq!(seen(&text)[0].1, "=Sample");
        assert_eq!(seen(&text)[0].2, "+84@x.example");
        assert_eq!(seen(&text)[1].1, "'O Sample");
    }

    #[test]
    fn the_titles_are_known_and_there_once() {
        let titles = |text: &str| match read(text.as_bytes()) {
            Err(Refused::Titles(Faults(faults))) => {
                faults.into_iter().map(|f| (f.pointer, f.code)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(
            titles("family_name,Given Names,rank,Family Name,nick/name\n"),
            [
                ("/family_name".to_owned(), "twice"),
                ("/nick~1name".to_owned(), "unknown_column"),
                ("/function".to_owned(), "missing_column"),
            ]
        );
    }

    #[test]
    fn r54_what_is_no_list_is_not_read_and_the_answer_says_why() {
        use Unread::{Empty, NoTitles, NotUtf8, OtherType};
        for (bytes, why) in [
            (&b""[..], Empty),
            (b"\n\n", Empty),
            (b"\xef\xbb\xbf", Empty),
            (b"SAMPLE,Ann,staff,none\n", NoTitles),
            (b"nom;pr\xc3\xa9nom;fonction\n", NoTitles),
            (b"{\"family_name\": 1}", NoTitles),
            // Windows-1252, and UTF-16 with its mark.
            (b"family_name;given_names;function;rank\nEXEMPLE;Ren\xe9e;staff;none\n", NotUtf8),
            (b"\xff\xfef\0a\0m\0i\0l\0y\0", NotUtf8),
            (b"<html><body>family_name</body></html>", OtherType),
            (b"%PDF-1.7", OtherType),
            (b"\x89PNG\r\n\x1a\n\0\0", OtherType),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OtherType),
            (b"family_name,given_names,function,rank\nA\0,B,staff,none", OtherType),
            (b"MZ\x90\0", OtherType),
            (b"PK\x03\x04 not really", OtherType),
            (b"PK\x05\x06", OtherType),
        ] {
            let refused = read(bytes);
            assert!(
                matches!(&refused, Err(Refused::Unread(found)) if *found == why),
                "{refused:?} of {:?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }

    #[test]
    fn r54_a_million_columns_cost_no_more_than_a_few() {
        let wide = format!("{TITLES}{}\n", ",x".repeat(1_000_000));
        let Err(Refused::Titles(Faults(faults))) = read(wide.as_bytes()) else { panic!() };
        assert!(faults.len() <= LIMIT_COLUMNS + 1, "{}", faults.len());
        let row = format!("{TITLES}\nA,B,staff,none,a@x.example{}\n", ",x".repeat(1_000_000));
        let faults = &read(row.as_bytes()).unwrap().rows[0].faults;
        assert_eq!(faults.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["no_title"]);
        assert!(matches!(
            read(",".repeat(1_000_000).as_bytes()),
            Err(Refused::Unread(Unread::Empty))
        ));
    }

    #[test]
    fn a_list_has_two_thousand_rows_at_most() {
        let row = "A,B,staff,none,\n";
        let list = |rows: usize| format!("{TITLES}\n{}", row.repeat(rows));
        assert_eq!(read(list(LIMIT_ROWS).as_bytes()).unwrap().rows.len(), LIMIT_ROWS);
        for rows in [LIMIT_ROWS + 1, 100_000] {
            let refused = read(list(rows).as_bytes());
            assert!(matches!(refused, Err(Refused::TooManyRows { limit_rows: LIMIT_ROWS })));
        }
        let refused = read(&vec![b'a'; LIMIT_BYTES + 1]);
        assert!(matches!(refused, Err(Refused::TooLarge { limit_bytes: LIMIT_BYTES })));
    }

    #[test]
    fn a_cell_beyond_the_titles_and_an_endless_one_are_faults_of_their_row() {
        let long = "x".repeat(LIMIT_CELL_BYTES + 1);
        let text = format!("{TITLES}\nA,{long},staff,none,,more\n");
        let rows = read(text.as_bytes()).unwrap().rows;
        let seen: Vec<_> =
            rows[0].faults.iter().map(|f| (f.row, f.column, f.code.as_str())).collect();
        assert_eq!(seen, [(2, Some(Column::GivenNames), "too_long"), (2, None, "no_title")]);
    }
}
