//! What the rows of a report become: each format is a file with a writer, which is told a head, rows and a tail.

mod csv;
mod json_lines;
mod pdf;
mod xlsx;

use std::fs::File;
use std::path::Path;

use chrono::SecondsFormat;

use self::csv::Csv;
use self::json_lines::JsonLines;
use self::pdf::Pdf;
use self::xlsx::Xlsx;
use super::model::{Cell, Format, Head, Tail, Titles, Tongue};
use crate::paper::Unset;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// As a file on the way, or as text.
    #[error("the file could not be made")]
    Io(#[from] std::io::Error),
    /// As CSV.
    #[error("a row of CSV could not be written")]
    Csv(#[from] ::csv::Error),
    /// As JSON.
    #[error("a row of JSON could not be written")]
    Json(#[from] serde_json::Error),
    /// As a workbook.
    #[error("the workbook could not be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// As a paper.
    #[error("the paper could not be set")]
    Pdf(#[from] Unset),
}

/// Writes a report in one of the formats.
pub enum Writer {
    /// Sent as it grows.
    Csv(Box<Csv>),
    /// Sent as it grows.
    JsonLines(JsonLines),
    /// A file, which is sent when it is whole.
    Xlsx(Box<Xlsx>),
    /// Laid out when its rows have ended.
    Pdf(Pdf),
}

/// What is left to send of a report when its rows have ended.
pub enum Ending {
    /// What had gathered.
    Bytes(Vec<u8>),
    /// All of it: a file without a name, from its beginning.
    File(File),
}

impl Writer {
    /// Begins a report. What cannot be written from front to back is made in `dir`.
    pub fn begin(format: Format, head: Head, dir: &Path) -> Result<Self, Unwritten> {
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(Csv::begin(head)?)),
            Format::JsonLines => Self::JsonLines(JsonLines::begin(head)),
            Format::Xlsx => Self::Xlsx(Box::new(Xlsx::begin(head, dir)?)),
            Format::Pdf => Self::Pdf(Pdf::begin(head)),
        })
    }

    /// Writes a row, which has a cell for each column.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Unwritten> {
        match self {
            Self::Csv(csv) => csv.row(cells),
            Self::JsonLines(lines) => lines.row(cells),
            Self::Xlsx(workbook) => workbook.row(cells),
            Self::Pdf(paper) => paper.row(cells),
        }
    }

    /// What has gathered since the last time, once it is enough to be sent.
    pub fn gathered(&mut self) -> Result<Option<Vec<u8>>, Unwritten> {
        match self {
            Self::Csv(csv) => csv.gathered(),
            Self::JsonLines(lines) => Ok(lines.gathered()),
            Self::Xlsx(_) | Self::Pdf(_) => Ok(None),
        }
    }

    /// Ends the report. It may take a while where a file is made.
    pub fn end(self, tail: &Tail<'_>) -> Result<Ending, Unwritten> {
        match self {
            Self::Csv(csv) => csv.end().map(Ending::Bytes),
            Self::JsonLines(lines) => Ok(Ending::Bytes(lines.end())),
            Self::Xlsx(workbook) => workbook.end(tail).map(Ending::File),
            Self::Pdf(paper) => paper.end(tail).map(Ending::Bytes),
        }
    }
}

impl Format {
    /// Whether nothing of it can be sent before all of it is made.
    #[must_use]
    pub fn comes_whole(self) -> bool {
        matches!(self, Self::Xlsx | Self::Pdf)
    }

    /// The media type of what is written.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
        }
    }
}

const GENERATED_AT: Titles = ["Generated at", "Établi le", "Generado el", "Lập lúc"];
const FILTER: Titles = ["Filter", "Filtre", "Filtro", "Bộ lọc"];
const ROWS: Titles = ["Rows", "Lignes", "Filas", "Số dòng"];
const EXPORT: Titles = ["Export", "Exportation", "Exportación", "Mã xuất"];

/// What people are told of an export, each under its name.
fn told(tongue: Tongue, tail: &Tail<'_>) -> [(&'static str, String); 4] {
    [
        (GENERATED_AT, tail.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        (FILTER, tail.filter.to_string()),
        (ROWS, tail.rows.to_string()),
        (EXPORT, tail.export.to_string()),
    ]
    .map(|(title, said)| (tongue.of(title), said))
}

#[cfg(test)]
mod tests;
