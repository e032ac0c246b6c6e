//! What is read from a file is what was written, and never a formula.

use std::io::Read as _;

use calamine::{Data, Reader as _, Xlsx};
use serde_json::json;

use super::*;
use crate::ids::EventId;
use crate::reports::columns::{date, moment, number, text, truth};
use crate::reports::model::{Column, Tongue};
use crate::table::{LIKE_FORMULAS, plain};

const COLUMNS: &[Column] = &[
    text("words", ["Words", "Mots", "Palabras", "Từ"]),
    number("number", ["Number", "Nombre", "Número", "Số"]),
    date("day", ["Day", "Jour", "Día", "Ngày"]),
    moment("moment", ["Moment", "Moment", "Momento", "Lúc"]),
    truth("truth", ["Truth", "Vrai", "Cierto", "Đúng"]),
];

/// What only looks like what makes formulas safe, or like something else than words (R53).
const WORDS: &[&str] = &[
    "'=1",
    "''=1",
    "=HYPERLINK(\"http://x.example\",\"=1\")",
    "O'Sample",
    "a,b;\"c\"\r\nd",
    "Đỗ Ví Dụ",
    "محمد",
    "王小明",
    "Иванова",
    "2025-10-25",
    "007",
    "_x0041_",
    "1e5",
    "TRUE",
    "http://x.example",
];

/// These, and what a spreadsheet could take for a formula.
fn words() -> impl Iterator<Item = &'static str> {
    LIKE_FORMULAS.iter().chain(WORDS).copied()
}

fn head() -> Head {
    let titles = ["A: report/of [all]", "Un rapport", "Un informe", "Báo cáo"];
    Head { name: "sample", titles, columns: COLUMNS, tongue: Tongue::En }
}

fn rows() -> Vec<[Cell<'static>; 5]> {
    let at: chrono::DateTime<chrono::Utc> = "2025-10-25T11:02:03Z".parse().unwrap();
    let row = |words: &'static str| {
        [words.into(), Cell::Number(-7), at.date_naive().into(), at.into(), true.into()]
    };
    words().map(row).chain([[const { Cell::Empty }; 5]]).collect()
}

fn written(format: Format, rows: &[[Cell<'static>; 5]]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::begin(format, head(), dir.path()).unwrap();
    let mut bytes = Vec::new();
    for row in rows {
        writer.row(row).unwrap();
        bytes.extend(writer.gathered().unwrap().unwrap_or_default());
    }
    let tail = Tail {
        export: EventId::from(uuid::Uuid::nil()),
        generated_at: "2025-10-26T10:00:00Z".parse().unwrap(),
        filter: &json!({ "lang": "en" }),
        rows: u64::try_from(rows.len()).unwrap(),
    };
    match writer.end(&tail).unwrap() {
        Ending::Bytes(last) => bytes.extend(last),
        Ending::File(mut file) => {
            file.read_to_end(&mut bytes).unwrap();
        }
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
    bytes
}

#[test]
fn r53_what_is_read_from_csv_is_what_was_written_and_never_a_formula() {
    let bytes = written(Format::Csv, &rows());
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(reader.headers().unwrap(), vec!["Words", "Number", "Day", "Moment", "Truth"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for (row, words) in rows.iter().zip(words()) {
        assert_eq!(plain(&row[0]), words);
        assert!(!row[0].trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']));
        assert_eq!(
            row.iter().skip(1).collect::<Vec<_>>(),
            ["-7", "2025-10-25", "2025-10-25T11:02:03Z", "true"]
        );
    }
    assert_eq!(rows.last().unwrap(), vec![""; 5]);
}

#[test]
fn r53_what_is_read_from_a_workbook_is_what_was_written_and_never_a_formula() {
    let bytes = written(Format::Xlsx, &rows());
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["A reportof all", "About"]);
    assert_eq!(book.worksheet_formula("A reportof all").unwrap().used_cells().count(), 0);
    let sheet = book.worksheet_range("A reportof all").unwrap();
    for (row, words) in sheet.rows().skip(1).zip(words()) {
        assert_eq!(row[0], Data::String(words.to_owned()));
        assert_eq!(row[1], Data::Float(-7.0));
        // Days since the last but one of 1899, as spreadsheets count.
        let days = [2, 3].map(|at| match &row[at] {
            Data::DateTime(at) => at.as_f64(),
            other => panic!("a day is expected: {other:?}"),
        });
        let is_close = |one: f64, other: f64| (one - other).abs() < 0.001;
        assert!(is_close(days[0], 45_955.0) && is_close((days[1] - days[0]) * 86_400.0, 39_723.0));
        assert_eq!(row[4], Data::Bool(true));
    }
    let about = book.worksheet_range("About").unwrap();
    let said: Vec<String> = about.rows().map(|row| row[1].to_string()).collect();
    assert_eq!(
        said[1..4],
        ["2025-10-26T10:00:00Z", "{\"lang\":\"en\"}", &(words().count() + 1).to_string()]
    );
}

#[test]
fn a_paper_has_as_many_rows_as_somebody_leafs_through_and_no_more() {
    assert!(written(Format::Pdf, &rows()).starts_with(b"%PDF-1.7"));
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::begin(Format::Pdf, head(), dir.path()).unwrap();
    for _ in 0..crate::paper::MAX_ROWS {
        writer.row(&[const { Cell::Empty }; 5]).unwrap();
    }
    let one_more = writer.row(&[const { Cell::Empty }; 5]);
    assert!(matches!(one_more, Err(Unwritten::Pdf(Unset::TooLong))));
}

#[test]
fn r53_what_is_read_from_json_lines_is_what_was_written() {
    let bytes = written(Format::JsonLines, &rows());
    let lines: Vec<serde_json::Value> = std::str::from_utf8(&bytes)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (line, words) in lines.iter().zip(words()) {
        let expected = json!({
            "words": words, "number": -7, "day": "2025-10-25", "moment": "2025-10-25T11:02:03Z", "truth": true,
        });
        assert_eq!(line, &expected);
    }
    assert!(lines.last().unwrap().as_object().unwrap().values().all(serde_json::Value::is_null));
    assert_eq!(lines.len(), words().count() + 1);
}

#[test]
fn a_text_that_no_cell_holds_is_cut_and_shows_it() {
    let long: &'static str = "🕊a".repeat(20_000).leak();
    let mut row = rows().remove(0);
    row[0] = long.into();
    let bytes = written(Format::Xlsx, &[row]);
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("A reportof all").unwrap();
    let kept = sheet.get_value((1, 0)).unwrap().to_string();
    assert_eq!(kept.encode_utf16().count(), 32_767);
    assert!(long.starts_with(kept.strip_suffix('…').unwrap()));
    let about = book.worksheet_range("About").unwrap();
    let told = about.get_value((7, 0)).unwrap().to_string();
    assert!(told.contains("32,767") && told.ends_with(": 1"), "{told}");
    let bytes = written(Format::Xlsx, &rows());
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let about = book.worksheet_range("About").unwrap();
    assert_eq!(about.get_value((7, 0)), None, "the negative control");
}

#[test]
fn what_is_longer_than_a_sheet_goes_on_on_the_next_under_the_same_titles() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = super::Xlsx::begin(head(), dir.path()).unwrap();
    writer.rows_max = 4;
    for row in rows().iter().take(8) {
        writer.row(row).unwrap();
    }
    let tail = Tail {
        export: EventId::from(uuid::Uuid::nil()),
        generated_at: "2025-10-26T10:00:00Z".parse().unwrap(),
        filter: &json!({}),
        rows: 8,
    };
    let mut bytes = Vec::new();
    writer.end(&tail).unwrap().read_to_end(&mut bytes).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let names = ["A reportof all", "2 A reportof all", "3 A reportof all", "About"];
    assert_eq!(book.sheet_names(), names);
    let mut words = Vec::new();
    for name in &names[..3] {
        let sheet = book.worksheet_range(name).unwrap();
        assert_eq!(sheet.get_value((0, 0)), Some(&Data::String("Words".into())));
        words.extend(sheet.rows().skip(1).map(|row| row[0].to_string()));
    }
    assert_eq!(words, self::words().take(8).collect::<Vec<_>>());
}
