//! What is missing of each delegation and its members, for the reminders to missions.

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::export::{Broken, CsvSink};
use super::{Column, Report, Tongue};
use crate::delegations::StageName;
use crate::delegations::checklist::{self, Checklists, Enrolled, Facts, Level, Line};
use crate::text::{ParticipantCode, PersonName};

/// How many delegations are looked at together: three questions to the database for so many.
const BATCH_DELEGATIONS: usize = 20;

pub const REPORT: Report = Report {
    name: "missing-documents",
    titles: ["Missing documents", "Pièces manquantes", "Documentos faltantes", "Giấy tờ còn thiếu"],
    columns: &[
        Column { key: "code", titles: ["Code", "Code", "Código", "Mã"] },
        Column {
            key: "participant",
            titles: ["Participant", "Participant", "Participante", "Bên tham gia"],
        },
        Column { key: "stage", titles: ["Stage", "Étape", "Etapa", "Giai đoạn"] },
        Column { key: "family_name", titles: ["Family name", "Nom", "Apellidos", "Họ"] },
        Column { key: "given_names", titles: ["Given names", "Prénoms", "Nombres", "Tên"] },
        Column { key: "item", titles: ["Item", "Pièce", "Documento", "Giấy tờ"] },
        Column { key: "state", titles: ["State", "État", "Estado", "Trạng thái"] },
        Column { key: "level", titles: ["Level", "Niveau", "Nivel", "Mức độ"] },
        Column {
            key: "step", titles: ["Needed to", "Requis pour", "Necesario para", "Cần để"]
        },
        Column {
            key: "waits_for",
            titles: ["Waits for", "En attente de", "A la espera de", "Chờ xử lý bởi"],
        },
    ],
};

/// Which delegations are looked at, and for what.
pub struct Wanted<'a> {
    /// At any of these stages.
    pub stages: &'a [StageName],
    /// Of any of these levels.
    pub levels: &'a [Level],
    /// What is needed of whom.
    pub checklists: &'a Checklists,
    /// The day by which papers have expired or not.
    pub today: chrono::NaiveDate,
}

/// A delegation that is looked at.
struct Looked {
    code: ParticipantCode,
    name: String,
    stage: String,
}

/// Writes a row for everything that is not there, the delegations in the Depositary's order, each before its members.
pub async fn fill(
    conn: &mut PgConnection,
    sink: &mut CsvSink,
    tongue: Tongue,
    wanted: &Wanted<'_>,
) -> Result<(), Broken> {
    let stages: Vec<&str> = wanted.stages.iter().map(StageName::as_str).collect();
    let delegations: Vec<Looked> = sqlx::query_as!(
        Looked,
        r#"select d.participant as "code: ParticipantCode",
                  coalesce(case $1 when 'fr' then p.name_fr when 'es' then p.name_es when 'vi' then p.name_vi end, p.name_en)
                      as "name!",
                  d.stage
           from delegation d join participant p using (participant)
           where d.stage = any ($2)
           order by p.sort_key"#,
        tongue.as_str(),
        &stages as _,
    )
    .fetch(&mut *conn)
    .try_collect()
    .await?;
    for batch in delegations.chunks(BATCH_DELEGATIONS) {
        let codes: Vec<ParticipantCode> = batch.iter().map(|one| one.code.clone()).collect();
        let facts = checklist::facts(conn, &codes, wanted.today).await?;
        for delegation in batch {
            if let Some(facts) = facts.iter().find(|facts| facts.participant == delegation.code) {
                write(sink, delegation, facts, wanted).await?;
            }
        }
    }
    Ok(())
}

async fn write(
    sink: &mut CsvSink,
    delegation: &Looked,
    facts: &Facts,
    wanted: &Wanted<'_>,
) -> Result<(), Broken> {
    let own = facts.of_delegation(wanted.checklists).into_iter().map(|(_, line)| (None, line));
    let theirs = facts.members.iter().flat_map(|member| {
        let lines = facts.of_member(wanted.checklists, member).into_iter();
        lines.map(move |(_, line)| (Some(member), line))
    });
    let is_wanted = |line: &Line| !line.is_met && wanted.levels.contains(&line.level);
    for (member, line) in own.chain(theirs).filter(|(_, line)| is_wanted(line)) {
        let given = |member: &&Enrolled| member.given_names.clone();
        let given_names = member.as_ref().and_then(given);
        sink.row([
            delegation.code.as_str(),
            &delegation.name,
            &delegation.stage,
            member.map_or("", |member| member.family_name.as_str()),
            given_names.as_ref().map_or("", PersonName::as_str),
            line.item.as_str(),
            line.state.as_str(),
            line.level.as_str(),
            line.step,
            line.waits_for.map_or("", |office| office.as_str()),
        ])
        .await?;
    }
    Ok(())
}
