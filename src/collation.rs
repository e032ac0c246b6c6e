//! The order of names (R27), and how they are found: both without accents and case.

use std::sync::LazyLock;

use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The place of a name in English alphabetical order, accents and case ignored, as bytes that compare like the names.
///
/// The bytes belong to the version of the collation data that made them: they are kept in the database to order by,
/// and made anew whenever the register is loaded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub struct SortKey(Vec<u8>);

impl SortKey {
    /// The key of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut key = Vec::new();
        let Ok(()) = ENGLISH.write_sort_key_to(name, &mut key);
        Self(key)
    }

    /// The bytes, for bindings and cursors.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[expect(clippy::expect_used, reason = "the data of the collation are compiled in")]
static ENGLISH: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    let mut options = CollatorOptions::default();
    options.strength = Some(Strength::Primary);
    CollatorBorrowed::try_new(CollatorPreferences::from(&locale!("en")), options)
        .expect("English collation is compiled in")
});

/// A text as it is searched: letters and digits in lower case without accents, words divided by one space.
///
/// "Côte d’Ivoire" and "cote d'ivoire" become `cote d ivoire`, "Guinea-Bissau" becomes `guinea bissau`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            // Letters that Unicode does not take apart, as people type them who do not have them.
            'đ' | 'ð' => folded.push('d'),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            // Lower case of İ leaves a mark behind.
            c if is_combining_mark(c) => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The text to store for a search over several names: each folded, with a space before its first word.
#[must_use]
pub fn search_text<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut folded: Vec<String> =
        names.into_iter().map(|name| format!(" {}", fold(name))).collect();
    folded.sort();
    folded.dedup();
    folded.join("\n")
}

/// The `like` pattern that finds what people typed, at the beginning of a word, in a [`search_text`].
/// `None` where nothing that can be searched was typed. It holds no wildcard but its own.
#[must_use]
pub fn search_pattern(typed: &str) -> Option<String> {
    let folded = fold(typed);
    (!folded.is_empty()).then(|| format!("% {folded}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r27_accents_and_case_do_not_count_and_spaces_do() {
        assert_eq!(SortKey::of("Türkiye"), SortKey::of("TURKIYE"));
        assert_eq!(SortKey::of("Côte d'Ivoire"), SortKey::of("cote d'ivoire"));
        for pair in [
            ["Costa Rica", "Côte d'Ivoire"],
            ["Côte d'Ivoire", "Croatia"],
            ["Tunisia", "Türkiye"],
            ["Türkiye", "Turkmenistan"],
            ["Niger", "Nigeria"],
            ["Guinea", "Guinea-Bissau"],
            ["Guinea-Bissau", "Guyana"],
            ["Dominica", "Dominican Republic"],
            ["Netherlands (Kingdom of the)", "New Zealand"],
        ] {
            let [before, after] = pair.map(SortKey::of);
            assert!(before < after, "{pair:?}");
        }
    }

    #[test]
    fn a_name_folds_to_what_people_type() {
        for (name, folded) in [
            ("Côte d’Ivoire", "cote d ivoire"),
            ("Côte d'Ivoire", "cote d ivoire"),
            ("Guinea-Bissau", "guinea bissau"),
            ("Iran (Islamic Republic of)", "iran islamic republic of"),
            ("Đức", "duc"),
            ("Ả Rập Xê-út", "a rap xe ut"),
            ("Émirats arabes unis", "emirats arabes unis"),
            ("İstanbul", "istanbul"),
            ("Łódź  Ærø", "lodz aero"),
            ("%_\\", ""),
        ] {
            assert_eq!(fold(name), folded);
        }
    }

    #[test]
    fn what_is_searched_cannot_carry_wildcards() {
        assert_eq!(search_pattern("  Viet-Nam% ").as_deref(), Some("% viet nam%"));
        assert_eq!(search_pattern("%_"), None);
    }
}
