//! Where a text is broken so that its lines fit a width.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_segmentation::UnicodeSegmentation as _;

use super::fonts::Weight;
use super::text::{Shaper, Text};

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// An em, in points.
    pub size: f32,
    /// How bold.
    pub weight: Weight,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The part of the text, with the space at its end.
    pub part: Range<usize>,
    /// How far its letters reach above the line they stand on, in points.
    pub above: f32,
    /// How far below it.
    pub below: f32,
}

impl Line {
    /// In points.
    pub fn height(&self) -> f32 {
        self.above + self.below
    }
}

/// A part of a text that is not broken, and how large it is in ems.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    /// Without the space at its end.
    width: f32,
    space: f32,
    above: f32,
    below: f32,
}

/// Measures texts, every word once.
pub struct Ruler<'f> {
    /// What gives them their shapes.
    pub shaper: Shaper<'f>,
    known: RefCell<HashMap<(Weight, String), Measure>>,
}

impl<'f> Ruler<'f> {
    /// With this shaper.
    pub fn of(shaper: Shaper<'f>) -> Self {
        Self { shaper, known: RefCell::default() }
    }

    /// How wide the widest part is that should not be broken, and how wide all of it is in one line, in points.
    pub fn extent(&self, text: &Text, style: Style) -> (f32, f32) {
        let (mut widest, mut whole, mut space) = (0_f32, 0_f32, 0_f32);
        for part in words(&text.shown) {
            let measure = self.measure(text, &part, style.weight);
            widest = widest.max(measure.width);
            whole += space + measure.width;
            space = measure.space;
        }
        (widest * style.size, whole * style.size)
    }

    /// The lines of a text that is as wide as that, in points; one at least.
    pub fn lines(&self, text: &Text, style: Style, width: f32) -> Vec<Line> {
        let room = width / style.size + 0.01;
        let mut lines = Vec::new();
        let (mut line, mut size) = (0..0, Measure::default());
        for word in words(&text.shown) {
            for part in self.fitting(text, word, style.weight, room) {
                let measure = self.measure(text, &part, style.weight);
                if line.end > line.start && size.width + size.space + measure.width > room {
                    lines.push(size.line(line, style));
                    (line, size) = (part.start..part.start, Measure::default());
                }
                line.end = part.end;
                size.add(measure);
            }
        }
        lines.push(size.line(line, style));
        lines
    }

    /// A word, or its pieces where it is wider than a line.
    fn fitting(
        &self,
        text: &Text,
        word: Range<usize>,
        weight: Weight,
        room: f32,
    ) -> Vec<Range<usize>> {
        if self.measure(text, &word, weight).width <= room {
            return vec![word];
        }
        let clusters = text.shown.get(word.clone()).unwrap_or_default().grapheme_indices(true);
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for (at, cluster) in clusters {
            let part = word.start + at..word.start + at + cluster.len();
            let longer = pieces.last().map(|last| last.start..part.end);
            match (longer, pieces.last_mut()) {
                (Some(longer), Some(last)) if self.measure(text, &longer, weight).width <= room => {
                    *last = longer;
                }
                _ => pieces.push(part),
            }
        }
        pieces
    }

    fn measure(&self, text: &Text, part: &Range<usize>, weight: Weight) -> Measure {
        let word = text.shown.get(part.clone()).unwrap_or_default();
        let key = (weight, word.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let end = part.start + word.trim_end_matches(' ').len();
        let mut measure = self.shaped(text, part.start..end, weight);
        measure.space = self.shaped(text, end..part.end, weight).width;
        self.known.borrow_mut().insert(key, measure);
        measure
    }

    fn shaped(&self, text: &Text, part: Range<usize>, weight: Weight) -> Measure {
        let mut measure = Measure::default();
        for run in self.shaper.shape(text, part, weight) {
            let (above, below) = run.font.reach();
            measure.width += run.width();
            measure.above = measure.above.max(above);
            measure.below = measure.below.max(below);
        }
        measure
    }
}

impl Measure {
    fn add(&mut self, next: Self) {
        self.width += self.space + next.width;
        self.space = next.space;
        self.above = self.above.max(next.above);
        self.below = self.below.max(next.below);
    }

    fn line(self, part: Range<usize>, style: Style) -> Line {
        // A line without any letter is as high as one with Latin letters.
        let (above, below) = (self.above.max(1.0), self.below.max(0.3));
        Line { part, above: above * style.size, below: below * style.size }
    }
}

/// The parts of a text between which it can be broken (UAX #14), each with the space behind it.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = linebreaks(text)
        .filter(|(_, how)| matches!(how, BreakOpportunity::Allowed | BreakOpportunity::Mandatory));
    ends.scan(0, |start, (end, _)| {
        let word = *start..end;
        *start = end;
        Some(word)
    })
}
