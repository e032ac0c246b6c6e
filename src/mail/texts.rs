//! The texts of all letters in all languages, as `config/ceremony/letters.*.toml` have them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::letter::{LetterKind, LetterLanguage};
use super::template::{Placeholder, Template, Unfilled};
use crate::table::{FileFault, line_at};

/// The files, one for each language.
#[derive(Debug)]
pub struct LetterFiles<'a> {
    /// English.
    pub en: &'a str,
    /// French.
    pub fr: &'a str,
    /// Spanish.
    pub es: &'a str,
    /// Vietnamese.
    pub vi: &'a str,
}

/// All of them, read and checked: there is one for each kind in each language.
#[derive(Debug, Clone, Default)]
pub struct Letters(BTreeMap<(LetterLanguage, LetterKind), Text>);

#[derive(Debug, Clone)]
struct Text {
    subject: Template,
    text: Template,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    subject: Spanned<String>,
    text: Spanned<String>,
}

/// A letter as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl Letters {
    /// Reads the files; whatever is wrong with them is added to `faults`, each with its line.
    #[must_use]
    pub fn read(files: &LetterFiles<'_>, faults: &mut Vec<FileFault>) -> Self {
        let mut all = Self::default();
        for language in LetterLanguage::ALL {
            let text = match language {
                LetterLanguage::En => files.en,
                LetterLanguage::Fr => files.fr,
                LetterLanguage::Es => files.es,
                LetterLanguage::Vi => files.vi,
            };
            all.read_one(*language, text, faults);
        }
        all
    }

    fn read_one(&mut self, language: LetterLanguage, text: &str, faults: &mut Vec<FileFault>) {
        let file = format!("letters.{language}.toml");
        let entries: BTreeMap<Spanned<String>, Entry> = match toml::from_str(text) {
            Ok(entries) => entries,
            Err(error) => return faults.push(FileFault::of_toml(&file, text, &error)),
        };
        let at = |byte: usize, detail: String| FileFault::at(&file, line_at(text, byte), detail);
        for (name, Entry { subject, text: words }) in entries {
            let Ok(kind) = LetterKind::parse(name.get_ref()) else {
                faults.push(at(name.span().start, "no letter has this name".to_owned()));
                continue;
            };
            let allowed = kind.placeholders();
            let parsed = (
                Template::parse_subject(subject.get_ref(), allowed),
                Template::parse(words.get_ref(), allowed),
            );
            match parsed {
                (Ok(_), Ok(text)) if kind.carries_a_code() && !text.asks_for(Placeholder::Code) => {
                    let detail = "the text does not show {code}, and is of no use without it";
                    faults.push(at(words.span().start, detail.to_owned()));
                }
                (Ok(subject), Ok(text)) => {
                    self.0.insert((language, kind), Text { subject, text });
                }
                (one, other) => {
                    faults.extend(one.err().map(|fault| at(subject.span().start, fault)));
                    faults.extend(other.err().map(|fault| at(words.span().start, fault)));
                }
            }
        }
        if faults.iter().any(|fault| fault.file == file) {
            return;
        }
        for kind in LetterKind::ALL.iter().filter(|kind| !self.0.contains_key(&(language, **kind)))
        {
            faults.push(FileFault::of(&file, format!("the letter [{kind}] is missing")));
        }
    }

    /// Writes a letter of a kind in a language.
    pub fn write(
        &self,
        language: LetterLanguage,
        kind: LetterKind,
        value: impl Fn(Placeholder) -> Option<String>,
    ) -> Result<Written, Unfilled> {
        // There is one of each: a start without is refused.
        let Some(Text { subject, text }) = self.0.get(&(language, kind)) else {
            return Err(Unfilled(Placeholder::Name));
        };
        Ok(Written { subject: subject.fill(&value)?, text: text.fill(&value)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: LetterFiles<'static> = LetterFiles {
        en: include_str!("../../config/ceremony/letters.en.toml"),
        fr: include_str!("../../config/ceremony/letters.fr.toml"),
        es: include_str!("../../config/ceremony/letters.es.toml"),
        vi: include_str!("../../config/ceremony/letters.vi.toml"),
    };

    fn faults_of_english(text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let _ = Letters::read(&LetterFiles { en: text, ..BUILT_IN }, &mut faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_letter_is_there_in_every_language_and_says_all_that_it_has() {
        let mut faults = Vec::new();
        let letters = Letters::read(&BUILT_IN, &mut faults);
        assert_eq!(faults, []);
        for language in LetterLanguage::ALL {
            for kind in LetterKind::ALL {
                let value = |placeholder: Placeholder| Some(format!("<{placeholder}>"));
                let Written { subject, text } = letters.write(*language, *kind, value).unwrap();
                assert!(subject.len() < 200 && text.ends_with('\n'), "{language} {kind}");
                for placeholder in kind.placeholders() {
                    let shown = format!("<{placeholder}>");
                    assert!(
                        text.contains(&shown) || subject.contains(&shown),
                        "{language} {kind} {shown}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_text_that_cannot_be_is_refused_with_its_line() {
        let missing = BUILT_IN.en.replace("[password_changed]", "[password_chnaged]");
        assert!(faults_of_english(&missing)[0].ends_with("no letter has this name"));
        let unknown = BUILT_IN.en.replacen("Dear {name}", "Dear {passport}", 1);
        let fault = &faults_of_english(&unknown)[0];
        assert!(fault.starts_with("letters.en.toml line "), "{fault}");
        assert!(fault.contains("known are {name}, {event}"), "{fault}");
        let without = BUILT_IN.en.replace("{code}", "");
        assert_eq!(faults_of_english(&without).len(), 3, "of no use without a code");
        assert_eq!(faults_of_english("").len(), LetterKind::ALL.len());
        assert_eq!(faults_of_english("[").len(), 1);
    }
}
