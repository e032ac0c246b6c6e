//! What is missing of each delegation and its members, for the reminders to missions.

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::Action;
use crate::ceremony::Ceremony;
use crate::delegations::StageName;
use crate::delegations::checklist::{self, Facts, Level, Line};
use crate::input::Faults;
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::text::{ParticipantCode, PersonName};

/// How many delegations are looked at together: three questions to the database for so many.
const BATCH_DELEGATIONS: usize = 20;

pub const REPORT: Report = Report {
    name: "missing-documents",
    titles: ["Missing documents", "Pièces manquantes", "Documentos faltantes", "Giấy tờ còn thiếu"],
    // Half of it would mislead: it is for those who may know of every paper.
    seen_by: &[Action::ExportDelegations, Action::ListDocuments, Action::ListIdentityPapers],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::STAGE,
        c::FAMILY_NAME,
        c::GIVEN_NAMES,
        c::text("item", ["Item", "Pièce", "Documento", "Giấy tờ"]),
        c::text("state", ["State", "État", "Estado", "Trạng thái"]),
        c::text("level", ["Level", "Niveau", "Nivel", "Mức độ"]),
        c::text("step", ["Needed to", "Requis pour", "Necesario para", "Cần để"]),
        c::text("waits_for", ["Waits for", "En attente de", "A la espera de", "Chờ xử lý bởi"]),
    ],
    parameters: parameters::<Missing>,
    order: |asked| asked.of(fill),
};

/// What is looked for, and where.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Missing {
    /// Of delegations at any of these stages, divided by commas; where nothing is said, all but those that are
    /// rejected or withdrawn.
    #[deserr(default = AnyOf(vec![StageName::Draft, StageName::Submitted, StageName::Returned, StageName::Accepted]))]
    #[param(value_type = Option<String>)]
    stage: AnyOf<StageName>,
    /// Of any of these levels, `required,recommended`; both where nothing is said.
    #[deserr(default = AnyOf(Level::ALL.to_vec()))]
    #[param(value_type = Option<String>)]
    level: AnyOf<Level>,
}

impl Filter for Missing {}

/// A delegation that is looked at.
struct Looked {
    code: ParticipantCode,
    name: String,
    stage: String,
}

/// A row for everything that is not there, the delegations in the Depositary's order, each before its members.
async fn fill(asked: Missing, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let delegations: Vec<Looked> = sqlx::query_as!(
        Looked,
        r#"select d.participant as "code: ParticipantCode", name_in(p, $1) as "name!", d.stage
           from delegation d join participant p using (participant)
           where d.stage = any ($2)
           order by p.sort_key"#,
        from.tongue.as_str(),
        &asked.stage.0 as _,
    )
    .fetch(&mut *from.tx)
    .try_collect()
    .await?;
    for batch in delegations.chunks(BATCH_DELEGATIONS) {
        let codes: Vec<ParticipantCode> = batch.iter().map(|one| one.code.clone()).collect();
        let facts = checklist::facts(&mut from.tx, &codes, from.now.date_naive()).await?;
        for delegation in batch {
            if let Some(facts) = facts.iter().find(|facts| facts.participant == delegation.code) {
                write(to, delegation, facts, &asked.level.0, &from.ceremony).await?;
            }
        }
    }
    Ok(())
}

async fn write(
    to: &mut Sink,
    delegation: &Looked,
    facts: &Facts,
    levels: &[Level],
    ceremony: &Ceremony,
) -> Result<(), Broken> {
    let own = facts.of_delegation(&ceremony.checklists).into_iter().map(|(_, line)| (None, line));
    let theirs = facts.members.iter().flat_map(|member| {
        let lines = facts.of_member(&ceremony.checklists, member).into_iter();
        lines.map(move |(_, line)| (Some(member), line))
    });
    let is_wanted = |line: &Line| !line.is_met && levels.contains(&line.level);
    for (member, line) in own.chain(theirs).filter(|(_, line)| is_wanted(line)) {
        let given_names = member.and_then(|member| member.given_names.as_ref());
        to.row(&[
            delegation.code.as_str().into(),
            delegation.name.as_str().into(),
            delegation.stage.as_str().into(),
            member.map(|member| member.family_name.as_str()).into(),
            given_names.map(PersonName::as_str).into(),
            line.item.as_str().into(),
            line.state.as_str().into(),
            line.level.as_str().into(),
            line.step.into(),
            line.waits_for.map(|office| office.as_str()).into(),
        ])
        .await?;
    }
    Ok(())
}
