//! The file: the marks of the sheets as PDF/A-2a (kept for good) and PDF/UA-1 (read aloud), with the letters in it that it needs.

use std::collections::HashMap;
use std::num::{NonZeroU16, NonZeroU32};

use chrono::{Datelike as _, Timelike as _};
use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::text::Font;
use krilla::{Document, SerializeSettings};

use super::code::Code;
use super::flow::Laid;
use super::lines::Ruler;
use super::sheet::{Ink, Mark, Part, Role, Side, Words};
use super::{Paper, Unset};

/// What draws, and what it has drawn.
struct Pen<'a> {
    ruler: &'a Ruler<'a>,
    fonts: HashMap<usize, Option<Font>>,
    /// For each leaf, where it is on the sheets.
    drawn: Vec<Vec<Identifier>>,
}

/// Writes a paper that is laid out.
pub fn write(paper: &Paper, ruler: &Ruler<'_>, laid: Laid) -> Result<Vec<u8>, Unset> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|e| Unset::Unwritten(format!("{e:?}")))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let (width, height) = laid.shape.size();
    let mut pen = Pen { ruler, fonts: HashMap::new(), drawn: vec![Vec::new(); laid.leaves] };
    let sheets = laid.sheets.len();
    for (number, sheet) in (1..).zip(&laid.sheets) {
        let size = PageSettings::from_wh(width, height);
        let mut page = document.start_page_with(size.unwrap_or_default());
        let mut surface = page.surface();
        pen.marks(&mut surface, &sheet.marks, ArtifactType::Layout);
        let foot = laid.footer.marks(ruler, number, sheets);
        pen.marks(&mut surface, &foot, ArtifactType::Footer);
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(paper.language.to_owned()));
    for part in laid.parts {
        tree.push(group(part, &mut pen.drawn));
    }
    document.set_tag_tree(tree);
    document.set_metadata(metadata(paper));
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(
        paper.title.clone(),
        XyzDestination::new(0, Point::from_xy(0.0, 0.0)),
    ));
    document.set_outline(outline);
    document.finish().map_err(|e| Unset::Unwritten(format!("{e:?}")))
}

impl Pen<'_> {
    fn marks(&mut self, surface: &mut Surface<'_>, marks: &[Mark], around: ArtifactType) {
        let mut open = None;
        for mark in marks {
            let leaf = match mark {
                Mark::Words(words) => words.leaf,
                Mark::Code { leaf, .. } => Some(*leaf),
                Mark::Bar { .. } => None,
            };
            if open != Some(leaf) {
                if open.is_some() {
                    surface.end_tagged();
                }
                self.begin(surface, leaf, around);
                open = Some(leaf);
            }
            match mark {
                Mark::Words(words) => self.words(surface, words),
                Mark::Bar { at, size, ink } => bar(surface, *at, *size, *ink),
                Mark::Code { code, at, side, .. } => squares(surface, code, *at, *side),
            }
        }
        if open.is_some() {
            surface.end_tagged();
        }
    }

    fn begin(&mut self, surface: &mut Surface<'_>, leaf: Option<usize>, around: ArtifactType) {
        match leaf.and_then(|leaf| self.drawn.get_mut(leaf)) {
            Some(drawn) => drawn.push(surface.start_tagged(ContentTag::Span(SpanTag::empty()))),
            None => {
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(around)));
            }
        }
    }

    fn words(&mut self, surface: &mut Surface<'_>, words: &Words) {
        let shaper = &self.ruler.shaper;
        let runs = shaper.shape(&words.text, words.part.clone(), words.style.weight);
        let width: f32 = runs.iter().map(|run| run.width() * words.style.size).sum();
        let mut x = if words.side == Side::Right { words.x - width } else { words.x };
        surface.set_fill(Some(fill(words.ink)));
        for run in runs {
            let open = || Font::new(run.font.bytes.into(), 0);
            let font = self.fonts.entry(run.font.number).or_insert_with(open);
            if let Some(font) = font {
                let start = Point::from_xy(x, words.baseline);
                let (text, size) = (&words.text.shown, words.style.size);
                surface.draw_glyphs(start, &run.glyphs, font.clone(), text, size, false);
            }
            x += run.width() * words.style.size;
        }
    }
}

fn fill(ink: Ink) -> Fill {
    let lightness = match ink {
        Ink::Black => 0,
        Ink::Grey => 80,
        Ink::Pale => 190,
    };
    Fill { paint: luma::Color::new(lightness).into(), ..Fill::default() }
}

fn bar(surface: &mut Surface<'_>, (x, y): (f32, f32), (width, height): (f32, f32), ink: Ink) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rect);
    }
    surface.set_fill(Some(fill(ink)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn squares(surface: &mut Surface<'_>, code: &Code, (x, y): (f32, f32), side: f32) {
    let square = side / f32::from(code.squares);
    let mut path = PathBuilder::new();
    for (row, first, length) in &code.dark {
        let (left, top) = (x + f32::from(*first) * square, y + f32::from(*row) * square);
        let (right, bottom) = (left + f32::from(*length) * square, top + square);
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            path.push_rect(rect);
        }
    }
    surface.set_fill(Some(fill(Ink::Black)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// A part as the file's order of reading has it.
fn group(part: Part, drawn: &mut [Vec<Identifier>]) -> Node {
    let identifiers = part.leaf.and_then(|leaf| drawn.get_mut(leaf)).map(std::mem::take);
    let mut children: Vec<Node> = identifiers.into_iter().flatten().map(Node::from).collect();
    children.extend(part.parts.into_iter().map(|part| group(part, drawn)));
    let column = TableHeaderScope::Column;
    let group = match part.role {
        Role::Heading(level, words) => {
            let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
            TagGroup::with_children(Tag::Hn(level, Some(words)), children)
        }
        Role::Paragraph => TagGroup::with_children(Tag::P, children),
        Role::Table => TagGroup::with_children(Tag::Table, children),
        Role::Heads => TagGroup::with_children(Tag::THead, children),
        Role::Rows => TagGroup::with_children(Tag::TBody, children),
        Role::Row => TagGroup::with_children(Tag::TR, children),
        Role::ColumnHead => TagGroup::with_children(Tag::TH(column), children),
        Role::RowHead => TagGroup::with_children(Tag::TH(TableHeaderScope::Row), children),
        Role::GroupHead(columns) => {
            let columns = u32::try_from(columns).ok().and_then(NonZeroU32::new);
            TagGroup::with_children(Tag::TH(column).with_col_span(columns), children)
        }
        Role::Cell => TagGroup::with_children(Tag::TD, children),
        Role::Figure(words) => TagGroup::with_children(Tag::Figure(Some(words)), children),
    };
    Node::Group(group)
}

fn metadata(paper: &Paper) -> Metadata {
    let at = paper.made_at.naive_utc();
    let two = |number: u32| u8::try_from(number).unwrap_or_default();
    let made_at = DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(two(at.month()))
        .day(two(at.day()))
        .hour(two(at.hour()))
        .minute(two(at.minute()))
        .second(two(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(paper.title.clone())
        .language(paper.language.to_owned())
        .creator("hanoi-ceremony".to_owned())
        .creation_date(made_at)
}
