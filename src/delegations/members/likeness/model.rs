//! By what two entries are known to be of one person, and what is strange in a name. Pure.

use unicode_security::MixedScript as _;

use crate::collation::fold;
use crate::delegations::members::{Identity, Person};
use crate::text::{PersonName, choices};
use crate::vault::MarkingKey;

choices! {
    /// By what two entries are alike.
    Likeness {
        /// The number of a passport.
        Passport = "passport",
        /// Name and date of birth.
        NameAndBirth = "name_and_birth",
    }
}

/// A keyed hash by which two entries are compared without being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Of what.
    pub kind: Likeness,
    /// HMAC-SHA256 under a key that is not in the database.
    pub hash: [u8; 32],
}

/// The marks of a person: one for each passport, and one for name and date of birth.
#[must_use]
pub fn marks(key: &MarkingKey, person: &Person, identity: &Identity) -> Vec<Mark> {
    let first = identity.passport_number.as_ref();
    let numbers = first.into_iter().chain(identity.other_passports.iter().map(|one| &one.number));
    // Fillers at the end are typed or not.
    let numbers = numbers.map(|number| number.expose().trim_end_matches('<'));
    let of = |kind: Likeness, text: &str| Mark { kind, hash: key.mark(kind.as_str(), text) };
    let mut marks: Vec<_> = numbers.map(|number| of(Likeness::Passport, number)).collect();
    marks.extend(identity.date_of_birth.map(|born| {
        let text = format!("{}\t{}", name(person), born.0);
        of(Likeness::NameAndBirth, &zeroize::Zeroizing::new(text))
    }));
    marks.sort_by_key(|mark| (mark.kind.as_str(), mark.hash));
    marks.dedup();
    marks
}

/// The name, however it was divided, ordered and accented.
fn name(person: &Person) -> String {
    let full = fold(&person.full_name());
    let mut words: Vec<_> = full.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// The names in which a word mixes scripts, as one does who writes a Latin name with a Cyrillic letter that looks the
/// same. Scripts that are written together, as in Japanese, are no mixture (UTS #39).
#[must_use]
pub fn mixed(person: &Person) -> Vec<&'static str> {
    let names = [
        ("family_name", Some(&person.family_name)),
        ("given_names", person.given_names.as_ref()),
        ("badge_name", Some(&person.badge_name)),
        ("native_name", person.native_name.as_ref()),
    ];
    let is_mixed =
        |name: &PersonName| name.as_str().split_whitespace().any(|word| !word.is_single_script());
    names
        .into_iter()
        .filter(|(_, name)| name.is_some_and(is_mixed))
        .map(|(field, _)| field)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegations::members::{Function, PassportNumber, Rank};
    use crate::input::Date;
    use crate::vault::Vault;

    fn person(family: &str, given: &str) -> Person {
        Person {
            family_name: PersonName::parse(family).unwrap(),
            given_names: PersonName::parse(given).ok(),
            badge_name: PersonName::parse(family).unwrap(),
            native_name: None,
            form_of_address: None,
            function: Function::Adviser,
            rank: Rank::None,
            functional_title: None,
            affiliation: None,
            nationality: None,
            email: None,
            language: None,
        }
    }

    fn identity(number: &str, born: &str) -> Identity {
        Identity {
            date_of_birth: Date::parse(born).ok(),
            passport_number: PassportNumber::parse(number).ok(),
            ..Identity::default()
        }
    }

    #[test]
    fn r36_one_person_has_the_same_marks_however_the_name_was_typed() {
        let vault = Vault::ephemeral();
        let of = |family, given, number, born| {
            marks(&vault.marking(), &person(family, given), &identity(number, born))
        };
        let first = of("NGUYỄN", "Thị Ví Dụ", "X0000123", "1970-02-03");
        assert_eq!(first.len(), 2);
        assert_eq!(of("Vi Du", "Nguyen Thi", "x0000123<<", "1970-02-03"), first);
        let later = of("NGUYỄN", "Thị Ví Dụ", "X0000124", "1970-02-04");
        assert!(later.iter().all(|mark| !first.contains(mark)));
        assert_eq!(marks(&vault.marking(), &person("A", ""), &Identity::default()), []);
        // Without the key nobody can tell by trying: another key makes other marks.
        let other = Vault::ephemeral();
        let same = marks(
            &other.marking(),
            &person("Vi Du", "Nguyen Thi"),
            &identity("X0000123", "1970-02-03"),
        );
        assert!(same.iter().all(|mark| !first.contains(mark)));
    }

    #[test]
    fn r36_a_word_that_mixes_scripts_is_noticed_and_two_scripts_side_by_side_are_not() {
        // The first letter of the second is Cyrillic.
        assert_eq!(mixed(&person("SAMPLE", "Аnn")), ["given_names"]);
        assert_eq!(mixed(&person("SАMPLE", "Ann")), ["family_name", "badge_name"]);
        for name in
            ["O’Sample-Beispiel Jr.", "Пример", "見本サンプル", "样本 Sample", "Đỗ", "محمد المثال"]
        {
            assert_eq!(mixed(&person(name, "Ann")), [""; 0], "{name}");
        }
    }
}
