//! The status that the service gives, beside the real record (R27, R29).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::Deserialize;

use super::Error;
use super::cast::Part;
use super::client::Client;
use crate::ceremony::Ceremony;

/// A moment before every rehearsal.
const BEFORE_ANYTHING: &str = "2025-01-01T00:00:00Z";

/// The table, and what is wrong with it.
pub struct Comparison {
    /// As the Depositary prints it.
    pub table: String,
    /// Where the status is not the real record.
    pub differences: Vec<String>,
}

/// The status, as far as it is compared.
#[derive(Debug, Clone, Deserialize)]
struct Status {
    signatories: usize,
    parties: usize,
    entry_into_force: String,
    by_kind: Vec<KindCount>,
    by_date: Vec<DateCount>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct KindCount {
    kind: String,
    signatories: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct DateCount {
    date: NaiveDate,
    signatures: usize,
}

#[derive(Debug, Clone, Deserialize)]
struct Row {
    participant: String,
    name: String,
    signature: Option<Signature>,
}

#[derive(Debug, Clone, Deserialize)]
struct Signature {
    date: NaiveDate,
    text: String,
}

/// A line that the real record has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    code: String,
    name: String,
    kind: &'static str,
    day: NaiveDate,
}

/// Asks for the status as anybody can, in both forms, and compares it with the record of those who took part.
pub async fn with_the_record(
    client: &Client,
    ceremony: &Ceremony,
    parts: &[Part],
) -> Result<Comparison, Error> {
    let anybody = client.anybody();
    let status: Status = anybody.get("/treaty/status").await?.json()?;
    let csv = anybody.get("/treaty/status.csv").await?.text();
    let record = record(ceremony, parts);
    let mut differences = differences(&status, &record);
    differences.extend(differences_of_csv(&csv, &record));
    differences.extend(differences_in_time(client, &record).await?);
    Ok(Comparison { table: table(&status), differences })
}

/// Both axes of time (R28): what the status was on each day and the day after the last, and what was known before anything
/// was recorded.
async fn differences_in_time(client: &Client, record: &[Line]) -> Result<Vec<String>, Error> {
    let days: BTreeSet<NaiveDate> = record.iter().map(|line| line.day).collect();
    let after = days.last().and_then(NaiveDate::succ_opt);
    let counted = |day| record.iter().filter(|line| line.day <= day).count();
    let questions = days.iter().copied().chain(after);
    let questions = questions.map(|day| (format!("as_of={day}"), counted(day)));
    let beginning = format!("known_at={BEFORE_ANYTHING}");
    let mut found = Vec::new();
    for (question, should) in questions.chain([(beginning, 0)]) {
        let status = client.anybody().get(&format!("/treaty/status?{question}")).await?;
        let is = status.json::<Status>()?.signatories;
        if is != should {
            found.push(format!("signatories with {question}: {is} instead of {should}"));
        }
    }
    Ok(found)
}

/// The real record of those who took part, in the Depositary's order.
fn record(ceremony: &Ceremony, parts: &[Part]) -> Vec<Line> {
    let lines = ceremony.register.participants().iter().filter_map(|participant| {
        let signatory = ceremony.signatories.iter().find(|s| s.code == participant.code)?;
        parts.iter().find(|part| part.participant.code == participant.code)?;
        Some(Line {
            code: participant.code.to_string(),
            name: participant.depositary_name.to_string(),
            kind: participant.kind.as_str(),
            day: signatory.day,
        })
    });
    lines.collect()
}

fn differences(status: &Status, record: &[Line]) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is: String, should: String| {
        if is != should {
            found.push(format!("{what}: {is} instead of {should}"));
        }
    };
    compare("signatories", status.signatories.to_string(), record.len().to_string());
    let is = status.by_kind.iter().map(|of| (of.kind.as_str(), of.signatories));
    let should = counted(record.iter().map(|line| line.kind));
    compare("by kind", shown(is.filter(|(_, count)| *count > 0).collect()), shown(should));
    let is = status.by_date.iter().map(|on| (on.date, on.signatures)).collect();
    compare("by date", shown(is), shown(counted(record.iter().map(|line| line.day))));

    let signed: Vec<(&Row, &Signature)> =
        status.rows.iter().filter_map(|row| Some((row, row.signature.as_ref()?))).collect();
    let is = signed.iter().map(|(row, signature)| {
        format!("{} {} {} {}", row.participant, row.name, signature.date, signature.text)
    });
    let should = record.iter().map(|line| {
        format!("{} {} {} {}", line.code, line.name, line.day, line.day.format("%-d %b %Y"))
    });
    found.extend(lines_apart("row", is.collect(), should.collect()));
    found
}

fn differences_of_csv(csv: &str, record: &[Line]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
    let rows = reader.records().filter_map(|row| {
        let row = row.ok()?;
        Some(format!("{} {}", row.get(0)?, row.get(1).filter(|date| !date.is_empty())?))
    });
    let is = rows.collect();
    let should =
        record.iter().map(|line| format!("{} {}", line.name, line.day.format("%-d %b %Y")));
    lines_apart("CSV row", is, should.collect())
}

/// The lines that differ, by their place.
fn lines_apart(what: &str, is: Vec<String>, should: Vec<String>) -> Vec<String> {
    let length = is.len().max(should.len());
    let (mut is, mut should) = (is.into_iter(), should.into_iter());
    let pairs = (1..=length).map(|place| (place, is.next(), should.next()));
    let apart = pairs.filter(|(_, is, should)| is != should).map(|(place, is, should)| {
        let or_none = |line: Option<String>| line.unwrap_or_else(|| "none".to_owned());
        format!("{what} {place}: {} instead of {}", or_none(is), or_none(should))
    });
    apart.collect()
}

fn counted<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    items.fold(BTreeMap::new(), |mut counts, item| {
        *counts.entry(item).or_default() += 1;
        counts
    })
}

fn shown<T: std::fmt::Display>(counts: BTreeMap<T, usize>) -> String {
    let counts: Vec<_> =
        counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    counts.join(", ")
}

fn table(status: &Status) -> String {
    let width = status.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(12);
    let mut table = format!("{:width$}  Signature\n", "Participant");
    for row in &status.rows {
        let signed = row.signature.as_ref().map_or("", |signature| signature.text.as_str());
        // Writing into a string cannot fail.
        let _ = writeln!(table, "{:width$}  {signed}", row.name);
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let kinds = status.by_kind.iter().map(|KindCount { kind, signatories }| {
        format!("{signatories} {}{}", kind.replace('_', " "), plural(*signatories))
    });
    let dates = status.by_date.iter();
    let dates = dates.map(|on| format!("{} on {}", on.signatures, on.date.format("%-d %b %Y")));
    let _ = write!(
        table,
        "\nSignatories: {}\n  {}\n  {}\nParties: {}\n{}\n",
        status.signatories,
        kinds.collect::<Vec<_>>().join(", "),
        dates.collect::<Vec<_>>().join(", "),
        status.parties,
        status.entry_into_force
    );
    table
}

#[cfg(test)]
mod tests {
    use super::super::cast::{Size, cast};
    use super::*;

    fn real() -> (Vec<Line>, Status, String) {
        let ceremony = Ceremony::load(None).unwrap();
        let record = record(&ceremony, &cast(&ceremony, Size::Full));
        let text = |day: NaiveDate| day.format("%-d %b %Y").to_string();
        let rows = record.iter().map(|line| Row {
            participant: line.code.clone(),
            name: line.name.clone(),
            signature: Some(Signature { date: line.day, text: text(line.day) }),
        });
        let status = Status {
            signatories: 72,
            parties: 0,
            entry_into_force: "Not yet in force".into(),
            by_kind: vec![
                KindCount { kind: "member_state".into(), signatories: 70 },
                KindCount { kind: "observer_state".into(), signatories: 1 },
                KindCount { kind: "regional_organization".into(), signatories: 1 },
            ],
            by_date: vec![
                DateCount { date: "2025-10-25".parse().unwrap(), signatures: 69 },
                DateCount { date: "2025-10-26".parse().unwrap(), signatures: 3 },
            ],
            rows: rows.collect(),
        };
        let mut csv = String::from("Participant,Signature,Consent\n");
        for line in &record {
            writeln!(csv, "\"{}\",{},", line.name, text(line.day)).unwrap();
        }
        (record, status, csv)
    }

    #[test]
    fn r29_the_real_status_has_no_difference() {
        let (record, status, csv) = real();
        assert_eq!(differences(&status, &record), Vec::<String>::new());
        assert_eq!(differences_of_csv(&csv, &record), Vec::<String>::new());
    }

    #[test]
    fn r29_every_kind_of_difference_is_found() {
        let (record, status, csv) = real();
        let spoilt = |spoil: fn(&mut Status)| {
            let mut other = status.clone();
            spoil(&mut other);
            differences(&other, &record)
        };
        assert_eq!(spoilt(|s| s.signatories = 71), ["signatories: 71 instead of 72"]);
        assert_eq!(spoilt(|s| s.by_kind[0].signatories = 69).len(), 1);
        assert_eq!(spoilt(|s| s.by_date[1].signatures = 4).len(), 1);
        assert_eq!(spoilt(|s| s.rows.swap(3, 4)).len(), 2, "the order counts");
        assert_eq!(spoilt(|s| s.rows[5].name.push('.')).len(), 1, "the spelling counts");
        let dated =
            spoilt(|s| s.rows[0].signature.as_mut().unwrap().date = "2025-10-26".parse().unwrap());
        assert_eq!(dated.len(), 1);
        assert_eq!(spoilt(|s| drop(s.rows.pop())).len(), 1);
        assert_eq!(
            differences_of_csv(&csv.replace("25 Oct 2025", "25 October 2025"), &record).len(),
            69
        );
    }
}
