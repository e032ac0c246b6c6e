//! What comes where: one part of a paper after the other, from sheet to sheet.

use std::rc::Rc;

use super::code::Code;
use super::columns::wants_width;
use super::fonts::Weight;
use super::frame::Footer;
use super::lines::{Line, Ruler, Style};
use super::sheet::{Ink, MARGIN, Mark, Part, Role, Shape, Sheet, Side, Words};
use super::table::Grid;
use super::text::Text;
use super::{Block, Paper, Unset};

const TITLE: Style = Style { size: 17.0, weight: Weight::Bold };
const SUBTITLE: Style = Style { size: 10.5, weight: Weight::Regular };
const HEADING: Style = Style { size: 11.5, weight: Weight::Bold };
const PLAIN: Style = Style { size: 10.0, weight: Weight::Regular };
/// The side of a code for cameras, border included: of the largest, a square is half a millimetre.
const CODE_SIDE: f32 = 255.0;
/// White squares around a code.
const CODE_BORDER: u16 = 4;

/// A paper that is laid out.
pub struct Laid {
    /// Which way round its sheets are.
    pub shape: Shape,
    /// Its sheets, without head and foot.
    pub sheets: Vec<Sheet>,
    /// What is on them, in the order of reading.
    pub parts: Vec<Part>,
    /// How many leaves there are.
    pub leaves: usize,
    /// What is at the foot of each.
    pub footer: Footer,
}

/// Where the next part goes.
pub struct Flow<'a> {
    /// What measures.
    pub ruler: &'a Ruler<'a>,
    /// The left margin.
    pub left: f32,
    /// Between the margins.
    pub width: f32,
    /// How far down the last sheet is full.
    pub y: f32,
    top: f32,
    /// Where it ends.
    pub bottom: f32,
    sheets: Vec<Sheet>,
    leaves: usize,
}

/// Lays a paper out.
pub fn lay(paper: &Paper, ruler: &Ruler<'_>) -> Result<Laid, Unset> {
    let grids: Vec<Option<Grid>> =
        paper.blocks.iter().map(|block| Grid::of(ruler, block)).collect();
    let is_wide = |grid: &Grid| wants_width(&grid.wishes, Shape::Portrait.room());
    let is_turned = grids.iter().flatten().any(is_wide);
    let shape = if is_turned { Shape::Landscape } else { Shape::Portrait };
    let footer = Footer::of(ruler, &paper.footer, shape);
    let top = MARGIN;
    let mut flow = Flow {
        ruler,
        left: MARGIN,
        width: shape.room(),
        y: top,
        top,
        bottom: shape.size().1 - MARGIN - footer.height(),
        sheets: vec![Sheet::default()],
        leaves: 0,
    };
    let mut parts =
        vec![flow.words(&paper.title, TITLE, Ink::Black, Role::Heading(1, paper.title.clone()))];
    for subtitle in &paper.subtitles {
        flow.y += 1.0;
        parts.push(flow.words(subtitle, SUBTITLE, Ink::Grey, Role::Paragraph));
    }
    for (block, grid) in paper.blocks.iter().zip(&grids) {
        flow.y += 10.0;
        match (block, grid) {
            (_, Some(grid)) => parts.push(grid.place(&mut flow)),
            (Block::Heading(words), None) => {
                flow.need(HEADING.size * 4.0);
                parts.push(flow.words(words, HEADING, Ink::Black, Role::Heading(2, words.clone())));
                flow.y -= 5.0;
            }
            (Block::Words(words), None) => {
                let lines = words.lines().filter(|line| !line.trim().is_empty());
                parts
                    .extend(lines.map(|line| flow.words(line, PLAIN, Ink::Black, Role::Paragraph)));
            }
            (Block::Code { says, alternative }, None) => parts.push(flow.code(says, alternative)?),
            (Block::Facts(_) | Block::Table(_), None) => {}
        }
    }
    let Flow { sheets, leaves, .. } = flow;
    Ok(Laid { shape, sheets, parts, leaves, footer })
}

impl Flow<'_> {
    /// A place in the order of reading.
    pub fn leaf(&mut self) -> usize {
        self.leaves += 1;
        self.leaves - 1
    }

    /// Begins a sheet.
    pub fn turn(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = self.top;
    }

    /// Begins a sheet where the last one has not that much room, unless none has.
    pub fn need(&mut self, height: f32) {
        if self.y + height > self.bottom && self.y > self.top {
            self.turn();
        }
    }

    /// What there is on a sheet.
    pub fn full_height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Draws on the last sheet.
    pub fn draw(&mut self, mark: Mark) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.marks.push(mark);
        }
    }

    /// Puts a text over the whole width.
    fn words(&mut self, words: &str, style: Style, ink: Ink, role: Role) -> Part {
        let text = Rc::new(Text::of(self.ruler.shaper.fonts, words));
        let leaf = self.leaf();
        for line in self.ruler.lines(&text, style, self.width) {
            self.need(line.height());
            let span = Span { left: self.left, width: self.width, ends: false };
            let words = span.words(&text, &line, self.y, style, ink, Some(leaf));
            self.draw(Mark::Words(words));
            self.y += line.height();
        }
        Part::leaf(role, leaf)
    }

    fn code(&mut self, says: &str, alternative: &str) -> Result<Part, Unset> {
        let code = Rc::new(Code::of(says).ok_or(Unset::TooMuchForCode)?);
        let border = CODE_SIDE * f32::from(CODE_BORDER) / f32::from(code.squares + 2 * CODE_BORDER);
        self.need(CODE_SIDE);
        let leaf = self.leaf();
        let at = (self.left + (self.width - CODE_SIDE) / 2.0 + border, self.y + border);
        self.draw(Mark::Code { code, at, side: CODE_SIDE - 2.0 * border, leaf });
        self.y += CODE_SIDE;
        Ok(Part::leaf(Role::Figure(alternative.to_owned()), leaf))
    }
}

/// Where a line may be from left to right.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Its left end.
    pub left: f32,
    /// How long it is.
    pub width: f32,
    /// Whether what is in it ends at its end, whichever way it is read.
    pub ends: bool,
}

impl Span {
    /// A line in it that has its upper edge there.
    pub fn words(
        self,
        text: &Rc<Text>,
        line: &Line,
        top: f32,
        style: Style,
        ink: Ink,
        leaf: Option<usize>,
    ) -> Words {
        let is_right = self.ends || text.is_rightward;
        let side = if is_right { Side::Right } else { Side::Left };
        let x = if is_right { self.left + self.width } else { self.left };
        let (text, part) = (Rc::clone(text), line.part.clone());
        Words { text, part, x, side, baseline: top + line.above, style, ink, leaf }
    }
}
