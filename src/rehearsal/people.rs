//! Invented persons, who look it: their names are words for "example", their numbers are out of any series.

use serde::Serialize;

use super::cast::{Part, drawn};
use crate::participants::ParticipantKind;
use crate::text::ParticipantCode;

/// A person, as the API takes one in.
#[derive(Debug, Serialize)]
pub struct Person {
    family_name: String,
    given_names: &'static str,
    badge_name: String,
    native_name: Option<&'static str>,
    form_of_address: &'static str,
    function: &'static str,
    rank: &'static str,
    functional_title: &'static str,
    affiliation: String,
    date_of_birth: String,
    nationality: ParticipantCode,
    passport: Option<Passport>,
    /// Unique at the event, and what a person is found again by.
    pub email: String,
    language: &'static str,
}

#[derive(Debug, Serialize)]
struct Passport {
    number: String,
    expires_on: String,
}

/// What entitles a participant's signatory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer {
    /// Their place among the members: 0 is the head.
    pub index: usize,
    /// As the API names it.
    pub basis: &'static str,
}

/// Words for "example".
const GIVEN_NAMES: [&str; 12] = [
    "Sample",
    "Exemple",
    "Ejemplo",
    "Beispiel",
    "Esempio",
    "Mfano",
    "Örnek",
    "Przykład",
    "Ví Dụ",
    "Contoh",
    "Exempel",
    "Dæmi",
];
const NATIVE_NAMES: [&str; 6] = ["样本", "Пример", "مثال", "उदाहरण", "ምሳሌ", "ตัวอย่าง"];

/// Function, rank and title of those who neither lead nor sign.
const OFFICES: [(&str, &str, &str); 11] = [
    ("representative", "permanent_representative", "Ambassador"),
    ("adviser", "director", "Director for Treaties"),
    ("expert", "official", "Senior Investigator, Cybercrime"),
    ("representative", "director", "Director for International Cooperation"),
    ("interpreter", "none", "Interpreter"),
    ("security", "none", "Protection Officer"),
    ("alternate", "official", "First Secretary"),
    ("staff", "none", "Assistant"),
    ("adviser", "official", "Legal Adviser"),
    ("press", "none", "Press Officer"),
    ("staff", "official", "Protocol Officer"),
];

/// Who signs for a participant, and by what: most by full powers, some by a high office of their own.
pub fn signer(part: &Part) -> Signer {
    let lot = lot(part);
    let basis = match lot % 12 {
        _ if part.participant.kind == ParticipantKind::RegionalOrganization => "full_powers",
        0 | 6 => "foreign_minister",
        4 => "head_of_government",
        8 => "head_of_state",
        _ => "full_powers",
    };
    // By full powers every other signer is somebody else than the head (R11).
    let is_another = part.signing.is_some() && basis == "full_powers" && lot % 2 == 1;
    Signer { index: usize::from(is_another), basis }
}

/// The person with this place in a delegation.
pub fn person(part: &Part, index: usize) -> Person {
    let number = part.number * 1000 + index;
    let given_names = pick(GIVEN_NAMES, number);
    let (function, rank, functional_title) = office(part, index);
    let is_high = matches!(rank, "head_of_state" | "head_of_government");
    let address = match (rank, number % 2) {
        ("none" | "official" | "director", 0) => "Ms.",
        ("none" | "official" | "director", _) => "Mr.",
        (_, 0) => "H.E. Ms.",
        (_, _) => "H.E. Mr.",
    };
    Person {
        family_name: format!("EXEMPLAR {number:06}"),
        given_names,
        badge_name: format!("{given_names} Exemplar {number:06}"),
        native_name: number.is_multiple_of(5).then(|| pick(NATIVE_NAMES, number / 5)),
        form_of_address: address,
        function,
        rank,
        functional_title,
        affiliation: format!("{} (specimen)", part.participant.depositary_name),
        date_of_birth: format!(
            "{}-{:02}-{:02}",
            1950 + number % 50,
            1 + number % 12,
            1 + number % 28
        ),
        nationality: part.nationality.clone(),
        // R36: the highest ranks need none.
        passport: (!is_high).then(|| Passport {
            number: format!("X{number:07}"),
            expires_on: format!("{}-12-31", 2028 + number % 7),
        }),
        email: format!("exemplar.{number:06}@delegate.example"),
        language: pick(["en", "fr", "es", "en"], number),
    }
}

fn office(part: &Part, index: usize) -> (&'static str, &'static str, &'static str) {
    let signer = signer(part);
    match (index, signer.basis) {
        (0, "head_of_state") => ("head", "head_of_state", "Head of State"),
        (0, "head_of_government") => ("head", "head_of_government", "Head of Government"),
        (0, _) if part.participant.kind == ParticipantKind::RegionalOrganization => {
            ("head", "minister", "Commissioner")
        }
        (0, "foreign_minister") => ("head", "minister", "Minister for Foreign Affairs"),
        (0, _) => pick(
            [
                ("head", "minister", "Minister of Justice"),
                ("head", "deputy_prime_minister", "Deputy Prime Minister"),
                ("head", "minister", "Minister of the Interior"),
                ("head", "vice_minister", "Deputy Minister for Digital Affairs"),
            ],
            lot(part),
        ),
        _ if index == signer.index => pick(
            [
                (
                    "signatory",
                    "permanent_representative",
                    "Permanent Representative to the United Nations",
                ),
                ("signatory", "minister", "Minister of Communications"),
                ("signatory", "director", "Attorney General"),
            ],
            lot(part),
        ),
        // Who stands in for the head; a delegation has one.
        _ if index == signer.index + 1 => ("alternate_head", "vice_minister", "Deputy Minister"),
        _ => pick(OFFICES, index),
    }
}

fn lot(part: &Part) -> usize {
    let [first, second, ..] = drawn("signer", &part.participant.code);
    usize::from(first) * 256 + usize::from(second)
}

#[expect(clippy::indexing_slicing, reason = "a remainder is smaller than its divisor")]
fn pick<T: Copy, const N: usize>(from: [T; N], number: usize) -> T {
    from[number % N]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::cast::{Size, cast};
    use super::*;
    use crate::ceremony::Ceremony;

    #[test]
    fn r36_nobody_shares_an_address_or_a_passport_and_everybody_looks_invented() {
        let cast = cast(&Ceremony::load(None).unwrap(), Size::Full);
        let people: Vec<Person> = cast
            .iter()
            .flat_map(|part| (0..part.members).map(|index| person(part, index)))
            .collect();
        let emails: BTreeSet<_> = people.iter().map(|p| &p.email).collect();
        assert_eq!(emails.len(), 2500);
        assert!(emails.iter().all(|email| email.ends_with("@delegate.example")));
        let passports: Vec<_> = people.iter().filter_map(|p| p.passport.as_ref()).collect();
        let numbers: BTreeSet<_> = passports.iter().map(|p| &p.number).collect();
        assert_eq!(numbers.len(), passports.len());
        assert!(people.iter().all(|p| p.family_name.starts_with("EXEMPLAR ")));
    }

    #[test]
    fn r33_a_delegation_has_one_head_at_most_one_alternate_and_its_signatory() {
        for part in cast(&Ceremony::load(None).unwrap(), Size::Full) {
            let of = |function: &str| -> Vec<usize> {
                (0..part.members).filter(|i| person(&part, *i).function == function).collect()
            };
            assert_eq!(of("head"), [0]);
            assert!(of("alternate_head").len() <= 1);
            let signer = signer(&part);
            assert!(signer.index < part.members);
            assert_eq!(of("signatory").len(), signer.index, "the head signs, or one other");
        }
    }

    #[test]
    fn r06_some_sign_by_their_office_and_most_by_full_powers() {
        let cast = cast(&Ceremony::load(None).unwrap(), Size::Full);
        let by = |basis| cast.iter().filter(|part| signer(part).basis == basis).count();
        assert!(by("full_powers") > 55 && by("foreign_minister") > 0);
        assert!(by("head_of_state") > 0 && by("head_of_government") > 0);
    }
}
