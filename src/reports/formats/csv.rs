//! CSV (RFC 4180), with cells that open safely in a spreadsheet (R53). It says nothing about itself: a line that is no row
//! would be read as one by every program. What there is to say has an address (`/exports/{id}`).

use super::Unwritten;
use crate::reports::model::{Cell, Head};
use crate::table::cell;

/// How many bytes are gathered before they are sent.
const CHUNK_BYTES: usize = 32 * 1024;

/// Writes rows as CSV.
pub struct Csv(csv::Writer<Vec<u8>>);

impl Csv {
    /// Writes the line of titles.
    pub fn begin(head: Head) -> Result<Self, Unwritten> {
        let mut lines = lines();
        lines.write_record(head.columns.iter().map(|column| head.tongue.of(column.titles)))?;
        Ok(Self(lines))
    }

    /// Writes a row. What is words is made safe, what is a number is one.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Unwritten> {
        for one in cells {
            let text = one.text();
            match one {
                Cell::Text(_) => self.0.write_field(cell(&text).as_bytes())?,
                _ => self.0.write_field(text.as_bytes())?,
            }
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// What has gathered, once it is enough.
    pub fn gathered(&mut self) -> Result<Option<Vec<u8>>, Unwritten> {
        if self.0.get_ref().len() < CHUNK_BYTES {
            return Ok(None);
        }
        bytes(std::mem::replace(&mut self.0, lines())).map(Some)
    }

    /// What is left.
    pub fn end(self) -> Result<Vec<u8>, Unwritten> {
        bytes(self.0)
    }
}

fn lines() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

fn bytes(lines: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, Unwritten> {
    lines.into_inner().map_err(|e| e.into_error().into())
}
