//! Lists of members going out: an empty one to be filled in, and the one that is there. Pure.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, Workbook, Worksheet, XlsxError,
};

use super::columns::{Column, cells};
use super::sheet::LIMIT_ROWS;
use crate::delegations::members::{Identity, Member, PassportNumber};
use crate::table;

/// Tells spreadsheets that what follows is UTF-8.
const MARK: &str = "\u{feff}";
/// Wide enough for most names.
const COLUMN_WIDTH_CHARS: f64 = 22.0;

/// The titles, and a note on what each column takes; a note is skipped when the list comes back.
pub fn empty_csv() -> Result<Vec<u8>, csv::Error> {
    let notes = Column::ALL.iter().map(|column| match column {
        Column::Id => format!("# {}", column.describe()),
        column => column.describe(),
    });
    csv([notes.collect()])
}

/// The same as a workbook whose cells are text, so that dates and numbers stay as they are typed, with lists to choose
/// from and a second sheet that says what each column takes.
pub fn empty_xlsx() -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (text, bold) = (Format::new().set_num_format("@"), Format::new().set_bold());
    let list: &mut Worksheet = book.add_worksheet().set_name("Members")?;
    list.set_freeze_panes(1, 0)?;
    let last_row = u32::try_from(LIMIT_ROWS).unwrap_or(u32::MAX);
    for (place, column) in (0..).zip(Column::ALL) {
        list.set_column_format(place, &text)?;
        list.set_column_width(place, COLUMN_WIDTH_CHARS)?;
        list.write_string_with_format(0, place, column.as_str(), &bold)?;
        if let Some(choices) = column.choices() {
            let choice = DataValidation::new()
                .allow_list_strings(&choices)?
                .set_error_style(DataValidationErrorStyle::Stop);
            list.add_data_validation(1, place, last_row, place, &choice)?;
        }
    }
    let notes = book.add_worksheet().set_name("Values")?;
    notes.set_column_width(0, COLUMN_WIDTH_CHARS)?;
    for (row, column) in (0..).zip(Column::ALL) {
        notes.write_string_with_format(row, 0, column.as_str(), &bold)?;
        notes.write_string(row, 1, column.describe())?;
    }
    book.save_to_buffer()
}

/// The list as it is, in the columns in which it comes back. Passports' numbers show their ends only (R50); whoever
/// brings the list back unchanged changes nothing.
pub fn list_csv(members: &[(Member, Identity)]) -> Result<Vec<u8>, csv::Error> {
    csv(members.iter().map(|(member, identity)| {
        let mut row = cells(&member.person, identity);
        row.insert(Column::Id, member.id.to_string());
        if let Some(number) = &identity.passport_number {
            row.insert(Column::PassportNumber, PassportNumber::masked(number));
        }
        Column::ALL.iter().map(|column| row.remove(column).unwrap_or_default()).collect()
    }))
}

/// Titles and rows as CSV (RFC 4180), each cell safe to open (R53).
fn csv(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(MARK.as_bytes().to_vec());
    writer.write_record(Column::ALL.iter().map(Column::as_str))?;
    for row in rows {
        writer.write_record(row.iter().map(|text| table::cell(text).into_owned()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegations::imports::sheet;

    #[test]
    fn an_empty_template_comes_back_as_an_empty_list() {
        for template in [empty_csv().unwrap(), empty_xlsx().unwrap()] {
            assert!(sheet::read(&template).unwrap().rows.is_empty());
        }
        let text = String::from_utf8(empty_csv().unwrap()).unwrap();
        assert!(text.contains("head alternate_head") && text.contains("YYYY-MM-DD"));
    }
}
