//! Text that people typed: what is accepted, and types whose values are valid wherever they came from.
//!
//! Names in any script are kept, in Unicode's composed form (NFC). What could deceive a reader or break a file
//! is refused: control characters, and the marks that turn the direction of the text round them.

use unicode_normalization::UnicodeNormalization;

/// What is wrong with one value: a stable code, and a sentence that says what is accepted.
///
/// The sentence never repeats the input, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// Stable, `snake_case`, for programs.
    pub code: &'static str,
    /// For people, in English.
    pub detail: String,
}

impl Fault {
    /// A fault with its code and its sentence.
    #[must_use]
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// The same text in the languages of the ceremony: always in English, in the others where it is certain.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    deserr::Deserr,
    utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
#[deserr(error = crate::input::Faults, deny_unknown_fields, where_predicate = T: deserr::Deserr<crate::input::Faults>)]
pub struct Translated<T> {
    /// English.
    pub en: T,
    /// French.
    #[deserr(default)]
    #[schema(schema_with = or_null::<T>, required = false)]
    pub fr: Option<T>,
    /// Spanish.
    #[deserr(default)]
    #[schema(schema_with = or_null::<T>, required = false)]
    pub es: Option<T>,
    /// Vietnamese.
    #[deserr(default)]
    #[schema(schema_with = or_null::<T>, required = false)]
    pub vi: Option<T>,
}

/// The schema of a value that may be null, where the derive knows its type as a parameter only.
fn or_null<T: utoipa::PartialSchema>() -> utoipa::openapi::Schema {
    let null = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::Null);
    utoipa::openapi::OneOfBuilder::new().item(T::schema()).item(null).build().into()
}

impl<T> Translated<T> {
    /// All that there are, English first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        let others = [&self.fr, &self.es, &self.vi];
        std::iter::once(&self.en).chain(others.into_iter().flatten())
    }
}

/// One line of text: trimmed, composed, at least one character, at most `max_chars`.
pub fn line(input: &str, max_chars: usize) -> Result<String, Fault> {
    let text = bounded(input, max_chars)?;
    if text.chars().any(char::is_control) {
        return Err(Fault::new("control_character", "control characters are not accepted"));
    }
    Ok(text)
}

/// Text of several lines: as [`line()`], with line feeds and tabs.
pub fn paragraphs(input: &str, max_chars: usize) -> Result<String, Fault> {
    let text = bounded(&input.replace("\r\n", "\n"), max_chars)?;
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Fault::new(
            "control_character",
            "control characters other than line breaks are not accepted",
        ));
    }
    Ok(text)
}

fn bounded(input: &str, max_chars: usize) -> Result<String, Fault> {
    // A character has at most four bytes and composition at most triples their number: past that the text is too
    // long whatever it says, and need not be looked at.
    if input.len() > max_chars.saturating_mul(12) {
        return Err(too_long(max_chars));
    }
    let text: String = input.trim().nfc().collect();
    if text.is_empty() {
        return Err(Fault::new("blank", "at least one character is expected"));
    }
    if text.chars().count() > max_chars {
        return Err(too_long(max_chars));
    }
    if text.chars().any(turns_direction) {
        return Err(Fault::new(
            "direction_override",
            "marks that override the direction of text are not accepted",
        ));
    }
    Ok(text)
}

fn too_long(max_chars: usize) -> Fault {
    Fault::new("too_long", format!("at most {max_chars} characters are accepted"))
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9), and characters with no meaning in text.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FEFF}')
}

/// Declares types of text. Each has `parse`, `as_str`, and crosses JSON and the database through `parse`.
macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident: $max:tt, $rule:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, min_length = 1, max_length = $max)]
        pub struct $name(String);

        impl $name {
            /// Reads the text, or says what is accepted.
            pub fn parse(input: &str) -> Result<Self, $crate::text::Fault> {
                let rule: fn(&str, usize) -> Result<String, $crate::text::Fault> = $rule;
                rule(input, $max).map(Self)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::input::from_string!($name);
        $crate::text::text_column!($name);
    )+};
}
pub(crate) use text_types;

/// Lets a type with `parse` and `as_str` stand for a text column.
macro_rules! text_column {
    ($name:ident) => {
        impl sqlx::Type<sqlx::Postgres> for $name {
            fn type_info() -> sqlx::postgres::PgTypeInfo {
                <str as sqlx::Type<sqlx::Postgres>>::type_info()
            }
            fn compatible(ty: &sqlx::postgres::PgTypeInfo) -> bool {
                <str as sqlx::Type<sqlx::Postgres>>::compatible(ty)
            }
        }
        impl sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> sqlx::postgres::PgTypeInfo {
                <String as sqlx::postgres::PgHasArrayType>::array_type_info()
            }
        }
        impl<'q> sqlx::Encode<'q, sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buf: &mut sqlx::postgres::PgArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                <&str as sqlx::Encode<'q, sqlx::Postgres>>::encode_by_ref(&self.as_str(), buf)
            }
        }
        impl<'r> sqlx::Decode<'r, sqlx::Postgres> for $name {
            fn decode(
                value: sqlx::postgres::PgValueRef<'r>,
            ) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(Self::parse(<&str as sqlx::Decode<'r, sqlx::Postgres>>::decode(value)?)?)
            }
        }
    };
}
pub(crate) use text_column;

/// Declares a closed choice: an enum whose names on the wire and in the database are written beside its variants.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $wire:tt,)+ })+) => {$(
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
        $(#[$doc])*
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $wire)] #[schema(rename = $wire)] $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire and in the database.
            #[must_use]
            pub fn as_str(&self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            /// Reads a name, or lists those that are accepted.
            pub fn parse(input: &str) -> Result<Self, $crate::text::Fault> {
                match input {
                    $($wire => Ok(Self::$variant),)+
                    _ => Err($crate::text::Fault::new("unknown_value", concat!("one of these is expected:", $(" ", $wire),+))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::input::from_string!($name);
        $crate::text::text_column!($name);
    )+};
}
pub(crate) use choices;

/// A participant's code has three capital letters: ISO 3166-1 alpha-3, or the organization's own.
fn code(input: &str, _max: usize) -> Result<String, Fault> {
    if input.len() == 3 && input.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new(
            "invalid_code",
            "three capital letters are expected, as in ISO 3166-1 alpha-3",
        ))
    }
}

/// One address, as RFC 5321 has it, in lower case so that it is unique however it was typed.
fn email(input: &str, max_chars: usize) -> Result<String, Fault> {
    let text = line(input, max_chars)?;
    // The library accepts addresses without a dot in the domain; no mail of ours would ever reach one.
    let plausible = email_address::EmailAddress::is_valid(&text)
        && text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    if plausible {
        Ok(text.to_lowercase())
    } else {
        Err(Fault::new("invalid_email", "an e-mail address like name@ministry.example is expected"))
    }
}

/// A language tag of two or three lower-case letters (ISO 639).
fn language(input: &str, _max: usize) -> Result<String, Fault> {
    if matches!(input.len(), 2 | 3) && input.bytes().all(|b| b.is_ascii_lowercase()) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new(
            "invalid_language",
            "a language code of ISO 639 like en, fr or vi is expected",
        ))
    }
}

text_types! {
    /// A participant's code: `VNM`, `EUE`.
    ParticipantCode: 3, code;
    /// An e-mail address.
    Email: 254, email;
    /// A language code of ISO 639.
    Language: 3, language;
    /// A person's name, or a part of it.
    PersonName: 200, line;
    /// A title, an office, an affiliation, a form of address: one line.
    Label: 200, line;
    /// Why something was done, in the officer's own words.
    Reason: 2000, paragraphs;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r54_a_name_in_any_script_is_kept_and_composed() {
        for name in
            ["Nguyễn Thị Ví Dụ", "محمد المثال", "样本", "Пример", "ምሳሌ", "ตัวอย่าง", "O’Sample"]
        {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name.nfc().collect::<String>());
        }
        assert_eq!(PersonName::parse("E\u{301}").unwrap().as_str(), "É");
    }

    #[test]
    fn r54_what_deceives_a_reader_is_refused() {
        for (input, code) in [
            ("", "blank"),
            ("  \u{a0}", "blank"),
            ("a\u{202E}b", "direction_override"),
            ("a\u{2066}b", "direction_override"),
            ("a\0b", "control_character"),
            ("a\nb", "control_character"),
            (&"x".repeat(201), "too_long"),
            (&"x".repeat(100_000), "too_long"),
        ] {
            assert_eq!(PersonName::parse(input).unwrap_err().code, code);
        }
        assert!(PersonName::parse(&"字".repeat(200)).is_ok(), "lengths are counted in characters");
    }

    #[test]
    fn an_address_has_one_line_and_one_form() {
        assert_eq!(
            Email::parse(" A.Sample@Ministry.EXAMPLE ").unwrap().as_str(),
            "a.sample@ministry.example"
        );
        for input in
            ["a@b.example\r\nBcc: c@d.example", "nobody", "a@b", "a b@c.example", "@c.example"]
        {
            assert!(Email::parse(input).is_err());
        }
    }
}
