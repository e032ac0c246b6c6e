//! Papers: documents of A4 sheets that are printed, kept and read aloud.
//!
//! | room | holds |
//! |---|---|
//! | `fonts` | the letters, and which font has a character |
//! | `text` | a text and its shapes, whichever way it is read |
//! | `lines` | where a text is broken |
//! | `columns`, `table`, `flow`, `frame` | what comes where on which sheet |
//! | `sheet` | what comes out of it: marks on sheets, and the order of reading |
//! | `draw` | the file: PDF/A-2a and PDF/UA-1, so that it can be kept, searched and read aloud |
//!
//! All but the last is arithmetic on texts, and knows nothing of files.

mod code;
mod columns;
mod draw;
mod flow;
mod fonts;
mod frame;
mod lines;
mod sheet;
mod table;
#[cfg(test)]
mod tests;
mod text;

use chrono::{DateTime, Utc};

/// How many rows a table of a paper has at most. Nobody leafs through more, and everything is laid out before the first
/// sheet is written, since it says how many there are.
pub const MAX_ROWS: usize = 10_000;

/// How many bytes a code for cameras holds at most.
pub const MAX_CODE_BYTES: usize = 2_953;

/// A paper, before it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The language of its words (RFC 5646).
    pub language: &'static str,
    /// What it is.
    pub title: String,
    /// What of, and as of when: lines below the title.
    pub subtitles: Vec<String>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// At the foot of every sheet.
    pub footer: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// A part of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph, or more where there are line breaks.
    Words(String),
    /// What is what, below each other.
    Facts(Vec<(String, String)>),
    /// A table.
    Table(Table),
    /// A code for cameras.
    Code {
        /// What it says.
        says: String,
        /// What it is, in words.
        alternative: String,
    },
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads of its columns.
    pub columns: Vec<Column>,
    /// What is below them.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Whether it is of numbers, which stand below each other by their ends.
    pub is_of_numbers: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A cell for each column.
    Cells(Vec<String>),
    /// A head over all columns, for the rows that follow.
    Group(String),
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum Unset {
    /// More than a paper is for.
    #[error("a table of a paper has at most {MAX_ROWS} rows")]
    TooLong,
    /// More than fits a code.
    #[error("a code for cameras holds at most {MAX_CODE_BYTES} bytes")]
    TooMuchForCode,
    /// The file could not be written by the rules.
    #[error("the file could not be written: {0}")]
    Unwritten(String),
}

/// Sets a paper: the bytes of its file.
pub fn set(paper: &Paper) -> Result<Vec<u8>, Unset> {
    let is_long =
        |block: &Block| matches!(block, Block::Table(table) if table.rows.len() > MAX_ROWS);
    if paper.blocks.iter().any(is_long) {
        return Err(Unset::TooLong);
    }
    let fonts = fonts::Fonts::default();
    let ruler = lines::Ruler::of(text::Shaper::of(&fonts));
    let laid = flow::lay(paper, &ruler)?;
    draw::write(paper, &ruler, laid)
}
