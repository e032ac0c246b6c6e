//! What is asked for, field by field. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroize as _;

use crate::delegations::members::{Identity, Person};
use crate::text::choices;

choices! {
    /// A field of a member.
    #[schema(as = MemberField)]
    Field {
        /// As in the passport.
        FamilyName = "family_name",
        /// As in the passport.
        GivenNames = "given_names",
        /// As it is printed.
        BadgeName = "badge_name",
        /// In the person's own script.
        NativeName = "native_name",
        /// `H.E. Ms.`
        FormOfAddress = "form_of_address",
        /// What they are in the delegation.
        Function = "function",
        /// Their rank.
        Rank = "rank",
        /// `Minister of Justice`
        FunctionalTitle = "functional_title",
        /// `Ministry of Justice`
        Affiliation = "affiliation",
        /// As in the passport.
        Nationality = "nationality",
        /// Their own.
        Email = "email",
        /// The one they want to be written to in.
        Language = "language",
        /// Sealed at rest.
        DateOfBirth = "date_of_birth",
        /// Sealed at rest.
        PassportNumber = "passport_number",
        /// Sealed at rest.
        PassportExpiresOn = "passport_expires_on",
        /// Sealed at rest: all further passports at once.
        OtherPassports = "other_passports",
    }
}

/// A value in words. Never printed, since some are secret; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Said(String);

/// One field, as it stood when the change was asked for, and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// What stood.
    pub before: Option<Said>,
    /// What is asked for.
    pub after: Option<Said>,
}

/// What is asked for: the fields that are to differ, in the order of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Difference(pub Vec<Change>);

impl Field {
    /// Whether a change of it sends the person back to vetting: names, nationality, date of birth and passport are what
    /// security looked at, and the name on the badge is what a gate compares with the face (R37, R41).
    #[must_use]
    pub fn is_material(self) -> bool {
        match self {
            Self::FamilyName
            | Self::GivenNames
            | Self::BadgeName
            | Self::NativeName
            | Self::Nationality
            | Self::DateOfBirth
            | Self::PassportNumber
            | Self::PassportExpiresOn
            | Self::OtherPassports => true,
            Self::FormOfAddress
            | Self::Function
            | Self::Rank
            | Self::FunctionalTitle
            | Self::Affiliation
            | Self::Email
            | Self::Language => false,
        }
    }

    /// Whether its value is unreadable at rest (R50).
    #[must_use]
    pub fn is_sealed(self) -> bool {
        matches!(
            self,
            Self::DateOfBirth
                | Self::PassportNumber
                | Self::PassportExpiresOn
                | Self::OtherPassports
        )
    }

    /// Its value, in words.
    fn of(self, person: &Person, identity: &Identity) -> Option<Said> {
        let said = |text: &str| Some(Said(text.to_owned()));
        match self {
            Self::FamilyName => said(person.family_name.as_str()),
            Self::GivenNames => person.given_names.as_ref().and_then(|name| said(name.as_str())),
            Self::BadgeName => said(person.badge_name.as_str()),
            Self::NativeName => person.native_name.as_ref().and_then(|name| said(name.as_str())),
            Self::FormOfAddress => person.form_of_address.as_ref().and_then(|l| said(l.as_str())),
            Self::Function => said(person.function.as_str()),
            Self::Rank => said(person.rank.as_str()),
            Self::FunctionalTitle => {
                person.functional_title.as_ref().and_then(|title| said(title.as_str()))
            }
            Self::Affiliation => person.affiliation.as_ref().and_then(|l| said(l.as_str())),
            Self::Nationality => person.nationality.as_ref().and_then(|code| said(code.as_str())),
            Self::Email => person.email.as_ref().and_then(|email| said(email.as_str())),
            Self::Language => person.language.as_ref().and_then(|code| said(code.as_str())),
            Self::DateOfBirth => identity.date_of_birth.map(|day| Said(day.0.to_string())),
            Self::PassportNumber => {
                identity.passport_number.as_ref().and_then(|number| said(number.expose()))
            }
            Self::PassportExpiresOn => {
                identity.passport_expires_on.map(|day| Said(day.0.to_string()))
            }
            Self::OtherPassports => {
                let written = identity.other_passports.written().ok().flatten();
                written.and_then(|list| said(&list))
            }
        }
    }
}

impl Difference {
    /// What differs between what stands and what is wanted.
    #[must_use]
    pub fn between(stands: (&Person, &Identity), wanted: (&Person, &Identity)) -> Self {
        let changes = Field::ALL.iter().map(|field| Change {
            field: *field,
            before: field.of(stands.0, stands.1),
            after: field.of(wanted.0, wanted.1),
        });
        Self(changes.filter(|change| change.before != change.after).collect())
    }

    /// Whether it sends the person back to vetting.
    #[must_use]
    pub fn is_material(&self) -> bool {
        self.0.iter().any(|change| change.field.is_material())
    }

    /// What may be read at rest, and what is to be sealed.
    #[must_use]
    pub fn split(self) -> (Self, Self) {
        let (sealed, plain) = self.0.into_iter().partition(|change| change.field.is_sealed());
        (Self(plain), Self(sealed))
    }

    /// Both together again.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self(self.0.into_iter().chain(other.0).collect())
    }

    /// Which fields do not stand any more as they stood when this was asked for.
    #[must_use]
    pub fn overtaken(&self, person: &Person, identity: &Identity) -> Vec<Field> {
        let moved =
            self.0.iter().filter(|change| change.field.of(person, identity) != change.before);
        moved.map(|change| change.field).collect()
    }

    /// The merge patch that brings it about: a request says nothing that the body of a change could not say.
    #[must_use]
    pub fn patch(&self) -> Value {
        let (mut patch, mut passport) = (Map::new(), Map::new());
        for change in &self.0 {
            let value = json!(change.after);
            match change.field {
                Field::OtherPassports => patch.insert("other_passports".to_owned(), change.list()),
                Field::PassportNumber => passport.insert("number".to_owned(), value),
                Field::PassportExpiresOn => passport.insert("expires_on".to_owned(), value),
                field => patch.insert(field.as_str().to_owned(), value),
            };
        }
        if !passport.is_empty() {
            patch.insert("passport".to_owned(), passport.into());
        }
        patch.into()
    }
}

impl Change {
    /// The list that is asked for, as it is sent.
    fn list(&self) -> Value {
        let list = self.after.as_ref().and_then(|list| serde_json::from_str(list.expose()).ok());
        list.unwrap_or(Value::Null)
    }
}

impl Said {
    /// The words themselves.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegations::members::body::{self, MemberPatch};
    use crate::delegations::members::model::Calendar;
    use crate::delegations::members::{
        Function, Nationality, OtherPassports, PassportNumber, Rank,
    };
    use crate::input::{Date, Faults};
    use crate::text::{Email, Label, Language, PersonName};

    const OTHERS: &str = r#"[{"nationality":"DEU","number":"C0000456","expires_on":"2031-01-01"}]"#;

    fn day(day: &str) -> Date {
        Date::parse(day).unwrap()
    }

    fn sparse() -> (Person, Identity) {
        let person = Person {
            family_name: PersonName::parse("EXAMPLE").unwrap(),
            given_names: None,
            badge_name: PersonName::parse("Example").unwrap(),
            native_name: None,
            form_of_address: None,
            function: Function::Adviser,
            rank: Rank::None,
            functional_title: None,
            affiliation: None,
            nationality: None,
            email: None,
            language: None,
        };
        (person, Identity::default())
    }

    fn full() -> (Person, Identity) {
        let person = Person {
            family_name: PersonName::parse("SAMPLE").unwrap(),
            given_names: PersonName::parse("Ann").ok(),
            badge_name: PersonName::parse("Ann Sample").unwrap(),
            native_name: PersonName::parse("样本").ok(),
            form_of_address: Label::parse("Ms.").ok(),
            function: Function::Head,
            rank: Rank::Minister,
            functional_title: Label::parse("Minister of Samples").ok(),
            affiliation: Label::parse("Ministry of Samples").ok(),
            nationality: Nationality::parse("FRA").ok(),
            email: Email::parse("ann@ministry.example").ok(),
            language: Language::parse("fr").ok(),
        };
        let identity = Identity {
            date_of_birth: Some(day("1970-02-03")),
            passport_number: PassportNumber::parse("X0000123").ok(),
            passport_expires_on: Some(day("2030-01-01")),
            other_passports: OtherPassports::read(OTHERS).unwrap(),
        };
        (person, identity)
    }

    fn of(one: &(Person, Identity)) -> (&Person, &Identity) {
        (&one.0, &one.1)
    }

    #[test]
    fn r37_a_difference_brings_about_what_it_was_taken_from_in_both_directions() {
        let calendar = Calendar { today: day("2025-10-01").0, last_day: day("2025-10-26").0 };
        for (stands, wanted) in [(sparse(), full()), (full(), sparse()), (full(), full())] {
            let difference = Difference::between(of(&stands), of(&wanted));
            assert_eq!(difference.0.len(), if stands == wanted { 0 } else { Field::ALL.len() });
            assert_eq!(difference.overtaken(&stands.0, &stands.1), []);
            // It survives its way into the database and out again, in two parts.
            let (plain, secret) = difference.split();
            let kept = [plain, secret].map(|part| serde_json::to_string(&part).unwrap());
            assert!(!kept[0].contains("X0000123") && !kept[0].contains("1970"));
            assert!(!kept[0].contains("C0000456"));
            let [plain, secret] =
                kept.map(|part| serde_json::from_str::<Difference>(&part).unwrap());
            let patch = body::read::<MemberPatch>(plain.join(secret).patch(), calendar).unwrap();
            let mut faults = Faults::default();
            assert_eq!(patch.apply(stands.0, stands.1, &mut faults), wanted);
            assert_eq!(faults, Faults::default());
        }
    }

    #[test]
    fn r37_what_security_looked_at_is_material_and_the_rest_is_not() {
        let stands = full();
        let mut wanted = full();
        wanted.0.functional_title = None;
        wanted.0.function = Function::Adviser;
        wanted.0.email = Email::parse("ann@other.example").ok();
        assert!(!Difference::between(of(&stands), of(&wanted)).is_material());
        wanted.1.passport_expires_on = Some(day("2031-01-01"));
        let difference = Difference::between(of(&stands), of(&wanted));
        assert!(difference.is_material());
        assert!(Field::ALL.iter().all(|field| field.is_material() || !field.is_sealed()));
        // What changed in the meantime is named.
        assert_eq!(difference.overtaken(&wanted.0, &stands.1).len(), 3);
        assert_eq!(difference.overtaken(&stands.0, &wanted.1), [Field::PassportExpiresOn]);
        assert!(!format!("{difference:?}").contains("2031"), "a secret is never printed");
    }
}
