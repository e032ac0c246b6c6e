//! The register as it comes with the ceremony: participants, their other names, members of organizations. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Deserializer};

use super::model::{Iso2, M49, Participant, ParticipantKind, RegionalGroup};
use crate::collation::fold;
use crate::table::{FileFault, Row, rows};
use crate::text::{Label, ParticipantCode, Translated};

const PARTICIPANTS: &str = "participants.csv";
const ALIASES: &str = "aliases.csv";
const MEMBERS: &str = "organization_members.csv";

/// The texts of the register's files.
#[derive(Debug, Clone, Copy)]
pub struct RegisterFiles<'a> {
    /// `participants.csv`
    pub participants: &'a str,
    /// `aliases.csv`
    pub aliases: &'a str,
    /// `organization_members.csv`
    pub members: &'a str,
}

/// Everyone who can take part, before the administrator adds others.
#[derive(Debug, Clone)]
pub struct Register {
    participants: Vec<Participant>,
    members: BTreeMap<ParticipantCode, BTreeSet<ParticipantCode>>,
}

impl Register {
    /// Reads the register and adds what is wrong with it to `faults`; where there are any it is not to be used.
    pub fn read(files: RegisterFiles<'_>, faults: &mut Vec<FileFault>) -> Self {
        let mut participants = read_participants(files.participants, faults);
        add_aliases(&mut participants, files.aliases, faults);
        let members = read_members(&participants, files.members, faults);
        // R27; the code decides between equal names, so that the order is always the same.
        participants.sort_by_cached_key(|p| (p.sort_key(), p.code.clone()));
        Self { participants, members }
    }

    /// All, in the Depositary's order (R27).
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The one with this code.
    #[must_use]
    pub fn find(&self, code: &ParticipantCode) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.code == *code)
    }

    /// Each regional organization with one of its member States (R4, R19), by code.
    pub fn memberships(&self) -> impl Iterator<Item = (&ParticipantCode, &ParticipantCode)> {
        self.members.iter().flat_map(|(organization, members)| {
            members.iter().map(move |member| (organization, member))
        })
    }
}

#[derive(Deserialize)]
struct ParticipantRow {
    iso3: ParticipantCode,
    iso2: Option<Iso2>,
    m49: Option<M49>,
    kind: ParticipantKind,
    name_en: Label,
    depositary_name: Label,
    formal_name_en: Label,
    name_fr: Option<Label>,
    name_es: Option<Label>,
    name_vi: Option<Label>,
    #[serde(deserialize_with = "group_or_none")]
    regional_group: Option<RegionalGroup>,
}

const PARTICIPANT_COLUMNS: &[&str] = &[
    "iso3",
    "iso2",
    "m49",
    "kind",
    "name_en",
    "depositary_name",
    "formal_name_en",
    "name_fr",
    "name_es",
    "name_vi",
    "regional_group",
];

/// The table says `none`, as the sources do.
fn group_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RegionalGroup>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "none" => Ok(None),
        name => RegionalGroup::parse(name).map(Some).map_err(serde::de::Error::custom),
    }
}

impl From<ParticipantRow> for Participant {
    fn from(row: ParticipantRow) -> Self {
        Self {
            code: row.iso3,
            iso2: row.iso2,
            m49: row.m49,
            kind: row.kind,
            names: Translated {
                en: row.name_en,
                fr: row.name_fr,
                es: row.name_es,
                vi: row.name_vi,
            },
            depositary_name: row.depositary_name,
            formal_name: row.formal_name_en,
            regional_group: row.regional_group,
            aliases: Vec::new(),
            added_reason: None,
        }
    }
}

fn read_participants(text: &str, faults: &mut Vec<FileFault>) -> Vec<Participant> {
    let mut seen = BTreeSet::new();
    let mut participants = Vec::new();
    for Row { line, value } in
        rows::<ParticipantRow>(PARTICIPANTS, text, PARTICIPANT_COLUMNS, faults)
    {
        let participant = match Participant::from(value).consistent() {
            Ok(participant) => participant,
            Err(fault) => {
                faults.push(FileFault::at(PARTICIPANTS, line, fault.detail));
                continue;
            }
        };
        // Codes and the names that tables print are unique, each in its own column.
        let unique = [
            ("iso3", Some(participant.code.as_str())),
            ("iso2", participant.iso2.as_ref().map(Iso2::as_str)),
            ("m49", participant.m49.as_ref().map(M49::as_str)),
            ("name_en", Some(participant.names.en.as_str())),
            ("depositary_name", Some(participant.depositary_name.as_str())),
        ];
        for (column, value) in unique {
            if value.is_some_and(|value| !seen.insert((column, fold(value)))) {
                let detail = format!("column {column}: another row has the same");
                faults.push(FileFault::at(PARTICIPANTS, line, detail));
            }
        }
        participants.push(participant);
    }
    participants
}

#[derive(Deserialize)]
struct AliasRow {
    code: ParticipantCode,
    alias: Label,
}

fn add_aliases(participants: &mut [Participant], text: &str, faults: &mut Vec<FileFault>) {
    let mut owners: HashMap<String, ParticipantCode> = HashMap::new();
    for participant in participants.iter() {
        for name in participant.all_names() {
            owners.entry(fold(name.as_str())).or_insert_with(|| participant.code.clone());
        }
    }
    for row in rows::<AliasRow>(ALIASES, text, &["code", "alias", "note"], faults) {
        let AliasRow { code, alias } = row.value;
        let Some(participant) = participants.iter_mut().find(|p| p.code == code) else {
            faults.push(FileFault::at(ALIASES, row.line, unknown(&code)));
            continue;
        };
        match owners.insert(fold(alias.as_str()), code) {
            None => participant.aliases.push(alias),
            Some(owner) => {
                let detail = format!("this is already a name of {owner}");
                faults.push(FileFault::at(ALIASES, row.line, detail));
            }
        }
    }
}

#[derive(Deserialize)]
struct MemberRow {
    organization: ParticipantCode,
    member: ParticipantCode,
}

fn read_members(
    participants: &[Participant],
    text: &str,
    faults: &mut Vec<FileFault>,
) -> BTreeMap<ParticipantCode, BTreeSet<ParticipantCode>> {
    let kind =
        |code: &ParticipantCode| participants.iter().find(|p| p.code == *code).map(|p| p.kind);
    let mut members: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in rows::<MemberRow>(MEMBERS, text, &["organization", "member"], faults) {
        let MemberRow { organization, member } = row.value;
        let mut refuse = |detail: String| faults.push(FileFault::at(MEMBERS, row.line, detail));
        match (kind(&organization), kind(&member)) {
            (None, _) => refuse(unknown(&organization)),
            (_, None) => refuse(unknown(&member)),
            (Some(kind), _) if kind != ParticipantKind::RegionalOrganization => {
                refuse(format!("{organization} is no regional organization"));
            }
            (_, Some(kind)) if !kind.is_state() => refuse(format!("{member} is no State")),
            _ => {
                let detail = format!("{member} stands here twice");
                if !members.entry(organization).or_default().insert(member) {
                    refuse(detail);
                }
            }
        }
    }
    members
}

fn unknown(code: &ParticipantCode) -> String {
    format!("{code} is not in {PARTICIPANTS}")
}
