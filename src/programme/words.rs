//! What the programme says in several languages, and in which of them somebody is answered.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use crate::input::Faults;
use crate::text::{Label, Translated, choices, paragraphs, text_types};

choices! {
    /// A language in which the programme can be read.
    Spoken {
        /// English, which there always is.
        English = "en",
        /// French.
        French = "fr",
        /// Spanish.
        Spanish = "es",
        /// Vietnamese.
        Vietnamese = "vi",
    }
}

text_types! {
    /// What a session is about.
    Abstract: 4000, paragraphs;
}

/// A name or a title as it is sent: in each language, or a text alone, which is English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words<T>(pub Translated<T>);

impl<T: Deserr<Faults>> Deserr<Faults> for Words<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        at: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::String(_) => T::deserialize_from_value(value, at).map(english).map(Self),
            value => Translated::deserialize_from_value(value, at).map(Self),
        }
    }
}

/// A text that is said in English alone.
#[must_use]
pub fn english<T>(en: T) -> Translated<T> {
    Translated { en, fr: None, es: None, vi: None }
}

/// What is said in the language that is wanted; in English where it is not, with the language that it is in.
#[must_use]
pub fn said<T>(words: &Translated<T>, wanted: Spoken) -> (Spoken, &T) {
    let translation = match wanted {
        Spoken::English => None,
        Spoken::French => words.fr.as_ref(),
        Spoken::Spanish => words.es.as_ref(),
        Spoken::Vietnamese => words.vi.as_ref(),
    };
    translation.map_or((Spoken::English, &words.en), |translation| (wanted, translation))
}

/// A name of a thing in each language.
pub type Name = Translated<Label>;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> Result<Words<Label>, Faults> {
        deserr::deserialize(value)
    }

    #[test]
    fn a_text_alone_is_english_and_what_is_missing_is_said_in_english() {
        let alone = read(json!("Plenary")).unwrap().0;
        assert_eq!(said(&alone, Spoken::French), (Spoken::English, &alone.en));
        let both = read(json!({ "en": "Plenary", "vi": "Phiên toàn thể" })).unwrap().0;
        let (language, words) = said(&both, Spoken::Vietnamese);
        assert_eq!((language.as_str(), words.as_str()), ("vi", "Phiên toàn thể"));
        assert!(read(json!({ "fr": "Séance" })).is_err(), "English is always said");
        assert!(read(json!(7)).is_err());
    }
}
