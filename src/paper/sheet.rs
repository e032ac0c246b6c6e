//! Sheets with what is to be drawn on them, and the order in which it is read. Lengths are in points, from the upper left.

use std::ops::Range;
use std::rc::Rc;

use super::code::Code;
use super::lines::Style;
use super::text::Text;

/// The size of A4.
const SHORT: f32 = 595.28;
const LONG: f32 = 841.89;
/// What stays empty at every side.
pub const MARGIN: f32 = 42.5;

/// Which way round a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Upright.
    Portrait,
    /// On its side.
    Landscape,
}

impl Shape {
    /// Width and height.
    pub fn size(self) -> (f32, f32) {
        match self {
            Self::Portrait => (SHORT, LONG),
            Self::Landscape => (LONG, SHORT),
        }
    }

    /// The width between the margins.
    pub fn room(self) -> f32 {
        self.size().0 - 2.0 * MARGIN
    }
}

/// One sheet.
#[derive(Debug, Default)]
pub struct Sheet {
    /// In the order of drawing.
    pub marks: Vec<Mark>,
}

/// Something drawn.
#[derive(Debug)]
pub enum Mark {
    /// A line of a text.
    Words(Words),
    /// A line from the left to the right, or a bar.
    Bar {
        /// Its upper left corner.
        at: (f32, f32),
        /// Width and height.
        size: (f32, f32),
        /// How dark.
        ink: Ink,
    },
    /// A code for cameras.
    Code {
        /// What it says.
        code: Rc<Code>,
        /// Its upper left corner.
        at: (f32, f32),
        /// Its side.
        side: f32,
        /// Where it is read.
        leaf: usize,
    },
}

/// A line of a text.
#[derive(Debug)]
pub struct Words {
    /// The text.
    pub text: Rc<Text>,
    /// The part of it.
    pub part: Range<usize>,
    /// Where the line begins or ends.
    pub x: f32,
    /// Which of both.
    pub side: Side,
    /// What the letters stand on.
    pub baseline: f32,
    /// How they look.
    pub style: Style,
    /// How dark.
    pub ink: Ink,
    /// Where it is read; nowhere what belongs to the sheet and not to the text.
    pub leaf: Option<usize>,
}

/// From where a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It begins at the left.
    Left,
    /// It ends at the right.
    Right,
}

/// How dark something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// What is read.
    Black,
    /// What is read when it is looked for.
    Grey,
    /// What divides.
    Pale,
}

/// What a part of the paper is to those who have it read to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A heading of this level, from 1 on, and what it says.
    Heading(u16, String),
    /// Plain text.
    Paragraph,
    /// A table.
    Table,
    /// The rows of heads of a table.
    Heads,
    /// The rows below them.
    Rows,
    /// One row.
    Row,
    /// The head of a column.
    ColumnHead,
    /// The head of a row.
    RowHead,
    /// A head over this many columns.
    GroupHead(usize),
    /// A cell.
    Cell,
    /// A picture, in words.
    Figure(String),
}

/// A part of the paper in the order of reading.
#[derive(Debug)]
pub struct Part {
    /// What it is.
    pub role: Role,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// What of the sheets is in it itself.
    pub leaf: Option<usize>,
}

impl Part {
    /// Of other parts.
    pub fn group(role: Role, parts: Vec<Self>) -> Self {
        Self { role, parts, leaf: None }
    }

    /// Of what is drawn.
    pub fn leaf(role: Role, leaf: usize) -> Self {
        Self { role, parts: Vec::new(), leaf: Some(leaf) }
    }
}
