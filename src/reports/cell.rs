//! Cells that open safely in a spreadsheet (R53).

use std::borrow::Cow;

/// A text as it may stand in a cell of a CSV file: one that a spreadsheet would take for a formula is preceded by an
/// apostrophe, which spreadsheets read as "this is text".
///
/// A formula begins with `=`, `+`, `-`, `@` or one of their full-width forms; a leading tab, carriage return, line
/// feed, NUL or space can hide the beginning from a filter and not from the spreadsheet.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let begins = text.chars().find(|c| !hidden(*c));
    let is_formula =
        matches!(begins, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\u{2212}'));
    let is_hidden = text.chars().next().is_some_and(char::is_control);
    if is_formula || is_hidden { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r53_a_cell_never_begins_as_a_formula() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            " =1",
            "\u{a0}=1",
            "＝1",
            "＋1",
            "－1",
            "＠1",
            "\u{feff}=1",
            "\ttext",
        ] {
            assert!(safe(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "Côte d'Ivoire", "1980-02-29", "a=b", "O'Sample", "(+84)"] {
            assert_eq!(safe(text), text);
        }
    }
}
