//! What is on every sheet around what it says: at its foot where it comes from, and which of how many it is.

use std::rc::Rc;

use super::flow::Span;
use super::fonts::Weight;
use super::lines::{Line, Ruler, Style};
use super::sheet::{Ink, MARGIN, Mark, Shape};
use super::text::Text;

const SMALL: Style = Style { size: 6.5, weight: Weight::Regular };
/// For "1234 / 1234", and the gap before it.
const NUMBERS_WIDTH: f32 = 60.0;
/// Between what is said and the foot.
const GAP: f32 = 12.0;

/// The foot of the sheets.
pub struct Footer {
    text: Rc<Text>,
    lines: Vec<Line>,
    shape: Shape,
}

impl Footer {
    /// That says this.
    pub fn of(ruler: &Ruler<'_>, says: &str, shape: Shape) -> Self {
        let text = Rc::new(Text::of(ruler.shaper.fonts, says));
        let lines = ruler.lines(&text, SMALL, shape.room() - NUMBERS_WIDTH);
        Self { text, lines, shape }
    }

    /// How high it is, with the gap above it.
    pub fn height(&self) -> f32 {
        self.lines.iter().map(Line::height).sum::<f32>() + GAP
    }

    /// The foot of a sheet.
    pub fn marks(&self, ruler: &Ruler<'_>, sheet: usize, sheets: usize) -> Vec<Mark> {
        let mut y = self.shape.size().1 - MARGIN - self.height() + GAP;
        let span = Span { left: MARGIN, width: self.shape.room(), ends: false };
        let (at, size) = ((span.left, y - 3.0), (span.width, 0.25));
        let mut marks = vec![Mark::Bar { at, size, ink: Ink::Pale }];
        let numbers = Rc::new(Text::of(ruler.shaper.fonts, &format!("{sheet} / {sheets}")));
        for line in ruler.lines(&numbers, SMALL, NUMBERS_WIDTH) {
            let at_end = Span { ends: true, ..span };
            marks.push(Mark::Words(at_end.words(&numbers, &line, y, SMALL, Ink::Grey, None)));
        }
        for line in &self.lines {
            marks.push(Mark::Words(span.words(&self.text, line, y, SMALL, Ink::Grey, None)));
            y += line.height();
        }
        marks
    }
}
