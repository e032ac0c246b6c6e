//! The columns of a list of members, and how a row becomes what the JSON bodies say: nothing is judged here. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::delegations::members::body::NewMember;
use crate::delegations::members::{Function, Identity, PassportNumber, Person, Rank};
use crate::input::{Date, Faults};
use crate::text::{Email, Label, Language, PersonName, choices};

choices! {
    /// A column of a list of members; its name is its title.
    #[schema(as = ImportColumn)]
    Column {
        /// The entry's id, as an export gives it. Empty for somebody new.
        Id = "id",
        /// As in the passport.
        FamilyName = "family_name",
        /// As in the passport; empty for a person with one name.
        GivenNames = "given_names",
        /// As it is printed; empty: given and family names.
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
        /// A day.
        DateOfBirth = "date_of_birth",
        /// As in the passport.
        Nationality = "nationality",
        /// As in the passport; an export masks it.
        PassportNumber = "passport_number",
        /// A day.
        PassportExpiresOn = "passport_expires_on",
        /// Tells who is meant where there is no id.
        Email = "email",
        /// The one they want to be written to in.
        Language = "language",
    }
}

/// The cells of a row by their columns. A column that the file does not have is absent, an empty cell is empty.
pub type Cells = BTreeMap<Column, String>;

impl Column {
    /// Without these a person cannot be entered.
    pub const REQUIRED: &'static [Self] =
        &[Self::FamilyName, Self::GivenNames, Self::Function, Self::Rank];

    /// The column of a title, however it was capitalized or spaced.
    pub fn titled(title: &str) -> Option<Self> {
        let title = title.trim().to_lowercase().replace([' ', '-'], "_");
        Self::parse(&title).ok()
    }

    /// The column of a field of a body.
    pub fn of_pointer(pointer: &str) -> Option<Self> {
        match pointer {
            "/passport/number" => Some(Self::PassportNumber),
            "/passport/expires_on" => Some(Self::PassportExpiresOn),
            pointer => Self::parse(pointer.trim_start_matches('/')).ok(),
        }
    }

    /// The values that a column takes, where they can be listed.
    pub fn choices(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Function => Some(Function::ALL.iter().map(Function::as_str).collect()),
            Self::Rank => Some(Rank::ALL.iter().map(Rank::as_str).collect()),
            _ => None,
        }
    }

    /// What a column takes, for people.
    pub fn describe(self) -> String {
        if let Some(choices) = self.choices() {
            return choices.join(" ");
        }
        let text = match self {
            Self::Id => "of an entry that exists; empty for somebody new",
            Self::FamilyName => "required, as in the passport",
            Self::GivenNames => "as in the passport; empty for a person with one name",
            Self::BadgeName => "as it is printed; empty: given names and family name",
            Self::NativeName => "in the person's own script",
            Self::FormOfAddress => "for example H.E. Ms.",
            Self::FunctionalTitle => "for example Minister of Justice",
            Self::Affiliation => "for example Ministry of Justice",
            Self::DateOfBirth => "YYYY-MM-DD",
            Self::Nationality => "three capital letters, as in the passport",
            Self::PassportNumber => "5 to 20 letters and digits, as in the passport",
            Self::PassportExpiresOn => "YYYY-MM-DD, the last day of the event or later",
            Self::Email => "the person's own, not shared with anybody",
            Self::Language => "ISO 639, for example en, fr or vi",
            Self::Function | Self::Rank => "",
        };
        text.to_owned()
    }
}

/// What is said of a person, as a row. The passport's number is in clear: mask it before it goes out.
pub fn cells(person: &Person, identity: &Identity) -> Cells {
    fn text<T>(value: Option<&T>, read: impl Fn(&T) -> &str) -> String {
        value.map(|value| read(value).to_owned()).unwrap_or_default()
    }
    let day = |date: Option<Date>| date.map(|Date(day)| day.to_string()).unwrap_or_default();
    Cells::from([
        (Column::FamilyName, person.family_name.to_string()),
        (Column::GivenNames, text(person.given_names.as_ref(), PersonName::as_str)),
        (Column::BadgeName, person.badge_name.to_string()),
        (Column::NativeName, text(person.native_name.as_ref(), PersonName::as_str)),
        (Column::FormOfAddress, text(person.form_of_address.as_ref(), Label::as_str)),
        (Column::Function, person.function.to_string()),
        (Column::Rank, person.rank.to_string()),
        (Column::FunctionalTitle, text(person.functional_title.as_ref(), Label::as_str)),
        (Column::Affiliation, text(person.affiliation.as_ref(), Label::as_str)),
        (Column::DateOfBirth, day(identity.date_of_birth)),
        (Column::Nationality, text(person.nationality.as_ref(), |n| n.as_str())),
        (Column::PassportNumber, text(identity.passport_number.as_ref(), PassportNumber::expose)),
        (Column::PassportExpiresOn, day(identity.passport_expires_on)),
        (Column::Email, text(person.email.as_ref(), Email::as_str)),
        (Column::Language, text(person.language.as_ref(), Language::as_str)),
    ])
}

/// The person of a row that [`cells`] wrote, read by the same rules. What has become too old or too young since is
/// not judged again.
pub fn person(cells: &Cells) -> Result<(Person, Identity), Faults> {
    deserr::deserialize::<NewMember, _, Faults>(as_new(cells))?.split()
}

/// A row as the body of somebody new: what is empty is left out.
pub fn as_new(cells: &Cells) -> Value {
    let mut body = fields(cells, |_| None);
    // A person with one name says so by an empty cell.
    if cells.contains_key(&Column::GivenNames) {
        body.entry(Column::GivenNames.as_str()).or_insert(Value::Null);
    }
    body.into()
}

/// A row as the patch of somebody known: what is empty is cleared, what the file does not have stays.
pub fn as_patch(cells: &Cells) -> Value {
    // An empty badge name stands for the person's names; it is not to be cleared.
    fields(cells, |column| (column != Column::BadgeName).then_some(Value::Null)).into()
}

/// Whether a cell shows the end of a passport's number only, as an export does.
pub fn is_masked(cell: &str) -> bool {
    cell.trim().starts_with("•••")
}

fn fields(cells: &Cells, blank: impl Fn(Column) -> Option<Value>) -> Map<String, Value> {
    let (mut body, mut passport) = (Map::new(), Map::new());
    for (column, cell) in cells {
        let value = if cell.trim().is_empty() { blank(*column) } else { Some(json!(cell.trim())) };
        let Some(value) = value else { continue };
        match column {
            Column::Id => {}
            // Whose end is shown is compared, not read.
            Column::PassportNumber if is_masked(cell) => {}
            Column::PassportNumber => drop(passport.insert("number".to_owned(), value)),
            Column::PassportExpiresOn => drop(passport.insert("expires_on".to_owned(), value)),
            column => drop(body.insert(column.to_string(), value)),
        }
    }
    if !passport.is_empty() {
        body.insert("passport".to_owned(), passport.into());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_a_row_is_read_as_the_same_person() {
        let body = json!({
            "family_name": "EXAMPLE", "given_names": null, "badge_name": "=Ann", "native_name": "样本",
            "form_of_address": "H.E. Ms.", "function": "head", "rank": "minister", "functional_title": "Minister",
            "affiliation": "Ministry", "date_of_birth": "1970-02-03", "nationality": "FRA", "email": "ann@ministry.example",
            "passport": { "number": "X0000123", "expires_on": "2030-01-01" }, "language": "fr",
        });
        let (one, identity) =
            deserr::deserialize::<NewMember, _, Faults>(body).unwrap().split().unwrap();
        let written = cells(&one, &identity);
        assert_eq!(written.len(), Column::ALL.len() - 1, "every column but the id");
        assert!(
            written.values().all(|cell| !cell.is_empty() || cell == &written[&Column::GivenNames])
        );
        assert_eq!(person(&written).unwrap(), (one, identity));
    }

    #[test]
    fn a_title_is_known_however_it_is_written_and_a_fault_finds_its_column() {
        for title in ["family_name", " Family Name ", "FAMILY-NAME"] {
            assert_eq!(Column::titled(title), Some(Column::FamilyName));
        }
        assert_eq!(Column::titled("surname"), None);
        assert_eq!(Column::of_pointer("/passport/expires_on"), Some(Column::PassportExpiresOn));
        assert_eq!(Column::of_pointer("/email"), Some(Column::Email));
        assert_eq!(Column::of_pointer("/passport"), None);
    }

    #[test]
    fn an_empty_cell_clears_and_a_missing_column_keeps() {
        let row = Cells::from([
            (Column::Affiliation, "  ".to_owned()),
            (Column::BadgeName, String::new()),
            (Column::GivenNames, String::new()),
            (Column::PassportNumber, "•••123".to_owned()),
            (Column::PassportExpiresOn, "2030-01-01".to_owned()),
        ]);
        assert_eq!(
            as_patch(&row),
            json!({ "affiliation": null, "given_names": null, "passport": { "expires_on": "2030-01-01" } })
        );
        let new = json!({ "given_names": null, "passport": { "expires_on": "2030-01-01" } });
        assert_eq!(as_new(&row), new);
    }
}
