//! A mission's list of five hundred people: seen with its faults, mended, taken in, brought once more, taken back.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;

use super::load::Overloaded;
use super::{Bench, Error};
use crate::rehearsal;

/// People on the list.
const ROWS: usize = 500;
/// Cells of it that are faulty at first.
const FAULTY: usize = 37;

/// How long it took, of each round.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    /// Until every faulty cell was named.
    pub faulty: Vec<Duration>,
    /// Until the mended list was seen through.
    pub seen: Vec<Duration>,
    /// Until it was taken in.
    pub taken: Vec<Duration>,
    /// Until the same list was seen through once more, now that all are there.
    pub again: Vec<Duration>,
}

impl Lists {
    /// A paragraph.
    pub fn markdown(&self) -> String {
        let most = |of: &[Duration]| of.iter().max().map_or(0.0, Duration::as_secs_f64);
        format!(
            "\n## A list of {ROWS} people\n\nThe slowest of {} rounds, over HTTP: {:.2} s until all of {FAULTY} faulty \
             cells were named and nothing was written, {:.2} s until the mended list was seen through, **{:.2} s until it \
             was taken in** (to stay under 5 s), {:.2} s until the same list once more was found to change nothing.\n",
            self.taken.len(),
            most(&self.faulty),
            most(&self.seen),
            most(&self.taken),
            most(&self.again),
        )
    }
}

impl Bench<'_> {
    /// Measures, round after round; each leaves things as they were.
    pub(super) async fn lists(&self) -> Result<Lists, Error> {
        let code = self.ceremony.signatories.first().map_or("", |first| first.code.as_str());
        let upload = format!("/imports?participant={code}");
        let client = Client::builder().no_proxy().build().map_err(rehearsal::Error::Unreachable)?;
        let mut lists = Lists::default();
        for _ in 0..self.options.rounds {
            let began = Instant::now();
            let seen = self.post(&client, &upload, list(FAULTY), 201).await?;
            lists.faulty.push(began.elapsed());
            let named =
                seen.pointer("/preview/faults").and_then(Value::as_array).map_or(0, Vec::len);
            as_expected(named == FAULTY, &seen)?;

            let began = Instant::now();
            let seen = self.post(&client, &upload, list(0), 201).await?;
            lists.seen.push(began.elapsed());
            let id = seen.get("id").and_then(Value::as_str).unwrap_or_default();
            let began = Instant::now();
            self.post(&client, &format!("/imports/{id}/commit"), String::new(), 200).await?;
            lists.taken.push(began.elapsed());

            let began = Instant::now();
            let again = self.post(&client, &upload, list(0), 201).await?;
            lists.again.push(began.elapsed());
            let unchanged = again.pointer("/counts/unchanged").and_then(Value::as_u64);
            as_expected(unchanged == u64::try_from(ROWS).ok(), &again)?;
            self.post(&client, &format!("/imports/{id}/rollback"), String::new(), 200).await?;
        }
        Ok(lists)
    }

    async fn post(
        &self,
        client: &Client,
        path: &str,
        body: String,
        wanted: u16,
    ) -> Result<Value, Error> {
        let url = format!("http://{}/api/v1{path}", self.service.address);
        let request =
            client.request(Method::POST, url).bearer_auth(&self.token).header("if-match", "*");
        let answer = request.body(body).send().await.map_err(rehearsal::Error::Unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(rehearsal::Error::Unreachable)?;
        if status != wanted {
            return Err(Overloaded::Status { status, wanted, body }.into());
        }
        serde_json::from_str(&body).map_err(|_| Overloaded::Unreadable.into())
    }
}

fn as_expected(is_so: bool, answer: &Value) -> Result<(), Error> {
    if is_so {
        return Ok(());
    }
    let body = answer.get("counts").map(Value::to_string).unwrap_or_default();
    Err(Overloaded::Status { status: 201, wanted: 201, body }.into())
}

/// The list, with so many faulty cells, one to a row.
fn list(faulty: usize) -> String {
    let mut list =
        "family_name,given_names,function,rank,date_of_birth,nationality,passport_number,\
                    passport_expires_on,email,language\n"
            .to_owned();
    for row in 0..ROWS {
        let born = if row < faulty { "29/02/1980" } else { "1980-02-29" };
        // Writing into a string cannot fail.
        let _ = writeln!(
            list,
            "LISTED {row},Sample,expert,official,{born},FRA,L{row:08},2030-01-01,list.{row}@sample.example,en"
        );
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_its_rows_and_its_faults() {
        assert_eq!(list(FAULTY).lines().count(), ROWS + 1);
        assert_eq!(list(FAULTY).matches("29/02/1980").count(), FAULTY);
        assert!(!list(0).contains('/'));
        let lists = Lists {
            taken: vec![Duration::from_millis(900), Duration::from_millis(1234)],
            ..Lists::default()
        };
        assert!(
            lists.markdown().contains("**1.23 s until it was taken in**"),
            "{}",
            lists.markdown()
        );
    }
}
