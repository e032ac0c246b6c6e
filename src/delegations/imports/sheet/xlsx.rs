//! Workbooks of Office Open XML.
//!
//! Such a file is an archive. Whoever unpacks it unseen can be made to fill the memory from a few kilobytes: here all
//! of it is unpacked once into nothing, and counted. What is inside is then read cell by cell and never as a whole
//! table, whose size two cells could set.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use zip::ZipArchive;

use super::{LIMIT_UNPACKED_BYTES, Lines, Raw, put};
use crate::delegations::imports::refused::{Refused, Unread};

const OTHER_TYPE: Refused = Refused::Unread(Unread::OtherType);

/// The cells of the first visible sheet. A formula counts as what it last came to, which is what its author saw.
pub fn lines(bytes: &[u8]) -> Result<Lines, Refused> {
    must_be_small_inside(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| OTHER_TYPE)?;
    let name = book
        .sheets_metadata()
        .iter()
        .find(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .ok_or(OTHER_TYPE)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(|_| OTHER_TYPE)?;
    let (mut lines, mut kept) = (Lines::new(), 0_usize);
    while let Some(cell) = cells.next_cell().map_err(|_| OTHER_TYPE)? {
        let (row, column) = cell.get_position();
        let raw = raw(cell.get_value());
        // One long text can be shared by every cell.
        kept = kept.saturating_add(if let Raw::Text(text) = &raw { text.len() } else { 0 });
        if kept > LIMIT_UNPACKED_BYTES {
            return Err(too_large());
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        put(&mut lines, row.saturating_add(1), column, raw)?;
    }
    Ok(lines)
}

/// Unpacks every file of the archive into nothing. What an archive says of its own sizes is not believed.
fn must_be_small_inside(bytes: &[u8]) -> Result<(), Refused> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| OTHER_TYPE)?;
    let mut left = u64::try_from(LIMIT_UNPACKED_BYTES).unwrap_or(u64::MAX);
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|_| OTHER_TYPE)?;
        let unpacked = std::io::copy(&mut file.take(left + 1), &mut std::io::sink())
            .map_err(|_| OTHER_TYPE)?;
        left = left.checked_sub(unpacked).ok_or_else(too_large)?;
    }
    Ok(())
}

fn too_large() -> Refused {
    Refused::TooLarge { limit_bytes: LIMIT_UNPACKED_BYTES }
}

fn raw(cell: &DataRef<'_>) -> Raw {
    match cell {
        DataRef::Empty => Raw::Text(String::new()),
        DataRef::String(text) | DataRef::DurationIso(text) => Raw::text(text),
        DataRef::SharedString(text) => Raw::text(text),
        DataRef::Int(number) => Raw::Text(number.to_string()),
        DataRef::Float(number) => Raw::Text(plain(*number)),
        DataRef::Bool(truth) => Raw::Text(truth.to_string()),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            let is_day = (hour, minute, second, milli) == (0, 0, 0, 0);
            Raw::Text(if is_day { day } else { format!("{day} {hour:02}:{minute:02}") })
        }
        DataRef::DateTime(duration) => Raw::Text(plain(duration.as_f64())),
        DataRef::DateTimeIso(moment) => {
            Raw::text(moment.split_once("T00:00:00").map_or(moment, |(day, _)| day))
        }
        DataRef::Error(_) => Raw::Broken("cell_error", "a formula in this cell has failed"),
    }
}

/// A number as it was typed: spreadsheets make numbers of what is all digits.
fn plain(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::delegations::imports::columns::Column;
    use crate::delegations::imports::sheet::read;

    #[test]
    fn dates_numbers_and_formulas_are_read_as_they_are_seen() {
        let mut book = Workbook::new();
        book.add_worksheet().set_hidden(true).write_string(0, 0, "not this one").unwrap();
        let sheet = book.add_worksheet().set_active(true);
        let titles =
            ["family_name", "given_names", "function", "rank", "date_of_birth", "passport_number"];
        for (column, title) in (0..).zip(titles) {
            sheet.write_string(0, column, title).unwrap();
        }
        let day = Format::new().set_num_format("dd/mm/yyyy");
        sheet.write_string(2, 0, "'=Sample").unwrap();
        sheet.write_formula(2, 1, Formula::new("=\"A\"&\"nn\"").set_result("Ann")).unwrap();
        let born = ExcelDateTime::from_ymd(1980, 2, 29).unwrap();
        sheet.write_datetime_with_format(2, 4, &born, &day).unwrap();
        sheet.write_number(2, 5, 12_345_678).unwrap();
        let late = ExcelDateTime::from_ymd(1980, 2, 29).unwrap().and_hms(10, 30, 0).unwrap();
        sheet.write_datetime_with_format(3, 4, &late, &day).unwrap();
        sheet.write_formula(4, 5, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();

        let rows = read(&book.save_to_buffer().unwrap()).unwrap().rows;
        let cell = |row: usize, column| rows[row].cells[&column].as_str();
        assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(
            cell(0, Column::FamilyName),
            "=Sample",
            "r53: out of an export, by way of a workbook"
        );
        assert_eq!(cell(0, Column::GivenNames), "Ann");
        assert_eq!(cell(0, Column::DateOfBirth), "1980-02-29");
        assert_eq!(cell(0, Column::PassportNumber), "12345678");
        assert_eq!(cell(1, Column::DateOfBirth), "1980-02-29 10:30");
    }

    #[test]
    fn two_cells_at_the_ends_of_a_sheet_take_no_more_room_than_two_cells() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (column, title) in (0..).zip(["family_name", "given_names", "function", "rank"]) {
            sheet.write_string(0, column, title).unwrap();
        }
        sheet.write_string(1_048_575, 16_383, "far away").unwrap();
        let rows = read(&book.save_to_buffer().unwrap()).unwrap().rows;
        assert_eq!((rows.len(), rows[0].row), (1, 1_048_576));
        assert_eq!(rows[0].faults[0].code, "no_title");
    }

    #[test]
    fn r54_a_bomb_is_refused_before_it_is_unpacked() {
        let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..=(LIMIT_UNPACKED_BYTES / zeros.len()) {
            bomb.write_all(&zeros).unwrap();
        }
        let bytes = bomb.finish().unwrap().into_inner();
        assert!(bytes.len() < 100_000, "{}", bytes.len());
        let refused = read(&bytes);
        assert!(
            matches!(refused, Err(Refused::TooLarge { limit_bytes: LIMIT_UNPACKED_BYTES })),
            "{refused:?}"
        );
        let mut other = ZipWriter::new(Cursor::new(Vec::new()));
        other.start_file("hello.txt", SimpleFileOptions::default()).unwrap();
        let bytes = other.finish().unwrap().into_inner();
        assert!(matches!(read(&bytes), Err(Refused::Unread(Unread::OtherType))));
    }
}
