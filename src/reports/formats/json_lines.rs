//! JSON Lines: an object for each row by the keys of the columns, for programs. Keys are the same in every language.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::Unwritten;
use crate::reports::model::{Cell, Column, Head};

/// How many bytes are gathered before they are sent.
const CHUNK_BYTES: usize = 32 * 1024;

/// Writes rows as JSON Lines.
pub struct JsonLines {
    columns: &'static [Column],
    buffer: Vec<u8>,
}

impl JsonLines {
    /// There is no head: the keys stand in each row.
    pub fn begin(head: Head) -> Self {
        Self { columns: head.columns, buffer: Vec::new() }
    }

    /// Writes a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Unwritten> {
        serde_json::to_writer(&mut self.buffer, &Row { columns: self.columns, cells })?;
        self.buffer.push(b'\n');
        Ok(())
    }

    /// What has gathered, once it is enough.
    pub fn gathered(&mut self) -> Option<Vec<u8>> {
        (self.buffer.len() >= CHUNK_BYTES).then(|| std::mem::take(&mut self.buffer))
    }

    /// What is left.
    pub fn end(self) -> Vec<u8> {
        self.buffer
    }
}

/// A row, its keys in the order of the columns.
struct Row<'a> {
    columns: &'static [Column],
    cells: &'a [Cell<'a>],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Empty => map.serialize_entry(column.key, &())?,
                Cell::Number(number) => map.serialize_entry(column.key, number)?,
                Cell::Truth(holds) => map.serialize_entry(column.key, holds)?,
                other => map.serialize_entry(column.key, &other.text())?,
            }
        }
        map.end()
    }
}
