//! What is laid out is whole, in its place and readable; the file itself is looked at by `.ci/papers`.

use chrono::DateTime;

use super::columns::{Wish, share};
use super::flow::{Laid, lay};
use super::fonts::{Fonts, Weight};
use super::lines::{Ruler, Style};
use super::sheet::{MARGIN, Mark, Role, Shape, Side, Words};
use super::text::{Run, Shaper, Text};
use super::{Block, Column, Paper, Row, Table, Unset, set};

const STYLE: Style = Style { size: 10.0, weight: Weight::Regular };

/// Invented names, in as many scripts as the fonts have.
const NAMES: [&str; 19] = [
    "MARTIN Claire",
    "NGUYỄN Thị Hồng Nhung",
    "محمد بن عبد الله الأحمد",
    "王小明",
    "Александр Сергеевич Щербаков",
    "Ελένη Παπαδοπούλου",
    "प्रिया शर्मा",
    "สมชาย ใจดี",
    "דוד בן־ארי",
    "გიორგი ბერიძე",
    "Արամ Խաչատրյան",
    "김민준",
    "山田太郎",
    "লীলা রহমান",
    "သူဇာ",
    "អ៊ុក សុផល",
    "አበበ በቀለ",
    "சிவா குமார்",
    "سلام الإسلام",
];

fn with_ruler<T>(look: impl FnOnce(&Ruler<'_>) -> T) -> T {
    let fonts = Fonts::default();
    look(&Ruler::of(Shaper::of(&fonts)))
}

fn table(rows: usize, cell: impl Fn(usize, usize) -> String) -> Block {
    let columns = (0..5).map(|at| Column { title: format!("Head {at}"), is_of_numbers: at == 4 });
    let row = |row| Row::Cells((0..5).map(|column| cell(row, column)).collect());
    Block::Table(Table { columns: columns.collect(), rows: (0..rows).map(row).collect() })
}

fn paper(blocks: Vec<Block>) -> Paper {
    Paper {
        language: "en",
        title: "Specimen of names".into(),
        subtitles: vec!["As they are written by those who bear them".into()],
        blocks,
        footer: "Made for a test · 1,234 rows".into(),
        made_at: DateTime::UNIX_EPOCH,
    }
}

fn laid(blocks: Vec<Block>) -> Laid {
    with_ruler(|ruler| lay(&paper(blocks), ruler).unwrap())
}

fn words(laid: &Laid, sheet: usize) -> impl Iterator<Item = &Words> {
    laid.sheets[sheet].marks.iter().filter_map(|mark| match mark {
        Mark::Words(words) => Some(words),
        _ => None,
    })
}

fn shown(words: &Words) -> &str {
    words.text.shown[words.part.clone()].trim_end()
}

#[test]
fn every_script_is_set_in_a_font_that_has_it() {
    let fonts = Fonts::default();
    for name in NAMES {
        assert_eq!(fonts.settable(name), name);
        let text = Text::of(&fonts, name);
        let runs = Shaper::of(&fonts).shape(&text, 0..name.len(), Weight::Bold);
        let glyphs: Vec<_> = runs.iter().flat_map(|run| &run.glyphs).collect();
        assert!(glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0), "{name}");
        let read: usize = name
            .char_indices()
            .filter(|(at, _)| glyphs.iter().any(|g| g.text_range.contains(at)))
            .count();
        assert_eq!(read, name.chars().count(), "{name}: a letter is left out");
    }
}

#[test]
fn what_no_font_has_is_shown_as_its_code_point() {
    let fonts = Fonts::default();
    assert_eq!(fonts.settable("Ana 😀 María\u{7}"), "Ana [U+1F600] María[U+0007]");
    assert_eq!(fonts.settable("a\u{3000}b\tc"), "a b c");
}

#[test]
fn letters_that_are_read_from_the_right_are_joined_and_set_from_the_right() {
    let fonts = Fonts::default();
    let shaper = Shaper::of(&fonts);
    let text = Text::of(&fonts, "سلام 12 abc");
    assert!(text.is_rightward);
    let runs = shaper.shape(&text, 0..text.shown.len(), Weight::Regular);
    let starts: Vec<_> = runs.iter().map(|run| run.glyphs[0].text_range.start).collect();
    assert_eq!(&text.shown[starts[0]..=starts[0]], "a", "what is read last stands leftmost");
    let of = |given: &str| {
        let text = Text::of(&fonts, given);
        let runs = shaper.shape(&text, 0..given.len(), Weight::Regular);
        runs[0].glyphs.iter().map(|glyph| glyph.glyph_id.to_u32()).collect::<Vec<_>>()
    };
    assert_ne!(of("سلم").last(), of("س").last(), "at the beginning of a word it has another shape");
}

#[test]
fn a_lam_alef_is_one_shape_and_two_letters_to_read() {
    let fonts = Fonts::default();
    let text = Text::of(&fonts, "لا");
    let runs = Shaper::of(&fonts).shape(&text, 0..4, Weight::Regular);
    let read: Vec<_> = runs[0].glyphs.iter().map(|glyph| glyph.text_range.clone()).collect();
    assert_eq!(read, [2..4, 0..2]);
    assert!(runs[0].glyphs[1].x_advance == 0.0);
}

#[test]
fn lines_hold_the_whole_text_and_fit_their_width() {
    with_ruler(|ruler| {
        for name in
            NAMES.into_iter().chain(["anna.maria.delgado-fernandez@foreign-affairs.example"])
        {
            let text = Text::of(ruler.shaper.fonts, &[name, name, name].join(" "));
            for width in [30.0, 55.0, 120.0] {
                let lines = ruler.lines(&text, STYLE, width);
                let parts: String =
                    lines.iter().map(|line| &text.shown[line.part.clone()]).collect();
                assert_eq!(parts, text.shown);
                for line in &lines {
                    let end = line.part.start + text.shown[line.part.clone()].trim_end().len();
                    let runs = ruler.shaper.shape(&text, line.part.start..end, STYLE.weight);
                    let wide: f32 = runs.iter().map(Run::width).sum::<f32>() * STYLE.size;
                    assert!(wide <= width + 1.0, "{name}: {wide} of {width}");
                }
            }
        }
    });
}

#[test]
fn columns_share_all_the_room_and_break_no_word_while_there_is_enough() {
    let wish = |least, most| Wish { least, most };
    for (room, wishes) in [
        (500.0, vec![wish(20.0, 40.0), wish(30.0, 60.0)]),
        (500.0, vec![wish(20.0, 4000.0), wish(60.0, 300.0), wish(50.0, 70.0)]),
        (500.0, vec![wish(300.0, 900.0), wish(60.0, 300.0)]),
        (100.0, vec![wish(300.0, 900.0), wish(60.0, 300.0)]),
    ] {
        let widths = share(&wishes, room);
        assert!((widths.iter().sum::<f32>() - room).abs() < 0.1, "{widths:?}");
        let is_enough = wishes.iter().map(|wish| wish.least).sum::<f32>() <= room;
        let is_kept = widths.iter().zip(&wishes).all(|(width, wish)| *width >= wish.least - 0.1);
        assert_eq!(is_kept, is_enough, "{widths:?}");
    }
}

#[test]
fn a_long_table_stays_inside_the_margins_and_repeats_its_heads() {
    let laid = laid(vec![table(300, |row, column| {
        format!("{} {row}", NAMES[(row + column) % NAMES.len()])
    })]);
    assert!(laid.sheets.len() > 5);
    let (width, height) = laid.shape.size();
    let bottom = height - MARGIN - laid.footer.height();
    for sheet in 0..laid.sheets.len() {
        assert_eq!(words(&laid, sheet).filter(|words| shown(words) == "Head 0").count(), 1);
        for words in words(&laid, sheet) {
            assert!(words.baseline > MARGIN && words.baseline < bottom, "{words:?}");
            assert!(words.x >= MARGIN && words.x <= width - MARGIN, "{words:?}");
        }
    }
    let is_to_be_read = |words: &&Words| shown(words) == "Head 0" && words.leaf.is_some();
    let read: usize =
        (0..laid.sheets.len()).map(|sheet| words(&laid, sheet).filter(is_to_be_read).count()).sum();
    assert_eq!(read, 1, "the repeated heads are read aloud once");
}

#[test]
fn cells_of_a_row_never_meet() {
    let laid = laid(vec![table(60, |row, column| {
        NAMES[(row * 5 + column) % NAMES.len()].repeat(1 + row % 3)
    })]);
    with_ruler(|ruler| {
        for sheet in 0..laid.sheets.len() {
            let spans: Vec<(f32, f32, f32)> = words(&laid, sheet)
                .map(|words| {
                    let part = words.part.clone();
                    let runs = ruler.shaper.shape(&words.text, part, words.style.weight);
                    let wide = runs.iter().map(Run::width).sum::<f32>() * words.style.size;
                    let left = if words.side == Side::Right { words.x - wide } else { words.x };
                    (words.baseline, left, left + wide)
                })
                .collect();
            for (at, (baseline, left, right)) in spans.iter().enumerate() {
                for (other, from, to) in &spans[at + 1..] {
                    let is_beside = *right <= from + 0.5 || *to <= left + 0.5;
                    assert!(is_beside || (baseline - other).abs() > 8.0, "{baseline} {left}");
                }
            }
        }
    });
}

#[test]
fn a_row_that_is_higher_than_a_sheet_is_divided_and_whole() {
    let long: Vec<String> = (0..1_500).map(|at| format!("word{at}")).collect();
    let laid =
        laid(vec![table(2, |_, column| if column == 1 { long.join(" ") } else { "x".into() })]);
    assert!(laid.sheets.len() > 2);
    let all: Vec<_> =
        (0..laid.sheets.len()).flat_map(|sheet| words(&laid, sheet)).map(shown).collect();
    let all = all.join(" ") + " ";
    assert!(long.iter().all(|word| all.matches(&format!("{word} ")).count() == 2));
}

#[test]
fn a_table_with_much_in_it_lies_on_its_side() {
    let few = laid(vec![table(3, |_, _| "few".into())]);
    assert_eq!(few.shape, Shape::Portrait);
    let much =
        laid(vec![table(3, |_, _| "a title of some length, and an office of some length".into())]);
    assert_eq!(much.shape, Shape::Landscape);
}

#[test]
fn every_row_has_all_its_cells_in_the_order_of_reading_also_empty_ones() {
    let laid =
        laid(vec![table(3, |_, column| if column == 2 { String::new() } else { "x".into() })]);
    let [.., table] = &laid.parts[..] else { panic!("no table") };
    assert_eq!(table.role, Role::Table);
    assert!(table.parts.iter().flat_map(|part| &part.parts).all(|row| row.parts.len() == 5));
    let drawn: std::collections::BTreeSet<_> =
        words(&laid, 0).filter_map(|words| words.leaf).collect();
    assert_eq!(drawn.len(), laid.leaves);
}

#[test]
fn a_paper_is_written_by_the_rules_for_keeping_and_reading_aloud() {
    let facts = NAMES.map(|name| ("Name".to_owned(), name.to_owned())).to_vec();
    let (says, alternative) = ("c2sp.example\n".repeat(200), "A code".to_owned());
    let paper =
        paper(vec![
            Block::Heading("Names".into()),
            Block::Facts(facts),
            Block::Words("One.\n\nTwo.".into()),
            Block::Code { says, alternative },
            table(40, |row, column| {
                if column == 0 { String::new() } else { NAMES[row % NAMES.len()].to_owned() }
            }),
        ]);
    let file = set(&paper).unwrap();
    assert!(file.starts_with(b"%PDF-1.7"));
    assert_eq!(set(&paper).unwrap(), file, "the same paper is the same file");
    // For `.ci/papers`, which has it read by others.
    if let Ok(folder) = std::env::var("SPECIMEN_DIR") {
        std::fs::write(format!("{folder}/specimen.pdf"), file).unwrap();
        std::fs::write(format!("{folder}/names.txt"), NAMES.join("\n")).unwrap();
    }
}

#[test]
fn what_is_too_much_for_a_paper_is_refused() {
    let rows = (0..=super::MAX_ROWS).map(|_| Row::Group(String::new())).collect();
    let long = set(&paper(vec![Block::Table(Table { columns: Vec::new(), rows })]));
    assert!(matches!(long, Err(Unset::TooLong)));
    let (says, alternative) = ("x".repeat(2_954), String::new());
    let much = set(&paper(vec![Block::Code { says, alternative }]));
    assert!(matches!(much, Err(Unset::TooMuchForCode)));
}
