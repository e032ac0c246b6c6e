//! A workbook: the rows, and behind them a sheet about the report. Words are written as words, so that no cell is ever a
//! formula (R53), and as they are: nothing stands before them.
//!
//! Its rows go to files without a name in a directory of ours, which are gone with the process, whatever ends it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use super::{Unwritten, told};
use crate::reports::model::{Cell, Head, Kind, Tail, Titles};

/// As many rows as a sheet has.
const ROWS_MAX: u32 = 1_048_576;
/// As many characters, counted as UTF-16 does, as a cell has.
const CELL_MAX: usize = 32_767;
/// As many characters as the name of a sheet has.
const SHEET_NAME_CHARS: usize = 31;

const REPORT: Titles = ["Report", "Rapport", "Informe", "Báo cáo"];
const ABOUT: Titles = ["About", "À propos", "Acerca de", "Thông tin"];
const CUT: Titles = [
    "Texts longer than a cell holds, cut at 32,767 characters; whole in CSV and JSON Lines:",
    "Textes plus longs qu’une cellule, coupés à 32 767 caractères ; entiers en CSV et JSON Lines :",
    "Textos más largos que una celda, cortados a 32.767 caracteres; enteros en CSV y JSON Lines:",
    "Văn bản dài hơn một ô, cắt ở 32.767 ký tự; đầy đủ trong CSV và JSON Lines:",
];
const UTC: Titles = [
    "All times are in UTC.",
    "Toutes les heures sont en UTC.",
    "Todas las horas están en UTC.",
    "Mọi giờ đều theo UTC.",
];

/// Writes rows into a workbook.
pub struct Xlsx {
    workbook: Workbook,
    dir: PathBuf,
    head: Head,
    styles: Styles,
    /// Which sheet is written.
    sheet: usize,
    /// Which row of it comes next.
    next: u32,
    /// How many rows, titles included, a sheet has.
    pub(super) rows_max: u32,
    /// How many texts were longer than a cell.
    cut: u64,
}

/// How cells look.
struct Styles {
    title: Style,
    date: Style,
    moment: Style,
}

impl Xlsx {
    /// Begins a workbook whose rows wait in `dir`.
    pub fn begin(head: Head, dir: &Path) -> Result<Self, Unwritten> {
        let styles = Styles {
            title: Style::new().set_bold(),
            date: Style::new().set_num_format("yyyy-mm-dd"),
            moment: Style::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        let mut workbook = Workbook::new();
        workbook.set_tempdir(dir)?;
        let (dir, rows_max) = (dir.to_owned(), ROWS_MAX);
        let mut this = Self { workbook, dir, head, styles, sheet: 0, next: 0, rows_max, cut: 0 };
        this.open_sheet(head.tongue.of(head.titles))?;
        Ok(this)
    }

    fn open_sheet(&mut self, name: &str) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(sheet_name(name))?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, column) in (0_u16..).zip(self.head.columns) {
            let width = match column.kind {
                Kind::Text => 24,
                Kind::Moment => 20,
                Kind::Number | Kind::Date | Kind::Truth => 12,
            };
            sheet.set_column_width(at, width)?;
            let title = self.head.tongue.of(column.titles);
            sheet.write_string_with_format(0, at, title, &self.styles.title)?;
        }
        self.next = 1;
        Ok(())
    }

    /// Writes a row; on a further sheet where one is full.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Unwritten> {
        if self.next == self.rows_max {
            self.sheet += 1;
            let name = format!("{} {}", self.sheet + 1, self.head.tongue.of(self.head.titles));
            self.open_sheet(&name)?;
        }
        let sheet = self.workbook.worksheet_from_index(self.sheet)?;
        for (at, (cell, column)) in (0_u16..).zip(cells.iter().zip(self.head.columns)) {
            match cell {
                Cell::Text(_) => {
                    let said = column.said(cell, self.head.tongue);
                    let within = within_a_cell(&said);
                    self.cut += u64::from(within.len() != said.len());
                    sheet.write_string(self.next, at, within)?;
                }
                cell => self.styles.write(sheet, self.next, at, cell)?,
            }
        }
        self.next += 1;
        Ok(())
    }

    /// Writes the sheet about the report, and all of it into one file.
    pub fn end(mut self, tail: &Tail<'_>) -> Result<File, Unwritten> {
        self.tell(tail)?;
        let mut whole = tempfile::tempfile_in(&self.dir)?;
        self.workbook.save_to_writer(&mut whole)?;
        whole.seek(SeekFrom::Start(0))?;
        Ok(whole)
    }

    fn tell(&mut self, tail: &Tail<'_>) -> Result<(), XlsxError> {
        let tongue = self.head.tongue;
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(tongue.of(ABOUT))?;
        sheet.set_column_width(0, 20)?;
        sheet.set_column_width(1, 60)?;
        let report = (tongue.of(REPORT), tongue.of(self.head.titles).to_owned());
        let lines = [report].into_iter().chain(told(tongue, tail));
        for (row, (title, said)) in (0_u32..).zip(lines) {
            sheet.write_string_with_format(row, 0, title, &self.styles.title)?;
            sheet.write_string(row, 1, within_a_cell(&said))?;
        }
        sheet.write_string(6, 0, tongue.of(UTC))?;
        // What is not whole is named: nobody takes a part for the whole.
        if self.cut > 0 {
            sheet.write_string(7, 0, format!("{} {}", tongue.of(CUT), self.cut))?;
        }
        Ok(())
    }
}

impl Styles {
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        at: u16,
        cell: &Cell<'_>,
    ) -> Result<(), XlsxError> {
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                sheet.write_string(row, at, text.as_ref())?;
            }
            Cell::Number(number) => match i32::try_from(*number) {
                Ok(number) => {
                    sheet.write_number(row, at, number)?;
                }
                // What a spreadsheet would round.
                Err(_) => {
                    sheet.write_string(row, at, number.to_string())?;
                }
            },
            Cell::Date(day) => {
                sheet.write_number_with_format(row, at, serial(*day), &self.date)?;
            }
            Cell::Moment(moment) => {
                sheet.write_number_with_format(row, at, serial_of(*moment), &self.moment)?;
            }
            Cell::Truth(holds) => {
                sheet.write_boolean(row, at, *holds)?;
            }
        }
        Ok(())
    }
}

/// A day as spreadsheets count: from the day before the last of 1899.
fn serial(day: NaiveDate) -> i32 {
    const FIRST: i32 = 693_594;
    chrono::Datelike::num_days_from_ce(&day) - FIRST
}

/// The same of a moment, to the second.
fn serial_of(moment: DateTime<Utc>) -> f64 {
    let seconds = moment.time().signed_duration_since(NaiveTime::MIN).num_seconds();
    let seconds = f64::from(i32::try_from(seconds).unwrap_or_default());
    f64::from(serial(moment.date_naive())) + seconds / 86_400.0
}

/// A text as long as a cell can hold: what was cut ends with three points.
fn within_a_cell(text: &str) -> Cow<'_, str> {
    if text.encode_utf16().count() <= CELL_MAX {
        return Cow::Borrowed(text);
    }
    let mut room = CELL_MAX - 1;
    let fits = |letter: &char| match room.checked_sub(letter.len_utf16()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let kept: String = text.chars().take_while(fits).collect();
    Cow::Owned(kept + "…")
}

/// A title as the name of a sheet: some signs cannot stand in it, and it is short.
fn sheet_name(title: &str) -> String {
    title.chars().filter(|c| !r"[]:*?/\'".contains(*c)).take(SHEET_NAME_CHARS).collect()
}
