//! A code for cameras (ISO/IEC 18004).

use qrcodegen::{QrCode, QrCodeEcc};

/// The squares of a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// How many there are along a side, without the white border.
    pub squares: u16,
    /// The dark ones, those side by side in one: row, first column, how many.
    pub dark: Vec<(u16, u16, u16)>,
}

impl Code {
    /// That says this, with the best error correction that it has room for; none of what is more than it can hold.
    pub fn of(says: &str) -> Option<Self> {
        let code = QrCode::encode_text(says, QrCodeEcc::Low).ok()?;
        let squares = u16::try_from(code.size()).ok()?;
        let is_dark = |row: u16, column: u16| code.get_module(i32::from(column), i32::from(row));
        let mut dark: Vec<(u16, u16, u16)> = Vec::new();
        for (row, column) in
            (0..squares).flat_map(|row| (0..squares).map(move |column| (row, column)))
        {
            match dark.last_mut() {
                _ if !is_dark(row, column) => {}
                Some((of, first, length)) if *of == row && *first + *length == column => {
                    *length += 1;
                }
                _ => dark.push((row, column, 1)),
            }
        }
        Some(Self { squares, dark })
    }
}
