//! A text with places that are filled in: `{name}`. Which there are is a closed list.
//!
//! A text is taken apart once, when it is read. What is filled in is never read again, so that nothing in a name can ask
//! for anything.

use crate::text::choices;

choices! {
    /// What a text of a letter may ask for.
    Placeholder {
        /// The reader's name.
        Name = "name",
        /// The name of the event.
        Event = "event",
        /// The participant whose business it is.
        Participant = "participant",
        /// The page where one goes on.
        Link = "link",
        /// What lets the reader in.
        Code = "code",
        /// When that is good no more.
        Expires = "expires",
        /// What an officer put above a letter to many.
        Subject = "subject",
        /// What an officer wrote to many: several lines.
        Words = "words",
    }
}

impl Placeholder {
    /// Whether it may stand in a subject, which everybody reads over somebody's shoulder.
    fn is_for_subjects(self) -> bool {
        matches!(self, Self::Event | Self::Participant | Self::Subject)
    }
}

/// A text, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// A text asks for what its letter does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a letter has nothing for {{{0}}}")]
pub struct Unfilled(pub Placeholder);

impl Template {
    /// Reads a text, which may ask for what is `allowed`, or says what is wrong with it.
    pub fn parse(text: &str, allowed: &[Placeholder]) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or("a brace is opened and not closed; braces enclose placeholders alone")?;
            let placeholder = Placeholder::parse(name).ok().filter(|p| allowed.contains(p));
            let placeholder = placeholder.ok_or_else(|| {
                let known: Vec<_> = allowed.iter().map(|p| format!("{{{p}}}")).collect();
                format!("a placeholder is not known here; known are {}", known.join(", "))
            })?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Value(placeholder)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let is_closed_twice =
            |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('}'));
        if pieces.iter().any(is_closed_twice) {
            return Err(
                "a brace is closed and not opened; braces enclose placeholders alone".into()
            );
        }
        Ok(Self(pieces))
    }

    /// The same for a subject: one line, and nothing in it that is for the reader alone.
    pub fn parse_subject(text: &str, allowed: &[Placeholder]) -> Result<Self, String> {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err("a subject of one line is expected".to_owned());
        }
        let allowed: Vec<_> = allowed.iter().copied().filter(|p| p.is_for_subjects()).collect();
        Self::parse(text, &allowed)
    }

    /// Whether it asks for this.
    pub fn asks_for(&self, placeholder: Placeholder) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Value(value) if *value == placeholder))
    }

    /// The text with its places filled. What is filled in has one line, but for what an officer wrote.
    pub fn fill(&self, value: impl Fn(Placeholder) -> Option<String>) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled += text,
                Piece::Value(placeholder) => {
                    let value = value(*placeholder).ok_or(Unfilled(*placeholder))?;
                    let has_lines = *placeholder == Placeholder::Words;
                    let is_kept = |c: char| !c.is_control() || (has_lines && c == '\n');
                    filled.extend(value.chars().map(|c| if is_kept(c) { c } else { ' ' }));
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[Placeholder] = &[Placeholder::Name, Placeholder::Code, Placeholder::Event];

    #[test]
    fn a_text_is_filled_in_once_and_what_is_filled_in_asks_for_nothing() {
        let template = Template::parse("Dear {name},\n{code}.", ALLOWED).unwrap();
        let filled = template.fill(|placeholder| match placeholder {
            Placeholder::Name => Some("{code} {name}\r\nBcc: all@other.example".to_owned()),
            Placeholder::Code => Some("hci_x".to_owned()),
            _ => None,
        });
        assert_eq!(filled.unwrap(), "Dear {code} {name}  Bcc: all@other.example,\nhci_x.");
        assert_eq!(template.fill(|_| None).unwrap_err(), Unfilled(Placeholder::Name));
    }

    #[test]
    fn a_text_that_asks_for_what_is_not_on_the_list_is_refused() {
        for text in
            ["{password}", "{name", "name}", "{{name}}", "{}", "{name.email}", "{participant}"]
        {
            assert!(Template::parse(text, ALLOWED).is_err(), "{text}");
        }
        assert!(Template::parse("no placeholder", ALLOWED).is_ok());
    }

    #[test]
    fn a_subject_has_one_line_and_shows_neither_code_nor_name() {
        for text in ["", " ", "a\nb", "a\r\nBcc: x@y.example", "{code}", "{name}"] {
            assert!(Template::parse_subject(text, ALLOWED).is_err(), "{text:?}");
        }
        assert!(Template::parse_subject("{event}: a word", ALLOWED).is_ok());
    }
}
