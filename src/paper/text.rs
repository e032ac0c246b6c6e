//! A text, and the shapes of its letters: in the order in which they are seen, each from a font that has it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr as _;

use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, GlyphBuffer, ShapePlan, UnicodeBuffer};
use unicode_bidi::{BidiClass, Level, ParagraphBidiInfo, bidi_class};
use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::fonts::{Font, Fonts, Weight};

/// One paragraph, in characters that the fonts have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What is set.
    pub shown: String,
    /// Whether it begins at the right.
    pub is_rightward: bool,
    has_rightward: bool,
}

impl Text {
    /// Of what was given.
    pub fn of(fonts: &Fonts, given: &str) -> Self {
        let shown = fonts.settable(given);
        let is_right = |char| matches!(bidi_class(char), BidiClass::R | BidiClass::AL);
        let is_strong = |char| is_right(char) || bidi_class(char) == BidiClass::L;
        Self {
            has_rightward: shown.chars().any(is_right),
            is_rightward: shown.chars().find(|char| is_strong(*char)).is_some_and(is_right),
            shown,
        }
    }

    /// The pieces of a part of it from left to right, and which of them are read from the right.
    fn pieces(&self, part: Range<usize>) -> Vec<(Range<usize>, bool)> {
        if part.is_empty() {
            return Vec::new();
        }
        if !self.has_rightward {
            return vec![(part, false)];
        }
        let info = ParagraphBidiInfo::new(&self.shown, None);
        let (levels, pieces) = info.visual_runs(part);
        let is_right = |piece: &Range<usize>| levels.get(piece.start).is_some_and(Level::is_rtl);
        pieces.into_iter().map(|piece| (piece.clone(), is_right(&piece))).collect()
    }
}

/// Letters of one font that stand side by side.
pub struct Run<'f> {
    /// The font.
    pub font: &'f Font,
    /// From left to right; measures are in ems, ranges those of the text.
    pub glyphs: Vec<KrillaGlyph>,
}

impl Run<'_> {
    /// In ems.
    pub fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }
}

/// What one call of the shaper can take: of one font, one script and one direction.
struct Item<'f> {
    font: &'f Font,
    script: Script,
    part: Range<usize>,
}

impl Item<'_> {
    fn goes_on_with(&self, font: &Font, script: Script) -> bool {
        let is_script_kept =
            [self.script, script].contains(&Script::Common) || self.script == script;
        self.font.number == font.number && is_script_kept
    }
}

/// Gives texts their shapes.
pub struct Shaper<'f> {
    /// Where they come from.
    pub fonts: &'f Fonts,
    plans: RefCell<HashMap<(usize, Script, bool), ShapePlan>>,
}

impl<'f> Shaper<'f> {
    /// With these fonts.
    pub fn of(fonts: &'f Fonts) -> Self {
        Self { fonts, plans: RefCell::default() }
    }

    /// The shapes of a part of a text, from left to right.
    pub fn shape(&self, text: &Text, part: Range<usize>, weight: Weight) -> Vec<Run<'f>> {
        let mut runs = Vec::new();
        for (piece, is_right) in text.pieces(part) {
            let mut items = self.items(&text.shown, piece, weight);
            if is_right {
                items.reverse();
            }
            runs.extend(
                items.into_iter().filter_map(|item| self.run(&text.shown, &item, is_right)),
            );
        }
        runs
    }

    /// Divides a piece where font or script changes. What belongs to no script goes with what stands before it.
    fn items(&self, text: &str, piece: Range<usize>, weight: Weight) -> Vec<Item<'f>> {
        let mut items: Vec<Item<'f>> = Vec::new();
        for (at, cluster) in text.get(piece.clone()).unwrap_or_default().grapheme_indices(true) {
            let start = piece.start + at;
            let part = start..start + cluster.len();
            let script = script(cluster);
            let last = items.last_mut();
            let kept =
                last.as_ref().filter(|last| script == Script::Common && last.font.covers(cluster));
            let font = kept.map(|last| last.font).or_else(|| self.fonts.of(cluster, weight));
            if let Some(last) =
                last.filter(|last| font.is_some_and(|font| last.goes_on_with(font, script)))
            {
                last.part.end = part.end;
                last.script = if last.script == Script::Common { script } else { last.script };
            } else if let Some(font) = font {
                items.push(Item { font, script, part });
            } else {
                // A cluster whose characters are in several fonts.
                items.extend(cluster.char_indices().filter_map(|(within, char)| {
                    let font = self.fonts.of(char.encode_utf8(&mut [0; 4]), weight)?;
                    let start = start + within;
                    Some(Item { font, script, part: start..start + char.len_utf8() })
                }));
            }
        }
        items
    }

    fn run(&self, text: &str, item: &Item<'f>, is_right: bool) -> Option<Run<'f>> {
        let face = item.font.face()?;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text.get(item.part.clone())?);
        let direction = if is_right { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(direction);
        let script = rustybuzz::Script::from_str(item.script.short_name()).ok();
        buffer.set_script(script.unwrap_or(rustybuzz::script::COMMON));
        let mut plans = self.plans.borrow_mut();
        let plan = plans
            .entry((item.font.number, item.script, is_right))
            .or_insert_with(|| ShapePlan::new(face, direction, script, None, &[]));
        let shaped = rustybuzz::shape_with_plan(face, plan, buffer);
        let glyphs = glyphs(face, &shaped, &item.part);
        let glyphs = if is_right { with_lam_alefs_divided(face, text, glyphs) } else { glyphs };
        Some(Run { font: item.font, glyphs })
    }
}

/// The script of a cluster; `Common` where it has none of its own.
fn script(cluster: &str) -> Script {
    let own =
        |script: &Script| !matches!(script, Script::Common | Script::Inherited | Script::Unknown);
    cluster.chars().map(|char| char.script()).find(own).unwrap_or(Script::Common)
}

/// Font units as a number of ems can be made of. No font of ours has more of them to a letter than fit.
fn ems(units: i32) -> f32 {
    i16::try_from(units).map_or(0.0, f32::from)
}

fn glyphs(face: &Face<'_>, shaped: &GlyphBuffer, part: &Range<usize>) -> Vec<KrillaGlyph> {
    let em = ems(face.units_per_em());
    let start = |cluster: u32| part.start + usize::try_from(cluster).unwrap_or_default();
    let mut starts: Vec<usize> =
        shaped.glyph_infos().iter().map(|info| start(info.cluster)).collect();
    starts.sort_unstable();
    starts.dedup();
    let pairs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    pairs
        .map(|(info, at)| {
            let from = start(info.cluster);
            let next = starts.partition_point(|other| *other <= from);
            let to = starts.get(next).copied().unwrap_or(part.end);
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                ems(at.x_advance) / em,
                ems(at.x_offset) / em,
                ems(at.y_offset) / em,
                0.0,
                from..to,
                None,
            )
        })
        .collect()
}

/// Divides each lam-alef, which is one shape to see and two letters to read. Whoever takes text out of a file turns what is
/// read from the right around shape by shape, and would so exchange the two: therefore the lam has an unseen shape of its own.
fn with_lam_alefs_divided(
    face: &Face<'_>,
    text: &str,
    glyphs: Vec<KrillaGlyph>,
) -> Vec<KrillaGlyph> {
    let Some(unseen) = face.glyph_index('\u{200C}') else { return glyphs };
    let mut divided = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        let Range { start, end } = glyph.text_range;
        let alef = start + LAM.len_utf8();
        if text.get(start..end).is_some_and(is_lam_alef) {
            divided.push(KrillaGlyph { text_range: alef..end, ..glyph });
            let unseen = GlyphId::new(u32::from(unseen.0));
            divided.push(KrillaGlyph::new(unseen, 0.0, 0.0, 0.0, 0.0, start..alef, None));
        } else {
            divided.push(glyph);
        }
    }
    divided
}

const LAM: char = '\u{644}';

fn is_lam_alef(read: &str) -> bool {
    let is_alef = |char| matches!(char, '\u{622}' | '\u{623}' | '\u{625}' | '\u{627}' | '\u{671}');
    let mut letters = read.chars();
    letters.next() == Some(LAM) && letters.next().is_some_and(is_alef) && letters.next().is_none()
}
