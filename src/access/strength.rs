//! Whether a password that somebody chooses is one that others would guess: one that many have chosen, a walk over the
//! keyboard, a piece said again and again, or little more than their own name and the event's. No rule asks for digits or
//! signs: length is what makes a password strong, and guesses do not begin at random.

use std::collections::HashSet;

use crate::text::Fault;

/// What many have chosen; its head says where it comes from.
const COMMON: &str = include_str!("../../config/passwords/common.txt");

/// So many characters are left of a good password when names and words of the event are taken out of it, not all alike.
const LEFT_MIN_CHARS: usize = 8;

/// A password has at least so many different characters.
const DISTINCT_MIN_CHARS: usize = 5;

/// Words that are shorter are in too many others.
const WORD_MIN_CHARS: usize = 4;

/// What fingers and minds walk along, forth and back.
const ROWS: &[&str] = &[
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "azertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
    "wxcvbn",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
];

/// Looks at a password by itself.
pub(super) fn check(password: &str) -> Result<(), Fault> {
    let folded = password.to_lowercase();
    if distinct(&folded) < DISTINCT_MIN_CHARS {
        return Err(weak("different characters are expected"));
    }
    let core = folded.trim_matches(|c: char| !c.is_alphabetic());
    let unit = unit(&folded);
    let is_said_again = unit.len() < folded.len() && unit.chars().count() < LEFT_MIN_CHARS;
    if is_said_again
        || [folded.as_str(), core, unit].iter().any(|text| is_common(text))
        || is_walk(&folded)
    {
        return Err(weak(
            "many have chosen this one, or one like it; a sentence of one's own is best",
        ));
    }
    Ok(())
}

/// Looks at what is left of a password without the words that a guesser knows: of the person, of the event.
pub(super) fn check_apart_from<'a>(
    password: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Result<(), Fault> {
    let folded = password.to_lowercase();
    let words = words.into_iter().flat_map(|words| words.split(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<String> = words.map(str::to_lowercase).collect();
    words.retain(|word| word.chars().count() >= WORD_MIN_CHARS && folded.contains(word.as_str()));
    // The longest first: a short one can be a part of it.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let left = words.iter().fold(folded.clone(), |left, word| left.replace(word.as_str(), ""));
    let is_little = left.chars().count() < LEFT_MIN_CHARS || distinct(&left) < DISTINCT_MIN_CHARS;
    if !words.is_empty() && is_little {
        return Err(weak("more is expected than names, addresses and words of the event"));
    }
    Ok(())
}

fn weak(detail: &'static str) -> Fault {
    Fault::new("weak_password", detail)
}

fn distinct(text: &str) -> usize {
    text.chars().collect::<HashSet<_>>().len()
}

fn is_common(text: &str) -> bool {
    COMMON.lines().any(|line| line == text)
}

/// The shortest piece of which a text is nothing but repetitions; itself, where there is none.
fn unit(text: &str) -> &str {
    let pieces = (1..=text.len() / 2).filter(|length| text.len().is_multiple_of(*length));
    let mut pieces = pieces.filter_map(|length| text.get(..length));
    pieces.find(|piece| piece.repeat(text.len() / piece.len()) == text).unwrap_or(text)
}

/// Whether most of its characters stand beside the one before, or are the same.
fn is_walk(text: &str) -> bool {
    let pairs: Vec<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
    let is_step = |(one, next): &&(char, char)| {
        let (forth, back) = (String::from_iter([*one, *next]), String::from_iter([*next, *one]));
        one == next || ROWS.iter().any(|row| row.contains(&forth) || row.contains(&back))
    };
    let steps = pairs.iter().filter(is_step).count();
    steps * 10 >= pairs.len() * 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_would_guess_is_weak_and_a_sentence_is_not() {
        for (password, is_accepted) in [
            ("correct horse battery staple", true),
            ("mật khẩu rất là dài", true),
            ("我 们 在 河 内 签 署 公 约", true),
            ("a sentence of my own choice", true),
            ("Zd7-Kq2-Lm9-Pw4", true),
            // Lists are of lower case; whoever adds digits and signs adds little.
            ("Mailcreated5240", false),
            ("!!Basketball 2025", false),
            ("passwordpassword", false),
            ("Password12345678", false),
            ("abc-abc-abc-abc-", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("1234567890123456", false),
            ("qwertyuiopasdfghjkl", false),
            ("1qaz2wsx3edc4rfv", false),
            ("zyxwvutsrqponmlkj", false),
        ] {
            assert_eq!(check(password).is_ok(), is_accepted, "{password}");
        }
    }

    #[test]
    fn names_addresses_and_words_of_the_event_are_not_counted() {
        let words = ["Claire Exemplar", "c.exemplar@ministry.example", "hanoi, ceremony"];
        for (password, is_accepted) in [
            ("claire-exemplar-2025", false),
            ("Hanoi Ceremony 2025", false),
            ("exemplar@ministry.example!", false),
            ("ClaireClaireClaireClaire1", false),
            ("Claire eats seven apples", true),
            ("no word of it in here", true),
        ] {
            assert_eq!(check_apart_from(password, words).is_ok(), is_accepted, "{password}");
        }
        assert!(
            check_apart_from("short", ["of no matter"]).is_ok(),
            "length is another's to judge"
        );
    }

    #[test]
    fn the_list_is_of_lower_case_and_of_passwords_that_are_long_enough_to_be_chosen() {
        let listed = || COMMON.lines().filter(|line| !line.starts_with('#'));
        assert!(listed().count() > 10_000);
        assert!(listed().all(|line| line.chars().count() >= 8 && line.to_lowercase() == line));
    }
}
