//! The text of a calendar (RFC 5545): escaped, and folded into lines of at most 75 bytes.

/// The longest line, without its end.
const LINE_BYTES: usize = 75;

/// A calendar that is being written.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// Adds a line as it is: `BEGIN:VEVENT`.
    pub fn line(&mut self, line: &str) {
        let mut room = LINE_BYTES;
        for sign in line.chars() {
            if sign.len_utf8() > room {
                self.0.push_str("\r\n ");
                // The space belongs to the line that it begins.
                room = LINE_BYTES - 1;
            }
            self.0.push(sign);
            room -= sign.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// Adds what people wrote, so that nothing of it can be read as a part of the calendar.
    pub fn words(&mut self, property: &str, words: &str) {
        let mut line = format!("{property}:");
        for sign in words.chars() {
            match sign {
                '\\' | ';' | ',' => line.extend(['\\', sign]),
                '\n' => line.push_str("\\n"),
                sign if sign.is_control() && sign != '\t' => {}
                sign => line.push(sign),
            }
        }
        self.line(&line);
    }

    /// All of it.
    #[must_use]
    pub fn done(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(words: &str) -> String {
        let mut text = Text::default();
        text.words("SUMMARY", words);
        text.done()
    }

    #[test]
    fn what_people_wrote_cannot_be_read_as_a_part_of_the_calendar() {
        let forged = "A, B; C\\D\nEND:VEVENT\r\nBEGIN:VEVENT";
        assert_eq!(written(forged), "SUMMARY:A\\, B\\; C\\\\D\\nEND:VEVENT\\nBEGIN:VEVENT\r\n");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_unfolded_they_say_what_was_written(words in "[ -~Đđầ文🙂]{0,300}") {
            let written = written(&words);
            for line in written.trim_end_matches("\r\n").split("\r\n") {
                prop_assert!(line.len() <= LINE_BYTES && !line.contains('\n'));
            }
            let unfolded = written.replace("\r\n ", "");
            let plain = unfolded.trim_end_matches("\r\n").strip_prefix("SUMMARY:").unwrap().to_owned();
            let plain = plain.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
            prop_assert_eq!(plain, words);
        }
    }
}
