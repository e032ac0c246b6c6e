//! What the Depositary published of an act: typed in later, never minted here (R16).

use chrono::{DateTime, NaiveDate, Utc};

use crate::ids::{AccountId, ActId, NotificationId};
use crate::text::{Fault, Label, text_types};

text_types! {
    /// The number of a depositary notification: `C.N.196.2025.TREATIES-XVIII.16`.
    CnNumber: 64, cn_number;
}

fn cn_number(input: &str, max_chars: usize) -> Result<String, Fault> {
    if input.len() <= max_chars && is_cn_number(input) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new(
            "invalid_notification",
            "a number like C.N.196.2025.TREATIES-XVIII.16 is expected",
        ))
    }
}

fn is_cn_number(input: &str) -> bool {
    let is_number = |text: &str| {
        (1..=4).contains(&text.len())
            && !text.starts_with('0')
            && text.bytes().all(|b| b.is_ascii_digit())
    };
    let is_roman = |text: &str| !text.is_empty() && text.bytes().all(|b| b"IVXLC".contains(&b));
    let Some((notification, treaty)) =
        input.strip_prefix("C.N.").and_then(|rest| rest.split_once(".TREATIES-"))
    else {
        return false;
    };
    notification
        .split_once('.')
        .is_some_and(|(number, year)| is_number(number) && is_number(year) && year.len() == 4)
        && treaty
            .split_once('.')
            .is_some_and(|(chapter, item)| is_roman(chapter) && is_number(item))
}

impl CnNumber {
    /// Whether it is a notification of the treaty with this number, `XVIII-16`.
    #[must_use]
    pub fn is_of(&self, treaty: &Label) -> bool {
        let wanted = treaty.as_str().replace('-', ".");
        self.as_str().rsplit_once('-').is_some_and(|(_, treaty)| treaty == wanted)
    }
}

/// The Depositary's notification of an act, noted beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its identity.
    pub id: NotificationId,
    /// The act notified.
    pub act: ActId,
    /// The Depositary's number.
    pub number: CnNumber,
    /// The date that the Depositary published for the act.
    pub published_on: Option<NaiveDate>,
    /// Who typed it in.
    pub noted_by: AccountId,
    /// When.
    pub noted_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_a_notification_has_the_depositarys_form() {
        let number = CnNumber::parse("C.N.196.2025.TREATIES-XVIII.16").unwrap();
        assert!(number.is_of(&Label::parse("XVIII-16").unwrap()));
        assert!(!number.is_of(&Label::parse("XVIII-12").unwrap()));
        for input in [
            "",
            "C.N.196.2025",
            "C.N..2025.TREATIES-XVIII.16",
            "C.N.0196.2025.TREATIES-XVIII.16",
            "C.N.196.25.TREATIES-XVIII.16",
            "C.N.196.2025.TREATIES-18.16",
            "C.N.196.2025.TREATIES-XVIII-16",
            "c.n.196.2025.treaties-XVIII.16",
            " C.N.196.2025.TREATIES-XVIII.16",
            "C.N.196.2025.TREATIES-XVIII.16.1",
        ] {
            assert!(CnNumber::parse(input).is_err(), "{input}");
        }
    }
}
