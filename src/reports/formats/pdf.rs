//! A paper: the rows as a table on numbered sheets, at whose foot stands what was asked for and when.

use super::{Unwritten, told};
use crate::paper::{self, Block, Column, Paper, Row, Table};
use crate::reports::model::{Cell, Head, Kind, Tail};

/// Gathers rows, which are laid out when there are no more.
pub struct Pdf {
    head: Head,
    rows: Vec<Row>,
}

impl Pdf {
    /// Begins a paper.
    pub fn begin(head: Head) -> Self {
        Self { head, rows: Vec::new() }
    }

    /// Takes a row; none that is too many for a paper.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Unwritten> {
        if self.rows.len() == paper::MAX_ROWS {
            return Err(paper::Unset::TooLong.into());
        }
        let said = cells.iter().zip(self.head.columns);
        let said = said.map(|(cell, column)| column.said(cell, self.head.tongue).into_owned());
        self.rows.push(Row::Cells(said.collect()));
        Ok(())
    }

    /// Sets the paper.
    pub fn end(self, tail: &Tail<'_>) -> Result<Vec<u8>, Unwritten> {
        let tongue = self.head.tongue;
        let columns = self.head.columns.iter().map(|column| Column {
            title: tongue.of(column.titles).to_owned(),
            is_of_numbers: column.kind == Kind::Number,
        });
        let table = Table { columns: columns.collect(), rows: self.rows };
        let foot = told(tongue, tail).map(|(title, said)| format!("{title} {said}"));
        Ok(paper::set(&Paper {
            language: tongue.as_str(),
            title: tongue.of(self.head.titles).to_owned(),
            subtitles: Vec::new(),
            blocks: vec![Block::Table(table)],
            footer: foot.join(" · "),
            made_at: tail.generated_at,
        })?)
    }
}
