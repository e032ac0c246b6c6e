//! The status as XML, in the shape of the table that the Depositary publishes beside its pages: `Participants`, `Table`,
//! `TGroup`, `Thead` and `Tbody`, `Rows` of `Row`s of `Entry`s, with declarations and notes below. It publishes no schema.

use chrono::NaiveDate;
use quick_xml::SeError;
use serde::Serialize;

use super::status::COLUMNS;
use crate::ceremony::Treaty;
use crate::treaty::model::{
    ActionKind, DeclarationKind, Standing, Status, StatusRow, depositary_date,
};

/// The whole document.
pub fn document(treaty: &Treaty, status: &Status, standing: &Standing) -> Result<Vec<u8>, SeError> {
    let mut notes = Vec::new();
    let header = Row {
        participant: None,
        entries: COLUMNS.map(|column| Entry { note: None, text: column.to_owned() }).into(),
    };
    let rows = status.rows.iter().map(|row| Row::of(row, status.as_of, &mut notes)).collect();
    let document = Treaties {
        treaty: Page {
            chapter: treaty.number.as_str().split('-').next().unwrap_or_default(),
            number: treaty.number.as_str(),
            title: treaty.title.en.as_str(),
            depositary: treaty.depositary.as_str(),
            as_of: status.as_of,
            eif: &status.entry_into_force,
            status: format!("Signatories: {}. Parties: {}.", status.signatories, status.parties),
            participants: Participants {
                table: Table {
                    t_group: TGroup {
                        cols: COLUMNS.len(),
                        thead: Rows { rows: Inner { row: vec![header] } },
                        tbody: Rows { rows: Inner { row: rows } },
                    },
                },
            },
            declarations: Declarations { declaration: declared(status, standing) },
            end_notes: EndNotes { end_note: notes },
        },
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut writer = quick_xml::se::Serializer::new(&mut text);
    writer.indent(' ', 1);
    document.serialize(writer)?;
    text.push('\n');
    // Two numbers that are no characters, which XML cannot hold in any form.
    Ok(text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}").into_bytes())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Treaties<'a> {
    treaty: Page<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    chapter: &'a str,
    number: &'a str,
    title: &'a str,
    depositary: &'a str,
    as_of: NaiveDate,
    #[serde(rename = "EIF")]
    eif: &'a str,
    status: String,
    participants: Participants,
    declarations: Declarations<'a>,
    end_notes: EndNotes,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Participants {
    table: Table,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    t_group: TGroup,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TGroup {
    #[serde(rename = "@Cols")]
    cols: usize,
    thead: Rows,
    tbody: Rows,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rows {
    rows: Inner,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    row: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "@Participant", skip_serializing_if = "Option::is_none")]
    participant: Option<String>,
    #[serde(rename = "Entry")]
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    /// The number of the note about it.
    #[serde(rename = "@EndNote", skip_serializing_if = "Option::is_none")]
    note: Option<usize>,
    #[serde(rename = "$text")]
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Declarations<'a> {
    declaration: Vec<Declared<'a>>,
}

/// A declaration or reservation, word for word (R17).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Declared<'a> {
    #[serde(rename = "@Participant")]
    code: &'a str,
    #[serde(rename = "@Kind")]
    pub(super) kind: DeclarationKind,
    /// Upon signature, ratification…
    #[serde(rename = "@Upon")]
    pub(super) upon: ActionKind,
    #[serde(rename = "@ToBeConfirmed")]
    pub(super) to_be_confirmed: bool,
    pub(super) participant: &'a str,
    pub(super) text: Vec<Words<'a>>,
}

#[derive(Serialize)]
pub(super) struct Words<'a> {
    #[serde(rename = "@Language")]
    pub(super) language: &'a str,
    #[serde(rename = "@Courtesy", skip_serializing_if = "Option::is_none")]
    pub(super) is_courtesy: Option<bool>,
    #[serde(rename = "$text")]
    pub(super) text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EndNotes {
    end_note: Vec<EndNote>,
}

#[derive(Serialize)]
struct EndNote {
    #[serde(rename = "@Number")]
    number: usize,
    #[serde(rename = "$text")]
    text: String,
}

impl Row {
    /// A line of the table. What its cells do not say stands in a note below.
    fn of(row: &StatusRow, as_of: NaiveDate, notes: &mut Vec<EndNote>) -> Self {
        let said = said_of(row);
        let note = (!said.is_empty()).then(|| {
            let number = notes.len() + 1;
            notes.push(EndNote { number, text: said.join(" ") });
            number
        });
        // Who has left stands in brackets.
        let has_left = row.released_on.is_some_and(|day| day <= as_of);
        let name = if has_left { format!("[{}]", row.name) } else { row.name.to_string() };
        let cell =
            |text: Option<&String>| Entry { note: None, text: text.cloned().unwrap_or_default() };
        Self {
            participant: Some(row.participant.to_string()),
            entries: vec![
                Entry { note, text: name },
                cell(row.signature.as_ref().map(|signature| &signature.text)),
                cell(row.consent.as_ref().map(|consent| &consent.text)),
            ],
        }
    }
}

/// What a note says of a line.
pub(super) fn said_of(row: &StatusRow) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(signature) = row.signature.as_ref().filter(|signature| signature.ad_referendum) {
        said.push(match signature.confirmed_on {
            None => "Signature ad referendum.".to_owned(),
            Some(day) => {
                format!("Signature ad referendum, confirmed on {}.", depositary_date(day))
            }
        });
    }
    if row.signature.as_ref().is_some_and(|signature| !signature.lifted.is_empty()) {
        said.push("Signature recorded by a decision of two officers.".to_owned());
    }
    if let Some(day) = row.no_intention_on {
        let day = depositary_date(day);
        said.push(format!("Notice of {day} of not intending to become a party."));
    }
    if let Some(day) = row.denounced_on {
        said.push(format!("Denunciation received on {}.", depositary_date(day)));
    }
    said
}

/// The declarations of those who stand in the table, in its order.
pub(super) fn declared<'a>(status: &'a Status, standing: &'a Standing) -> Vec<Declared<'a>> {
    let of_row = |row: &'a StatusRow| {
        let actions = standing.iter().map(|stands| &stands.action);
        let theirs = actions.filter(|action| {
            action.participant == row.participant && action.legal_date <= status.as_of
        });
        theirs.flat_map(|action| {
            action.declarations.iter().map(|declaration| {
                let own = Words {
                    language: declaration.language.as_str(),
                    is_courtesy: None,
                    text: declaration.text.as_str(),
                };
                let courtesy = declaration.translation.as_ref().map(|translation| Words {
                    language: translation.language.as_str(),
                    is_courtesy: Some(true),
                    text: translation.text.as_str(),
                });
                Declared {
                    code: row.participant.as_str(),
                    kind: declaration.kind,
                    upon: action.kind,
                    to_be_confirmed: action.awaits_confirmation(declaration),
                    participant: row.name.as_str(),
                    text: [own].into_iter().chain(courtesy).collect(),
                }
            })
        })
    };
    status.rows.iter().flat_map(of_row).collect()
}
