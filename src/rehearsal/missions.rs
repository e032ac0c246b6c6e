//! What each delegation goes through: the mission registers it, the secretariat checks it, security clears its people.
//!
//! Everything begins with a look at what is there, so that an interrupted rehearsal goes on where it was.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::Error;
use super::cast::Part;
use super::client::Caller;
use super::papers::Paper;
use super::people::{self, Person};
use super::progress::Phase;
use super::staff::{FocalPoint, Staff};

#[derive(Deserialize)]
struct Delegation {
    stage: String,
}

#[derive(Deserialize)]
struct Document {
    id: String,
    state: String,
}

/// A member as far as the rehearsal follows it.
#[derive(Deserialize)]
struct Member {
    id: String,
    email: String,
    status: String,
}

/// Where a member stands, which every officer's answer says.
#[derive(Deserialize)]
struct Standing {
    status: String,
}

/// Entered, submitted, pre-approved, approved.
pub const STEPS_OF_A_MEMBER: usize = 4;

/// Registers a participant's delegation and its members, and takes them through to their clearance.
pub async fn register(
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
    shown: &Phase,
) -> Result<(), Error> {
    let mut stage = begin(staff, focal_point, part).await?;
    let paper = announce(staff, focal_point, part).await?;
    let mut members = enter_members(staff, focal_point, part, shown).await?;

    let code = &part.participant.code;
    let own = format!("/delegations/{code}");
    if stage == "draft" || stage == "returned" {
        let key = format!("rehearsal.submit.{code}");
        stage = focal_point
            .here()
            .await?
            .act(&format!("{own}/submit"), &key)
            .await?
            .json::<Delegation>()?
            .stage;
    }
    for member in &mut members {
        if member.status == "draft" {
            go(focal_point.here().await?, &own, member, "submit").await?;
        }
        shown.step();
    }

    let officer = staff.accreditation(part);
    if paper.state == "received" {
        let path = format!("/documents/{}/verify", paper.id);
        officer.act(&path, &format!("rehearsal.verify.{}", paper.id)).await?;
    }
    if stage == "submitted" {
        officer.act(&format!("{own}/accept"), &format!("rehearsal.accept.{code}")).await?;
    }
    for member in &mut members {
        if member.status == "submitted" {
            go(officer, &own, member, "pre-approve").await?;
        }
        shown.step();
        if member.status == "pre_approved" {
            go(&staff.security, &own, member, "approve").await?;
        }
        shown.step();
    }
    Ok(())
}

/// The member with this place in the delegation.
pub async fn find_member(
    staff: &Staff<'_>,
    part: &Part,
    index: usize,
) -> Result<Option<String>, Error> {
    let email = people::person(part, index).email;
    let members = members(staff, part).await?;
    Ok(members.into_iter().find(|member| member.email == email).map(|member| member.id))
}

/// Makes the delegation where there is none, and answers its stage.
async fn begin(
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
) -> Result<String, Error> {
    let code = &part.participant.code;
    let own = format!("/delegations/{code}");
    if let Some(Delegation { stage }) = staff.accreditation(part).find(&own).await? {
        return Ok(stage);
    }
    let mission = focal_point.here().await?;
    let key = format!("rehearsal.delegation.{code}");
    mission.post("/delegations", &key, &json!({ "participant": code })).await?;
    let remarks = match part.signing {
        Some(_) => {
            "A rehearsal: the persons and papers are invented, the day of signature is real."
        }
        None => "A rehearsal: the attendance, the persons and the papers are invented.",
    };
    Ok(mission.patch(&own, &json!({ "remarks": remarks })).await?.json::<Delegation>()?.stage)
}

/// Lodges the note verbale or letter where there is none.
async fn announce(
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
) -> Result<Document, Error> {
    let code = &part.participant.code;
    let paper = if part.participant.kind.is_state() { Paper::NoteVerbale } else { Paper::Letter };
    let kind = paper.kind();
    let path = format!("/documents?participant={code}&kind={kind}");
    let lodged: Vec<Document> = staff.accreditation(part).list(&path).await?;
    if let Some(lodged) = lodged.into_iter().find(|document| document.state != "refused") {
        return Ok(lodged);
    }
    let about = format!("announces a delegation of {} to the ceremony.", part.members);
    let file = paper.pdf(code, part.participant.depositary_name.as_str(), &about);
    let mission = focal_point.here().await?;
    mission.upload(&path, &format!("rehearsal.paper.{kind}.{code}"), &file).await?.json()
}

/// Adds the members that are not there yet, and answers all.
async fn enter_members(
    staff: &Staff<'_>,
    focal_point: &FocalPoint<'_>,
    part: &Part,
    shown: &Phase,
) -> Result<Vec<Member>, Error> {
    let known = members(staff, part).await?;
    let mut known: HashMap<String, Member> =
        known.into_iter().map(|member| (member.email.clone(), member)).collect();
    let path = format!("/delegations/{}/members", part.participant.code);
    let mut all = Vec::with_capacity(part.members);
    for index in 0..part.members {
        let person = people::person(part, index);
        let member = match known.remove(&person.email) {
            Some(member) => member,
            None => enter(focal_point, &path, &person).await?,
        };
        all.push(member);
        shown.step();
    }
    Ok(all)
}

async fn enter(focal_point: &FocalPoint<'_>, path: &str, person: &Person) -> Result<Member, Error> {
    let key = format!("rehearsal.member.{}", person.email);
    focal_point.here().await?.post(path, &key, &json!(person)).await?.json()
}

async fn members(staff: &Staff<'_>, part: &Part) -> Result<Vec<Member>, Error> {
    let path = format!("/delegations/{}/members", part.participant.code);
    staff.accreditation(part).list(&path).await
}

/// Takes a member a step further.
async fn go(who: &Caller<'_>, own: &str, member: &mut Member, verb: &str) -> Result<(), Error> {
    let path = format!("{own}/members/{}/{verb}", member.id);
    let key = format!("rehearsal.{verb}.{}", member.id);
    // Not everybody's answer has the address: only the step is read.
    member.status = who.act(&path, &key).await?.json::<Standing>()?.status;
    Ok(())
}
