//! The status as a paper, in the columns of the Depositary, with the declarations word for word below (R17, R27).

use chrono::{DateTime, Utc};

use super::status::COLUMNS;
use super::xml::{Declared, declared, said_of};
use crate::ceremony::Treaty;
use crate::paper::{Block, Column, Paper, Row, Table};
use crate::treaty::model::{Standing, Status, StatusRow, depositary_date};

/// The whole paper, of a record whose last entry is of `recorded_at`. The same record gives the same paper.
pub fn paper(
    treaty: &Treaty,
    status: &Status,
    standing: &Standing,
    recorded_at: Option<DateTime<Utc>>,
) -> Paper {
    let counts = format!("Signatories: {}. Parties: {}.", status.signatories, status.parties);
    let recorded = recorded_at.map_or_else(
        || "By a record without entries".to_owned(),
        |at| format!("By the record as it stood at {}", at.format("%Y-%m-%d %H:%M:%S UTC")),
    );
    let mut notes = Vec::new();
    let rows = status.rows.iter().map(|row| cells(row, status, &mut notes)).collect();
    let columns = COLUMNS.map(|title| Column { title: title.to_owned(), is_of_numbers: false });
    let mut blocks = vec![Block::Table(Table { columns: columns.into(), rows })];
    let declarations = declared(status, standing);
    if !declarations.is_empty() {
        blocks.push(Block::Heading("Declarations and reservations".to_owned()));
        blocks.extend(declarations.iter().flat_map(words));
    }
    if !notes.is_empty() {
        blocks.push(Block::Heading("Notes".to_owned()));
        blocks.push(Block::Words(notes.join("\n")));
    }
    Paper {
        language: "en",
        title: treaty.title.en.to_string(),
        subtitles: vec![
            format!("{} · Status as of {}", treaty.number, depositary_date(status.as_of)),
            format!("{counts} {}.", status.entry_into_force),
        ],
        blocks,
        footer: format!(
            "{recorded}, {} rows. Depositary: {}.",
            status.rows.len(),
            treaty.depositary
        ),
        made_at: recorded_at.unwrap_or_default(),
    }
}

/// A line of the table. What its cells do not say stands in a note below.
fn cells(row: &StatusRow, status: &Status, notes: &mut Vec<String>) -> Row {
    let has_left = row.released_on.is_some_and(|day| day <= status.as_of);
    let mut name = if has_left { format!("[{}]", row.name) } else { row.name.to_string() };
    let said = said_of(row);
    if !said.is_empty() {
        let number = notes.len() + 1;
        notes.push(format!("({number}) {}: {}", row.name, said.join(" ")));
        name = format!("{name} ({number})");
    }
    let signature = row.signature.as_ref().map(|signature| signature.text.clone());
    let consent = row.consent.as_ref().map(|consent| consent.text.clone());
    Row::Cells(vec![name, signature.unwrap_or_default(), consent.unwrap_or_default()])
}

fn words(declared: &Declared<'_>) -> Vec<Block> {
    let plain = |word: &str| word.replace('_', " ");
    let (kind, upon) = (plain(declared.kind.as_str()), plain(declared.upon.as_str()));
    let confirmed = if declared.to_be_confirmed { ", to be confirmed on ratification" } else { "" };
    let head = format!("{}: {kind} upon {upon}{confirmed}", declared.participant);
    let mut blocks = vec![Block::Heading(head)];
    for words in &declared.text {
        let how = if words.is_courtesy.is_some() { " (courtesy translation)" } else { "" };
        blocks.push(Block::Words(format!("[{}{how}] {}", words.language, words.text)));
    }
    blocks
}
