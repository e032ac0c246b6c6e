//! What of a person the audit trail says: of what is sealed, and of the address, never the value (R51).

use serde_json::{Map, Value, json};

use super::model::{Identity, Person};

/// Everything that was entered.
pub fn all(person: &Person, identity: &Identity) -> Map<String, Value> {
    let given = |is_given: bool| if is_given { json!("given") } else { Value::Null };
    let has_passport = identity.passport_number.is_some() || identity.passport_expires_on.is_some();
    let told = json!({
        "family_name": person.family_name,
        "given_names": person.given_names,
        "badge_name": person.badge_name,
        "native_name": person.native_name,
        "form_of_address": person.form_of_address,
        "function": person.function,
        "rank": person.rank,
        "functional_title": person.functional_title,
        "affiliation": person.affiliation,
        "nationality": person.nationality,
        "language": person.language,
        "email": given(person.email.is_some()),
        "date_of_birth": given(identity.date_of_birth.is_some()),
        "passport": given(has_passport),
        "other_passports": given(identity.other_passports.iter().next().is_some()),
    });
    match told {
        Value::Object(told) => told,
        _ => Map::new(),
    }
}

/// What was and what is, where it differs.
pub fn difference(
    before: (&Person, &Identity),
    after: (&Person, &Identity),
) -> (Map<String, Value>, Map<String, Value>) {
    let (was, is) = (all(before.0, before.1), all(after.0, after.1));
    let only = |one: &Map<String, Value>, other: &Map<String, Value>| -> Map<String, Value> {
        let differs = one.iter().filter(|(name, value)| other.get(*name) != Some(*value));
        differs.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let (mut old, mut new) = (only(&was, &is), only(&is, &was));
    let (sealed, opened) = (before.1, after.1);
    let passport_differs = sealed.passport_number != opened.passport_number
        || sealed.passport_expires_on != opened.passport_expires_on;
    for (name, differs) in [
        ("email", before.0.email != after.0.email),
        ("date_of_birth", sealed.date_of_birth != opened.date_of_birth),
        ("passport", passport_differs),
        ("other_passports", sealed.other_passports != opened.other_passports),
    ] {
        if differs {
            old.remove(name);
            new.insert(name.to_owned(), json!("changed"));
        }
    }
    (old, new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegations::members::{Function, OtherPassports, PassportNumber, Rank};
    use crate::input::Date;
    use crate::text::{Email, Label, PersonName};

    #[test]
    fn r51_the_audit_trail_says_that_a_secret_changed_and_never_what_it_is() {
        let before = Person {
            family_name: PersonName::parse("EXAMPLE").unwrap(),
            given_names: PersonName::parse("Ann").ok(),
            badge_name: PersonName::parse("Ann Example").unwrap(),
            native_name: None,
            form_of_address: None,
            function: Function::Head,
            rank: Rank::Minister,
            functional_title: None,
            affiliation: None,
            nationality: None,
            email: Email::parse("ann@ministry.example").ok(),
            language: None,
        };
        let sealed = Identity {
            date_of_birth: Date::parse("1970-02-03").ok(),
            passport_number: PassportNumber::parse("X0000123").ok(),
            passport_expires_on: Date::parse("2030-01-01").ok(),
            ..Identity::default()
        };
        let title = Label::parse("Minister of Samples").ok();
        let email = Email::parse("ann@other.example").ok();
        let after = Person { functional_title: title, email, ..before.clone() };
        let others = r#"[{"nationality":"DEU","number":"C0000456","expires_on":"2031-01-01"}]"#;
        let opened = Identity {
            passport_number: PassportNumber::parse("X0000999").ok(),
            other_passports: OtherPassports::read(others).unwrap(),
            ..sealed.clone()
        };

        let (was, is) = difference((&before, &sealed), (&after, &opened));
        assert_eq!(Value::from(was), json!({ "functional_title": null }));
        let expected = json!({
            "functional_title": "Minister of Samples", "email": "changed", "passport": "changed",
            "other_passports": "changed",
        });
        assert_eq!(Value::from(is), expected);

        let told = Value::from(all(&before, &opened)).to_string();
        for secret in ["X0000999", "1970", "2030", "ann@", "C0000456", "DEU"] {
            assert!(!told.contains(secret), "{secret}");
        }
        assert_eq!(difference((&before, &sealed), (&before, &sealed)), (Map::new(), Map::new()));
    }
}
