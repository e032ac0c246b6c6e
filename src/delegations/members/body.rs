//! What missions send of a person. Every fault is found at once, those of the dates included (R54).

use deserr::Deserr;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{Calendar, Identity, Person};
use super::passports::{OtherPassport, OtherPassports};
use super::person::{Function, Nationality, PassportNumber, Rank};
use crate::input::{Date, Faults, Patch};
use crate::text::{Email, Label, Language, PersonName};

/// A person to be entered. Names, function and rank are needed at once, the rest before the entry is submitted.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewMember {
    /// As in the passport.
    family_name: PersonName,
    /// As in the passport; null for a person with one name.
    given_names: Option<PersonName>,
    /// As it is printed; given and family names where nothing is said.
    #[deserr(default)]
    badge_name: Option<PersonName>,
    /// In the person's own script.
    #[deserr(default)]
    native_name: Option<PersonName>,
    /// `H.E. Ms.`
    #[deserr(default)]
    form_of_address: Option<Label>,
    function: Function,
    rank: Rank,
    /// `Minister of Justice`
    #[deserr(default)]
    functional_title: Option<Label>,
    /// `Ministry of Justice`
    #[deserr(default)]
    affiliation: Option<Label>,
    #[deserr(default)]
    date_of_birth: Option<Date>,
    /// Three letters, as in the passport.
    #[deserr(default)]
    nationality: Option<Nationality>,
    #[deserr(default)]
    passport: Option<Passport>,
    /// Further passports, at most five: of other nationalities, or second ones. They need not outlive the event.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<OtherPassport>>)]
    other_passports: Option<OtherPassports>,
    /// The person's own; nobody else at the event has it.
    #[deserr(default)]
    email: Option<Email>,
    /// The language that the person wants to be written to in.
    #[deserr(default)]
    language: Option<Language>,
}

/// A passport, as far as it is known.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewPassport)]
pub struct Passport {
    /// 5 to 20 letters and digits.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    number: Option<PassportNumber>,
    /// Valid at least until the last day of the event (R36).
    #[deserr(default)]
    expires_on: Option<Date>,
}

/// What changes of a person (JSON Merge Patch).
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct MemberPatch {
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    family_name: Patch<PersonName>,
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    given_names: Patch<PersonName>,
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    badge_name: Patch<PersonName>,
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    native_name: Patch<PersonName>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    form_of_address: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Function>)]
    function: Patch<Function>,
    #[deserr(default)]
    #[schema(value_type = Option<Rank>)]
    rank: Patch<Rank>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    functional_title: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    affiliation: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Date>)]
    date_of_birth: Patch<Date>,
    #[deserr(default)]
    #[schema(value_type = Option<Nationality>)]
    nationality: Patch<Nationality>,
    #[deserr(default)]
    #[schema(value_type = Option<Passport>)]
    passport: Patch<PassportPatch>,
    /// All of them: a list takes the place of the list before.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<OtherPassport>>)]
    other_passports: Patch<OtherPassports>,
    #[deserr(default)]
    #[schema(value_type = Option<Email>)]
    email: Patch<Email>,
    #[deserr(default)]
    #[schema(value_type = Option<Language>)]
    language: Patch<Language>,
}

#[derive(Debug, Clone, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
struct PassportPatch {
    #[deserr(default)]
    number: Patch<PassportNumber>,
    #[deserr(default)]
    expires_on: Patch<Date>,
}

/// Reads a body with all its faults. The dates are judged although other fields have no value, so that one answer
/// names everything.
pub fn read<T: Deserr<Faults>>(body: Value, calendar: Calendar) -> Result<T, Faults> {
    let date = |pointer| {
        body.pointer(pointer).and_then(Value::as_str).and_then(|text| Date::parse(text).ok())
    };
    let mut faults = Faults::default();
    calendar.judge(date("/date_of_birth"), date("/passport/expires_on"), &mut faults);
    match deserr::deserialize::<T, _, Faults>(body) {
        Ok(value) => faults.none_or().map(|()| value),
        Err(Faults(mut all)) => {
            all.extend(faults.0);
            Err(Faults(all))
        }
    }
}

impl NewMember {
    /// What is said, and what of it is to be sealed, where its dates can be.
    pub fn judged(self, calendar: Calendar) -> Result<(Person, Identity), Faults> {
        let mut faults = Faults::default();
        let expires_on = self.passport.as_ref().and_then(|passport| passport.expires_on);
        calendar.judge(self.date_of_birth, expires_on, &mut faults);
        faults.none_or()?;
        self.split()
    }

    /// What is said, and what of it is to be sealed.
    pub fn split(self) -> Result<(Person, Identity), Faults> {
        let identity = Identity {
            date_of_birth: self.date_of_birth,
            passport_expires_on: self.passport.as_ref().and_then(|passport| passport.expires_on),
            passport_number: self.passport.and_then(|passport| passport.number),
            other_passports: self.other_passports.unwrap_or_default(),
        };
        let given = self.given_names.iter().map(PersonName::as_str);
        let both = given.chain([self.family_name.as_str()]).collect::<Vec<_>>().join(" ");
        let badge_name = match self.badge_name {
            Some(name) => name,
            None => PersonName::parse(&both).map_err(|f| Faults::at("/badge_name", f))?,
        };
        let person = Person {
            family_name: self.family_name,
            given_names: self.given_names,
            badge_name,
            native_name: self.native_name,
            form_of_address: self.form_of_address,
            function: self.function,
            rank: self.rank,
            functional_title: self.functional_title,
            affiliation: self.affiliation,
            nationality: self.nationality,
            email: self.email,
            language: self.language,
        };
        Ok((person, identity))
    }
}

impl MemberPatch {
    /// What is said after the patch; what cannot be cleared is a fault.
    pub fn apply(
        self,
        before: Person,
        sealed: Identity,
        faults: &mut Faults,
    ) -> (Person, Identity) {
        let person = Person {
            family_name: self
                .family_name
                .required("/family_name", faults)
                .unwrap_or(before.family_name),
            given_names: self.given_names.apply(before.given_names),
            badge_name: self
                .badge_name
                .required("/badge_name", faults)
                .unwrap_or(before.badge_name),
            native_name: self.native_name.apply(before.native_name),
            form_of_address: self.form_of_address.apply(before.form_of_address),
            function: self.function.required("/function", faults).unwrap_or(before.function),
            rank: self.rank.required("/rank", faults).unwrap_or(before.rank),
            functional_title: self.functional_title.apply(before.functional_title),
            affiliation: self.affiliation.apply(before.affiliation),
            nationality: self.nationality.apply(before.nationality),
            email: self.email.apply(before.email),
            language: self.language.apply(before.language),
        };
        let (passport_number, passport_expires_on) = match self.passport {
            Patch::Keep => (sealed.passport_number, sealed.passport_expires_on),
            Patch::Clear => (None, None),
            Patch::Set(passport) => (
                passport.number.apply(sealed.passport_number),
                passport.expires_on.apply(sealed.passport_expires_on),
            ),
        };
        let date_of_birth = self.date_of_birth.apply(sealed.date_of_birth);
        let other_passports =
            self.other_passports.apply(Some(sealed.other_passports)).unwrap_or_default();
        (person, Identity { date_of_birth, passport_number, passport_expires_on, other_passports })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calendar() -> Calendar {
        let day = |day| Date::parse(day).unwrap().0;
        Calendar { today: day("2025-10-01"), last_day: day("2025-10-26") }
    }

    #[test]
    fn r54_the_faults_of_dates_and_of_fields_come_together() {
        let body = json!({
            "given_names": "Ann", "function": "king", "rank": "minister", "date_of_birth": "2031-01-01",
            "passport": { "number": "no!", "expires_on": "2025-10-25" }, "email": "nobody", "role": "admin",
        });
        let Faults(faults) = read::<NewMember>(body, calendar()).unwrap_err();
        let mut seen: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                ("/date_of_birth", "too_late"),
                ("/email", "invalid_email"),
                ("/family_name", "required"),
                ("/function", "unknown_value"),
                ("/passport/expires_on", "too_early"),
                ("/passport/number", "invalid_passport_number"),
                ("/role", "unknown_field"),
            ]
        );
        assert!(faults.iter().all(|f| !f.detail.contains("no!") && !f.detail.contains("2031")));
    }

    #[test]
    fn r36_a_person_with_one_name_says_so() {
        let body = json!({ "family_name": "Sample", "function": "staff", "rank": "none" });
        let Faults(faults) = read::<NewMember>(body.clone(), calendar()).unwrap_err();
        assert_eq!(faults[0].pointer, "/given_names");
        let mut body = body;
        body["given_names"] = Value::Null;
        let (person, _) = read::<NewMember>(body, calendar()).unwrap().split().unwrap();
        assert_eq!(person.badge_name.as_str(), "Sample");
    }

    #[test]
    fn a_patch_reaches_into_the_passport_and_clears_only_what_may_be_empty() {
        let body = json!({
            "family_name": "Sample", "given_names": "Ann", "function": "staff", "rank": "none",
            "passport": { "number": "X0000123", "expires_on": "2030-01-01" }, "affiliation": "Ministry of Samples",
        });
        let (person, identity) = read::<NewMember>(body, calendar()).unwrap().split().unwrap();
        let patch = json!({ "passport": { "expires_on": "2031-01-01" }, "affiliation": null, "rank": null });
        let patch = read::<MemberPatch>(patch, calendar()).unwrap();
        let mut faults = Faults::default();
        let (after, sealed) = patch.apply(person.clone(), identity.clone(), &mut faults);
        assert_eq!(after, Person { affiliation: None, ..person });
        assert_eq!(sealed.passport_number, identity.passport_number);
        assert_eq!(sealed.passport_expires_on, Date::parse("2031-01-01").ok());
        assert_eq!(faults.0.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(), ["/rank"]);
    }
}
