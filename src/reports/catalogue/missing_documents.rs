//! What is missing of each delegation and its members, for the reminders to missions.

use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::StageName;
use crate::delegations::checklist::{self, Enrolled, Level, Line};
use crate::input::Faults;
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;
use crate::text::{ParticipantCode, PersonName};

/// How many delegations are looked at together: three questions to the database for so many.
const BATCH_DELEGATIONS: usize = 20;

/// All stages but those of whom nobody waits for any more.
const UNDER_WAY: &[StageName] =
    &[StageName::Draft, StageName::Submitted, StageName::Returned, StageName::Accepted];

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
        c::code("state", words::ITEM_STATES, ["State", "État", "Estado", "Trạng thái"]),
        c::code("level", words::LEVELS, ["Level", "Niveau", "Nivel", "Mức độ"]),
        c::text("step", ["Needed to", "Requis pour", "Necesario para", "Cần để"]),
        c::code(
            "waits_for",
            words::OFFICES,
            ["Waits for", "En attente de", "A la espera de", "Chờ xử lý bởi"],
        ),
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
    #[deserr(default = AnyOf(UNDER_WAY.to_vec()))]
    #[param(value_type = Option<String>)]
    stage: AnyOf<StageName>,
    /// Of any of these levels, `required,recommended`; both where nothing is said.
    #[deserr(default = AnyOf(Level::ALL.to_vec()))]
    #[param(value_type = Option<String>)]
    level: AnyOf<Level>,
}

impl Filter for Missing {}

impl Default for Missing {
    fn default() -> Self {
        Self { stage: AnyOf(UNDER_WAY.to_vec()), level: AnyOf(Level::ALL.to_vec()) }
    }
}

/// A delegation that is looked at.
pub struct Looked {
    code: ParticipantCode,
    name: String,
    stage: String,
}

/// Something that is not there.
pub struct Gone<'a> {
    /// Of which delegation.
    pub delegation: &'a Looked,
    /// Of which member, where it is not the delegation's own.
    pub member: Option<&'a Enrolled>,
    /// What.
    pub line: &'a Line,
}

/// Tells of everything that is not there, the delegations in the Depositary's order, each before its members.
pub async fn each<E: From<sqlx::Error>>(
    asked: &Missing,
    from: &mut Source,
    mut told: impl AsyncFnMut(Gone<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let delegations: Vec<Looked> = sqlx::query_as!(
        Looked,
        r#"select d.participant as "code: ParticipantCode", name_in(p, $1) as "name!", d.stage
           from delegation d join participant p using (participant)
           where d.stage = any ($2)
           order by p.sort_key"#,
        from.tongue.as_str(),
        &asked.stage.0 as _,
    )
    .fetch_all(&mut *from.tx)
    .await?;
    let checklists = &from.ceremony.checklists;
    for batch in delegations.chunks(BATCH_DELEGATIONS) {
        let codes: Vec<ParticipantCode> = batch.iter().map(|one| one.code.clone()).collect();
        let facts = checklist::facts(&mut from.tx, &codes, from.now.date_naive()).await?;
        for delegation in batch {
            let Some(facts) = facts.iter().find(|facts| facts.participant == delegation.code)
            else {
                continue;
            };
            let own = facts.of_delegation(checklists).into_iter().map(|(_, line)| (None, line));
            let theirs = facts.members.iter().flat_map(|member| {
                let lines = facts.of_member(checklists, member).into_iter();
                lines.map(move |(_, line)| (Some(member), line))
            });
            let is_wanted = |line: &Line| !line.is_met && asked.level.0.contains(&line.level);
            for (member, line) in own.chain(theirs).filter(|(_, line)| is_wanted(line)) {
                told(Gone { delegation, member, line: &line }).await?;
            }
        }
    }
    Ok(())
}

async fn fill(asked: Missing, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    each(&asked, from, async |Gone { delegation, member, line }: Gone<'_>| {
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
        .await
    })
    .await
}
