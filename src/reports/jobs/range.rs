//! Which part of a file somebody asks for (RFC 9110, 14.2). Pure.

use std::ops::Range;

/// What somebody asks for of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// All of it: also where what is asked for cannot be read, or is several parts at once.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

impl Wish {
    /// Reads the header `Range` for a file of this size.
    #[must_use]
    pub fn read(header: &str, size: u64) -> Self {
        let number = |digits: &str| {
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            // What has more digits than fit is past the end of every file.
            is_number.then(|| digits.parse().unwrap_or(u64::MAX))
        };
        let unit = header.trim().split_once('=');
        let Some((_, range)) = unit.filter(|(unit, _)| unit.eq_ignore_ascii_case("bytes")) else {
            return Self::Whole;
        };
        let Some((first, last)) = range.trim().split_once('-') else { return Self::Whole };
        let (begin, end) = match (number(first), number(last)) {
            (None, Some(length)) if first.is_empty() => (size.saturating_sub(length), size),
            (Some(first), None) if last.is_empty() => (first, size),
            (Some(first), Some(last)) if first <= last => (first, size.min(last.saturating_add(1))),
            _ => return Self::Whole,
        };
        if begin < end { Self::Part(begin..end) } else { Self::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_has_it() {
        for (header, wish) in [
            ("bytes=0-0", Wish::Part(0..1)),
            ("bytes=0-99", Wish::Part(0..10)),
            ("Bytes= 4-", Wish::Part(4..10)),
            ("bytes=-3", Wish::Part(7..10)),
            ("bytes=-99", Wish::Part(0..10)),
            ("bytes=9-99999999999999999999999", Wish::Part(9..10)),
            ("bytes=10-", Wish::Nothing),
            ("bytes=99999999999999999999999-", Wish::Nothing),
            ("bytes=-0", Wish::Nothing),
            ("bytes=5-4", Wish::Whole),
            ("bytes=0-1,3-4", Wish::Whole),
            ("bytes=a-b", Wish::Whole),
            ("bytes=--1", Wish::Whole),
            ("bytes=+1-2", Wish::Whole),
            ("rows=0-1", Wish::Whole),
            ("bytes=-", Wish::Whole),
            ("", Wish::Whole),
        ] {
            assert_eq!(Wish::read(header, 10), wish, "{header}");
        }
        assert_eq!(Wish::read("bytes=0-", 0), Wish::Nothing);
    }
}
