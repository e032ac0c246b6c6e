//! A participant: a State or an organization of the register. Pure.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::collation::{SortKey, fold, search_text};
use crate::input::Patch;
use crate::page::Version;
use crate::text::{Fault, Label, ParticipantCode, Reason, Translated, choices, text_types};

/// How many other names a participant may go by.
const ALIASES_MAX: usize = 50;

choices! {
    /// What a participant is. R2: States and regional economic integration organizations may sign, the others
    /// take part in the event and never sign. R3: "all States" are the first three.
    ParticipantKind {
        /// A Member State of the United Nations.
        MemberState = "member_state",
        /// A non-member State with a standing invitation: the Holy See, the State of Palestine.
        ObserverState = "observer_state",
        /// A State that is neither: the Cook Islands, Niue.
        NonMemberState = "non_member_state",
        /// A regional economic integration organization, made of sovereign States.
        RegionalOrganization = "regional_organization",
        /// Any other body of States.
        IntergovernmentalOrganization = "intergovernmental_organization",
        /// A non-governmental organization.
        Ngo = "ngo",
        /// A company.
        Company = "company",
        /// A university or a research institute.
        Academia = "academia",
        /// The press.
        Media = "media",
    }

    /// The regional groups of the Member States of the United Nations.
    RegionalGroup {
        /// African States.
        African = "african",
        /// Asia-Pacific States.
        AsiaPacific = "asia_pacific",
        /// Eastern European States.
        EasternEuropean = "eastern_european",
        /// Latin American and Caribbean States.
        Grulac = "grulac",
        /// Western European and other States.
        Weog = "weog",
    }
}

text_types! {
    /// A code of ISO 3166-1 alpha-2, or of the same form: `VN`, `EU`.
    Iso2: 2, iso2;
    /// A number of UN M49, three digits, or of the same form: `704`.
    M49: 3, m49;
}

/// A State or an organization of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Participant {
    /// ISO 3166-1 alpha-3, or the organization's own.
    pub code: ParticipantCode,
    /// ISO 3166-1 alpha-2; organizations have none but the European Union.
    pub iso2: Option<Iso2>,
    /// UN M49; as above.
    pub m49: Option<M49>,
    /// What it is.
    pub kind: ParticipantKind,
    /// Its short name, by language.
    pub names: Translated<Label>,
    /// Its name in the Depositary's tables, which are ordered by it (R27).
    pub depositary_name: Label,
    /// Its formal name in English.
    pub formal_name: Label,
    /// The regional group; Member States have one, others none.
    pub regional_group: Option<RegionalGroup>,
    /// Other names under which people look for it.
    pub aliases: Vec<Label>,
    /// Why the administrator added it; `None` for those of the register that came with the ceremony (R3).
    pub added_reason: Option<Reason>,
}

/// A participant as it is kept: with its ties to others and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The participant itself.
    pub participant: Participant,
    /// Its member States, by code; regional organizations only (R4, R19).
    pub members: Vec<ParticipantCode>,
    /// The organizations of which it is a member, by code.
    pub member_of: Vec<ParticipantCode>,
    /// When it was last changed, its ties included.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// What can be changed of a participant that the administrator added. Absent is unchanged.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its short name in English.
    pub en: Option<Label>,
    /// Its short name in French.
    pub fr: Patch<Label>,
    /// Its short name in Spanish.
    pub es: Patch<Label>,
    /// Its short name in Vietnamese.
    pub vi: Patch<Label>,
    /// Its name in the Depositary's tables.
    pub depositary_name: Option<Label>,
    /// Its formal name in English.
    pub formal_name: Option<Label>,
    /// Its other names, all of them.
    pub aliases: Option<Vec<Label>>,
    /// Its member States, all of them.
    pub members: Option<Vec<ParticipantCode>>,
}

impl ParticipantKind {
    /// R2: whether the Convention is open to it at all.
    #[must_use]
    pub fn may_sign(self) -> bool {
        self.is_state() || self == Self::RegionalOrganization
    }

    /// R3: whether it belongs to "all States".
    #[must_use]
    pub fn is_state(self) -> bool {
        matches!(self, Self::MemberState | Self::ObserverState | Self::NonMemberState)
    }
}

impl Participant {
    /// The participant, where its fields agree with each other: Member States, and only they, have a regional group.
    pub fn consistent(self) -> Result<Self, Fault> {
        match (self.kind, self.regional_group) {
            (ParticipantKind::MemberState, None) => Err(Fault::new(
                "regional_group_required",
                "a Member State belongs to a regional group",
            )),
            (kind, Some(_)) if kind != ParticipantKind::MemberState => Err(Fault::new(
                "regional_group_unexpected",
                "only Member States belong to a regional group",
            )),
            _ => Ok(self),
        }
    }

    /// The participant under the names that a change gives it.
    #[must_use]
    pub fn changed(self, change: &Change) -> Self {
        let change = change.clone();
        Self {
            names: Translated {
                en: change.en.unwrap_or(self.names.en),
                fr: change.fr.apply(self.names.fr),
                es: change.es.apply(self.names.es),
                vi: change.vi.apply(self.names.vi),
            },
            depositary_name: change.depositary_name.unwrap_or(self.depositary_name),
            formal_name: change.formal_name.unwrap_or(self.formal_name),
            aliases: change.aliases.unwrap_or(self.aliases),
            ..self
        }
    }

    /// Its place in the Depositary's tables (R27).
    #[must_use]
    pub fn sort_key(&self) -> SortKey {
        SortKey::of(self.depositary_name.as_str())
    }

    /// All its names and codes, for a search with [`crate::collation::search_pattern`].
    #[must_use]
    pub fn search_text(&self) -> String {
        let codes = [Some(self.code.as_str()), self.iso2.as_ref().map(Iso2::as_str)];
        search_text(codes.into_iter().flatten().chain(self.all_names().map(Label::as_str)))
    }

    /// Every name it goes by.
    pub fn all_names(&self) -> impl Iterator<Item = &Label> {
        let own = [&self.depositary_name, &self.formal_name];
        self.names.all().chain(own).chain(&self.aliases)
    }
}

/// Other names as the administrator gives them: not too many, and no two alike to a search.
pub fn aliases(given: Vec<Label>) -> Result<Vec<Label>, Fault> {
    if given.len() > ALIASES_MAX {
        let detail = format!("at most {ALIASES_MAX} other names are accepted");
        return Err(Fault::new("too_many", detail));
    }
    let mut seen = std::collections::BTreeSet::new();
    if given.iter().all(|alias| seen.insert(fold(alias.as_str()))) {
        Ok(given)
    } else {
        Err(Fault::new("duplicate", "two of these names differ by accents, case or signs alone"))
    }
}

fn iso2(input: &str, _max: usize) -> Result<String, Fault> {
    if input.len() == 2 && input.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new(
            "invalid_iso2",
            "two capital letters are expected, as in ISO 3166-1 alpha-2",
        ))
    }
}

fn m49(input: &str, _max: usize) -> Result<String, Fault> {
    if input.len() == 3 && input.bytes().all(|b| b.is_ascii_digit()) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new("invalid_m49", "three digits are expected, as in UN M49"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r02_states_and_regional_organizations_may_sign_and_nobody_else() {
        let may: Vec<_> = ParticipantKind::ALL.iter().filter(|kind| kind.may_sign()).collect();
        assert_eq!(
            may,
            [
                &ParticipantKind::MemberState,
                &ParticipantKind::ObserverState,
                &ParticipantKind::NonMemberState,
                &ParticipantKind::RegionalOrganization,
            ]
        );
    }

    #[test]
    fn other_names_are_few_and_differ() {
        let labels =
            |names: &[&str]| names.iter().map(|n| Label::parse(n).unwrap()).collect::<Vec<_>>();
        assert!(aliases(labels(&["Sample", "Sampleland"])).is_ok());
        assert_eq!(aliases(labels(&["Sampl\u{e9}", "SAMPLE"])).unwrap_err().code, "duplicate");
        let many: Vec<_> = (0..=ALIASES_MAX).map(|n| format!("Name {n}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(aliases(labels(&many)).unwrap_err().code, "too_many");
        assert!(aliases(labels(&many[1..])).is_ok());
    }

    #[test]
    fn codes_have_their_form() {
        assert!(Iso2::parse("VN").is_ok() && M49::parse("004").is_ok());
        for input in ["vn", "VNM", "V", "", "é"] {
            assert_eq!(Iso2::parse(input).unwrap_err().code, "invalid_iso2");
        }
        for input in ["4", "0040", "", "-04", "٠٠٤"] {
            assert_eq!(M49::parse(input).unwrap_err().code, "invalid_m49");
        }
    }
}
