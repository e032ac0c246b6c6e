//! Comma, semicolon or tab separated values, in UTF-8.

use csv::{ReaderBuilder, StringRecord};

use super::{LIMIT_COLUMNS, Lines, Raw, put};
use crate::delegations::imports::columns::Column;
use crate::delegations::imports::refused::{Refused, Unread};

/// The cells of a file, where it is text at all.
pub fn lines(bytes: &[u8]) -> Result<Lines, Refused> {
    let text = str::from_utf8(bytes).map_err(|_| Refused::Unread(foreign(bytes)))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') || infer::get(bytes).is_some() {
        return Err(Refused::Unread(Unread::OtherType));
    }
    // One kind of line end, and one at the end of the last line: the reader's count of lines is then exact.
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    let delimiter = delimiter(&text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let (mut lines, mut record) = (Lines::new(), StringRecord::new());
    // A spreadsheet counts a row whose cells have several lines as one.
    let mut inner = 0;
    while reader.read_record(&mut record).map_err(|_| Refused::Unread(Unread::OtherType))? {
        inner += record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        let ended = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        let row = u32::try_from(ended.saturating_sub(1 + inner)).unwrap_or(u32::MAX);
        for (column, cell) in record.iter().enumerate() {
            put(&mut lines, row, column, Raw::text(cell))?;
        }
    }
    Ok(lines)
}

/// What bytes are that are no UTF-8: text of an older spreadsheet has no signature and no control characters, but for
/// the mark of UTF-16.
fn foreign(bytes: &[u8]) -> Unread {
    let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let is_text = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if is_wide || (infer::get(bytes).is_none() && bytes.iter().all(is_text)) {
        Unread::NotUtf8
    } else {
        Unread::OtherType
    }
}

/// What parts the cells: whatever makes the most titles of the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let titles = |delimiter: &u8| {
        let parts = first.split(char::from(*delimiter)).take(LIMIT_COLUMNS);
        parts.filter(|title| Column::titled(title.trim().trim_matches('"')).is_some()).count()
    };
    // Of equals the last wins: the comma.
    b"\t;,".iter().copied().max_by_key(titles).unwrap_or(b',')
}
