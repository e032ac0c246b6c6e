//! The full powers, the appointment, the session and the signature (R6–R9, R11, R30–R32).

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;
use super::cast::{Part, Signing};
use super::missions;
use super::papers::Paper;
use super::people;
use super::reply::Reply;
use super::staff::{FocalPoint, Staff};
use crate::ceremony::Ceremony;

/// How long before the event the papers are dated.
const ISSUED_BEFORE: Days = Days::new(24);

#[derive(Deserialize)]
struct FullPowers {
    id: String,
    stage: String,
    original_received_at: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    state: String,
}

#[derive(Deserialize)]
struct Appointment {
    full_powers: String,
    cancelled_at: Option<String>,
}

#[derive(Deserialize)]
struct Queue {
    strategy: Option<String>,
}

#[derive(Deserialize)]
struct Turn {
    state: String,
}

#[derive(Deserialize)]
struct Act {
    id: String,
    state: String,
}

/// A participant that is ready to sign.
pub struct Ready<'p> {
    /// Who signs, and when.
    pub signing: &'p Signing,
    part: &'p Part,
    full_powers: String,
}

/// Lodges what entitles the signatory, has it verified by one officer and confirmed by a second, and appoints the
/// hour. Nothing for who does not sign.
pub async fn entitle<'p>(
    ceremony: &Ceremony,
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &'p Part,
) -> Result<Option<Ready<'p>>, Error> {
    let Some(signing) = &part.signing else { return Ok(None) };
    let code = &part.participant.code;
    let treaty = &staff.treaty;
    let lodged: Vec<FullPowers> = treaty.list(&format!("/full-powers?participant={code}")).await?;
    let is_open = |powers: &FullPowers| !matches!(powers.stage.as_str(), "refused" | "revoked");
    let mut powers = match lodged.into_iter().find(is_open) {
        Some(powers) => powers,
        None => lodge(ceremony, staff, focal_point, part).await?,
    };
    let own = format!("/full-powers/{}", powers.id);
    if powers.stage == "lodged" {
        let key = format!("rehearsal.verify.{}", powers.id);
        powers = treaty.act(&format!("{own}/verify"), &key).await?.json()?;
    }
    if powers.stage == "verified" {
        let key = format!("rehearsal.confirm.{}", powers.id);
        powers = staff.second_treaty.act(&format!("{own}/confirm"), &key).await?.json()?;
    }
    let made: Vec<Appointment> = treaty.list(&format!("/appointments?participant={code}")).await?;
    let stands = |made: &Appointment| made.full_powers == powers.id && made.cancelled_at.is_none();
    if !made.iter().any(stands) {
        let key = format!("rehearsal.appointment.{}", powers.id);
        let hour = json!({ "full_powers": powers.id, "place": signing.place, "at": signing.at.to_rfc3339() });
        treaty.post("/appointments", &key, &hour).await?;
    }
    if powers.original_received_at.is_none() {
        let key = format!("rehearsal.original.{}", powers.id);
        treaty.act(&format!("{own}/original-received"), &key).await?;
    }
    Ok(Some(Ready { signing, part, full_powers: powers.id }))
}

/// Brings each session into its running order, where nobody has done so yet.
pub async fn order(staff: &Staff<'_>, ready: &[Ready<'_>]) -> Result<(), Error> {
    let sessions: BTreeSet<String> = ready.iter().map(|ready| session(ready.signing)).collect();
    for session in sessions {
        let queue: Queue = staff.treaty.get(&format!("/signing/queue?{session}")).await?.json()?;
        if queue.strategy.is_none() {
            let path = format!("/signing/queue/order?{session}");
            let order = json!({ "strategy": "appointment" });
            staff.treaty.post(&path, &format!("rehearsal.order.{session}"), &order).await?;
        }
    }
    Ok(())
}

/// Calls a participant to the table, sees it arrive and sign, and has the signature certified by the second officer.
pub async fn sign(staff: &Staff<'_>, ready: &Ready<'_>) -> Result<(), Error> {
    come_to_the_table(staff, ready).await?;
    let act: Act = record(staff, ready).await?.json()?;
    let path = format!("/treaty/acts/{}", act.id);
    // The first answer is given again however late; whether it was certified since, the act itself says.
    let act: Act = staff.treaty.get(&path).await?.json()?;
    if act.state == "recorded" {
        let key = format!("rehearsal.certify.{}", act.id);
        staff.second_treaty.act(&format!("{path}/certify"), &key).await?;
    }
    Ok(())
}

/// Whatever steps are left to the table.
async fn come_to_the_table(staff: &Staff<'_>, ready: &Ready<'_>) -> Result<(), Error> {
    let turn = format!("/signing/queue/{}", ready.part.participant.code);
    let session = session(ready.signing);
    loop {
        let reply = staff.treaty.get(&format!("{turn}?{session}")).await?;
        let Turn { state } = reply.json()?;
        let step = match state.as_str() {
            "expected" | "deferred" => "call",
            "called" => "arrive",
            "absent" => "defer",
            _ => return Ok(()),
        };
        // Each step once from where the turn was, however often the request is sent.
        let version = reply.version().unwrap_or_default();
        let key = format!("rehearsal.{step}.{}.{version}", ready.full_powers);
        staff.treaty.act(&format!("{turn}/{step}?{session}"), &key).await?;
    }
}

/// The session of a signature, as a query names it.
fn session(signing: &Signing) -> String {
    format!("place={}&day={}", signing.place, signing.at.date_naive())
}

/// Records the signature. To ask again gives the first answer: the key is kept for good.
async fn record(staff: &Staff<'_>, ready: &Ready<'_>) -> Result<Reply, Error> {
    let Ready { signing, part, full_powers } = ready;
    let code = &part.participant.code;
    let act = json!({
        "kind": "signature",
        "participant": code,
        "full_powers": full_powers,
        "place": signing.place,
        "signed_at": signing.at.to_rfc3339(),
    });
    staff.treaty.post("/treaty/acts", &format!("rehearsal.signature.{full_powers}"), &act).await
}

async fn lodge(
    ceremony: &Ceremony,
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
) -> Result<FullPowers, Error> {
    let code = &part.participant.code;
    let signer = people::signer(part);
    let member = missions::find_member(staff, part, signer.index).await?;
    let member = member.ok_or_else(|| Error::NoSigner(code.clone()))?;
    let first_day = ceremony.event.first_day;
    let issued_on = first_day.checked_sub_days(ISSUED_BEFORE).unwrap_or(first_day);
    let mut application = json!({ "participant": code, "member": member, "basis": signer.basis });
    if signer.basis == "full_powers" {
        let paper = paper(staff, focal_point, part).await?;
        add(&mut application, granted(ceremony, part, issued_on, &paper));
    }
    let key = format!("rehearsal.full_powers.{code}");
    focal_point.here().await?.post("/full-powers", &key, &application).await?.json()
}

/// What the paper says.
fn granted(ceremony: &Ceremony, part: &Part, issued_on: NaiveDate, document: &str) -> Value {
    json!({
        "acts": ["sign"],
        "treaty": ceremony.treaty.number,
        "names_person": true,
        "issued_by": { "name": format!("EXEMPLAR {:06}", part.number * 1000 + 999), "office": "foreign_minister" },
        "issued_on": issued_on,
        "document": document,
    })
}

/// The paper: lodged where it is not there yet.
async fn paper(
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
) -> Result<String, Error> {
    let code = &part.participant.code;
    let kind = Paper::FullPowers.kind();
    let path = format!("/documents?participant={code}&kind={kind}");
    let lodged: Vec<Document> = staff.treaty.list(&path).await?;
    if let Some(lodged) = lodged.into_iter().find(|document| document.state != "refused") {
        return Ok(lodged.id);
    }
    let name = part.participant.depositary_name.as_str();
    let file = Paper::FullPowers.pdf(code, name, "grants an invented person the power to sign.");
    let key = format!("rehearsal.paper.{kind}.{code}");
    let reply = focal_point.here().await?.upload(&path, &key, &file).await?;
    Ok(reply.json::<Document>()?.id)
}

fn add(body: &mut Value, more: Value) {
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
}
