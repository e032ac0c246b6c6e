//! Tables: rows of texts that are broken where they must, under heads that are repeated on every sheet.

use std::rc::Rc;

use super::columns::{Wish, share};
use super::flow::{Flow, Span};
use super::fonts::Weight;
use super::lines::{Line, Ruler, Style};
use super::sheet::{Ink, Mark, Part, Role};
use super::text::Text;
use super::{Block, Row};

/// The size of letters, and that for tables whose words would not fit else.
const SIZES: [f32; 3] = [8.5, 7.5, 6.5];
/// Between the letters and the edge of a cell, at each side.
const BESIDE: f32 = 3.0;
const ABOVE: f32 = 1.6;
/// A row that is higher than this part of a sheet is divided rather than moved to the next one.
const DIVIDED: f32 = 0.25;

/// A table whose texts are measured.
pub struct Grid {
    heads: Vec<Rc<Text>>,
    numbers: Vec<bool>,
    rows: Vec<Measured>,
    has_row_heads: bool,
    size: f32,
    /// What its columns would like.
    pub wishes: Vec<Wish>,
}

enum Measured {
    Cells(Vec<Rc<Text>>),
    Group(Rc<Text>),
}

/// A row that is broken into lines, on its way to the sheets.
struct Broken {
    cells: Vec<Cell>,
}

struct Cell {
    text: Rc<Text>,
    lines: std::vec::IntoIter<Line>,
    span: Span,
    style: Style,
    leaf: Option<usize>,
}

impl Cell {
    fn first_above(&self) -> f32 {
        self.lines.as_slice().first().map_or(0.0, |line| line.above)
    }
}

impl Grid {
    /// Of a block that is set as a table.
    pub fn of(ruler: &Ruler<'_>, block: &Block) -> Option<Self> {
        let text = |given: &String| Rc::new(Text::of(ruler.shaper.fonts, given));
        let mut grid = match block {
            Block::Table(table) => Self {
                heads: table.columns.iter().map(|column| text(&column.title)).collect(),
                numbers: table.columns.iter().map(|column| column.is_of_numbers).collect(),
                rows: table
                    .rows
                    .iter()
                    .map(|row| match row {
                        Row::Cells(cells) => Measured::Cells(cells.iter().map(text).collect()),
                        Row::Group(title) => Measured::Group(text(title)),
                    })
                    .collect(),
                has_row_heads: false,
                size: 0.0,
                wishes: Vec::new(),
            },
            Block::Facts(facts) => Self {
                heads: Vec::new(),
                numbers: vec![false; 2],
                rows: facts
                    .iter()
                    .map(|(what, is)| Measured::Cells(vec![text(what), text(is)]))
                    .collect(),
                has_row_heads: true,
                size: 0.0,
                wishes: Vec::new(),
            },
            Block::Heading(_) | Block::Words(_) | Block::Code { .. } => return None,
        };
        grid.wish(ruler);
        Some(grid)
    }

    /// Takes the largest letters with which no word need be broken on a sheet that lies on its side.
    fn wish(&mut self, ruler: &Ruler<'_>) {
        let room = super::sheet::Shape::Landscape.room();
        for size in SIZES {
            self.size = if self.has_row_heads { 10.0 } else { size };
            self.wishes =
                (0..self.numbers.len()).map(|column| self.wish_of(ruler, column)).collect();
            if self.wishes.iter().map(|wish| wish.least).sum::<f32>() <= room {
                break;
            }
        }
    }

    fn wish_of(&self, ruler: &Ruler<'_>, column: usize) -> Wish {
        let head = self.heads.get(column);
        let wish = head.map_or(Wish::default(), |head| {
            let wish = Wish::default().with(ruler, head, self.style(Weight::Bold), 2.0 * BESIDE);
            Wish { most: wish.least, ..wish }
        });
        let weight = self.weight(column);
        self.rows.iter().fold(wish, |wish, row| match row {
            Measured::Group(_) => wish,
            Measured::Cells(cells) => cells
                .get(column)
                .map_or(wish, |text| wish.with(ruler, text, self.style(weight), 2.0 * BESIDE)),
        })
    }

    fn style(&self, weight: Weight) -> Style {
        Style { size: self.size, weight }
    }

    fn weight(&self, column: usize) -> Weight {
        if self.has_row_heads && column == 0 { Weight::Bold } else { Weight::Regular }
    }

    /// Puts it where the flow has come to.
    pub fn place(&self, flow: &mut Flow<'_>) -> Part {
        let widths = share(&self.wishes, flow.width);
        let mut lefts = Vec::with_capacity(widths.len());
        let mut left = flow.left;
        for (width, ends) in widths.iter().zip(&self.numbers) {
            lefts.push(Span { left: left + BESIDE, width: width - 2.0 * BESIDE, ends: *ends });
            left += width;
        }
        let mut parts = Vec::new();
        if !self.heads.is_empty() {
            let first =
                self.rows.first().map_or(0.0, |row| self.broken(flow, row, &lefts).height());
            flow.need(self.head(flow, &lefts).height() + first + 4.0);
            let leaves: Vec<usize> = self.heads.iter().map(|_| flow.leaf()).collect();
            self.place_head(flow, &lefts, &leaves);
            let heads = leaves.into_iter().map(|leaf| Part::leaf(Role::ColumnHead, leaf)).collect();
            parts.push(Part::group(Role::Heads, vec![Part::group(Role::Row, heads)]));
        }
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut following = self.rows.iter().skip(1);
        for row in &self.rows {
            let next = following.next();
            rows.push(self.place_row(flow, row, next, &lefts));
        }
        if !rows.is_empty() {
            parts.push(Part::group(Role::Rows, rows));
        }
        Part::group(Role::Table, parts)
    }

    fn head(&self, flow: &Flow<'_>, spans: &[Span]) -> Broken {
        let style = self.style(Weight::Bold);
        Broken::of(
            flow.ruler,
            self.heads.iter().zip(spans).map(|(head, span)| (head, *span, style)),
        )
    }

    /// Puts the heads: to be read where there are leaves for them, and else to be seen only.
    fn place_head(&self, flow: &mut Flow<'_>, spans: &[Span], leaves: &[usize]) {
        let mut head = self.head(flow, spans);
        for (cell, leaf) in head.cells.iter_mut().zip(leaves) {
            cell.leaf = Some(*leaf);
        }
        head.place(flow, f32::INFINITY);
        rule(flow, 0.8, Ink::Black);
    }

    fn broken(&self, flow: &Flow<'_>, row: &Measured, spans: &[Span]) -> Broken {
        match row {
            Measured::Cells(cells) => {
                let weights = (0..cells.len()).map(|column| self.style(self.weight(column)));
                let cells = cells.iter().zip(spans).zip(weights);
                Broken::of(flow.ruler, cells.map(|((text, span), style)| (text, *span, style)))
            }
            Measured::Group(text) => {
                let width = flow.width - 2.0 * BESIDE;
                let span = Span { left: flow.left + BESIDE, width, ends: false };
                Broken::of(flow.ruler, [(text, span, self.style(Weight::Bold))].into_iter())
            }
        }
    }

    fn place_row(
        &self,
        flow: &mut Flow<'_>,
        row: &Measured,
        next: Option<&Measured>,
        spans: &[Span],
    ) -> Part {
        let mut broken = self.broken(flow, row, spans);
        // A head stays with what it is over.
        let with_next = match (row, next) {
            (Measured::Group(_), Some(next)) => self.broken(flow, next, spans).height(),
            _ => 0.0,
        };
        let height = broken.height() + with_next;
        let is_high = height > flow.full_height() * DIVIDED;
        if flow.y + height > flow.bottom && !(is_high && flow.y + 40.0 < flow.bottom) {
            self.turn(flow, spans);
        }
        for cell in &mut broken.cells {
            cell.leaf = Some(flow.leaf());
        }
        while broken.place(flow, flow.bottom) {
            self.turn(flow, spans);
        }
        rule(flow, 0.25, Ink::Pale);
        let heads = usize::from(self.has_row_heads);
        let leaves = broken.cells.iter().filter_map(|cell| cell.leaf);
        let parts = leaves.enumerate().map(|(column, leaf)| {
            let role = match row {
                Measured::Group(_) => Role::GroupHead(spans.len()),
                Measured::Cells(_) if column < heads => Role::RowHead,
                Measured::Cells(_) => Role::Cell,
            };
            Part::leaf(role, leaf)
        });
        Part::group(Role::Row, parts.collect())
    }

    fn turn(&self, flow: &mut Flow<'_>, spans: &[Span]) {
        flow.turn();
        if !self.heads.is_empty() {
            self.place_head(flow, spans, &[]);
        }
    }
}

impl Broken {
    fn of<'t>(ruler: &Ruler<'_>, cells: impl Iterator<Item = (&'t Rc<Text>, Span, Style)>) -> Self {
        let cells = cells.map(|(text, span, style)| Cell {
            lines: ruler.lines(text, style, span.width).into_iter(),
            text: Rc::clone(text),
            span,
            style,
            leaf: None,
        });
        Self { cells: cells.collect() }
    }

    fn height(&self) -> f32 {
        let first = self.first_above();
        let heights = self.cells.iter().map(|cell| {
            let lines: f32 = cell.lines.as_slice().iter().map(Line::height).sum();
            lines + first - cell.first_above()
        });
        heights.fold(0.0, f32::max) + 2.0 * ABOVE
    }

    fn first_above(&self) -> f32 {
        self.cells.iter().map(Cell::first_above).fold(0.0, f32::max)
    }

    /// Puts as many lines as there is room for, one of each cell at least. Says whether there are more.
    fn place(&mut self, flow: &mut Flow<'_>, bottom: f32) -> bool {
        let top = flow.y + ABOVE;
        let mut lowest = top;
        let mut has_more = false;
        // The first lines of all cells stand on one line.
        let first = self.first_above();
        for cell in &mut self.cells {
            let mut y = top + first - cell.first_above();
            while let Some(line) = cell.lines.as_slice().first() {
                if y > top + first && y + line.height() + ABOVE > bottom {
                    has_more = true;
                    break;
                }
                let words = cell.span.words(&cell.text, line, y, cell.style, Ink::Black, cell.leaf);
                flow.draw(Mark::Words(words));
                y += line.height();
                cell.lines.next();
            }
            lowest = lowest.max(y);
        }
        flow.y = lowest + ABOVE;
        has_more
    }
}

fn rule(flow: &mut Flow<'_>, thickness: f32, ink: Ink) {
    let (at, size) = ((flow.left, flow.y), (flow.width, thickness));
    flow.draw(Mark::Bar { at, size, ink });
    flow.y += thickness;
}
