//! The delegations: how far each has come, who leads it, and how many members stand where.

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::export::{Broken, CsvSink};
use super::{Column, Report, Tongue};
use crate::delegations::StageName;

pub const REPORT: Report = Report {
    name: "delegations",
    titles: ["Delegations", "Délégations", "Delegaciones", "Các đoàn"],
    columns: &[
        Column { key: "code", titles: ["Code", "Code", "Código", "Mã"] },
        Column {
            key: "participant",
            titles: ["Participant", "Participant", "Participante", "Bên tham gia"],
        },
        Column { key: "kind", titles: ["Kind", "Catégorie", "Categoría", "Loại"] },
        Column {
            key: "regional_group",
            titles: ["Regional group", "Groupe régional", "Grupo regional", "Nhóm khu vực"],
        },
        Column { key: "stage", titles: ["Stage", "Étape", "Etapa", "Giai đoạn"] },
        Column { key: "since", titles: ["Since", "Depuis", "Desde", "Từ"] },
        Column {
            key: "head",
            titles: [
                "Head of delegation",
                "Chef de délégation",
                "Jefe de la delegación",
                "Trưởng đoàn",
            ],
        },
        Column {
            key: "head_rank",
            titles: ["Rank of the head", "Rang du chef", "Rango del jefe", "Hàm cấp trưởng đoàn"],
        },
        Column { key: "members", titles: ["Members", "Membres", "Miembros", "Thành viên"] },
        Column { key: "draft", titles: ["Draft", "Brouillon", "Borrador", "Bản nháp"] },
        Column { key: "in_review", titles: ["In review", "En examen", "En examen", "Đang xét"] },
        Column { key: "approved", titles: ["Approved", "Approuvés", "Aprobados", "Đã duyệt"] },
    ],
};

/// Writes a row per delegation at the stages that are wanted, in the Depositary's order.
pub async fn fill(
    conn: &mut PgConnection,
    sink: &mut CsvSink,
    tongue: Tongue,
    stages: &[StageName],
) -> Result<(), Broken> {
    let stages: Vec<&str> = stages.iter().map(StageName::as_str).collect();
    let mut rows = sqlx::query!(
        r#"select d.participant,
                  coalesce(case $1 when 'fr' then p.name_fr when 'es' then p.name_es when 'vi' then p.name_vi end, p.name_en)
                      as "name!",
                  p.kind, p.regional_group, d.stage, d.stage_changed_at, h.badge_name as "head?", h.rank as "head_rank?",
                  count(m.member_id) filter (where m.stands) as "members!",
                  count(m.member_id) filter (where m.status = 'draft') as "draft!",
                  count(m.member_id) filter (where m.status in ('submitted', 'pre_approved', 'on_hold')) as "in_review!",
                  count(m.member_id) filter (where m.status = 'approved') as "approved!"
           from delegation d
           join participant p using (participant)
           left join member h on h.participant = d.participant and h.function = 'head' and h.stands
           left join member m on m.participant = d.participant
           where d.stage = any ($2)
           group by d.delegation_id, p.participant, h.member_id
           order by p.sort_key"#,
        tongue.as_str(),
        &stages as _,
    )
    .fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let since = row.stage_changed_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let [members, draft, in_review, approved] =
            [row.members, row.draft, row.in_review, row.approved].map(|n| n.to_string());
        sink.row([
            row.participant.as_str(),
            &row.name,
            &row.kind,
            row.regional_group.as_deref().unwrap_or_default(),
            &row.stage,
            &since,
            row.head.as_deref().unwrap_or_default(),
            row.head_rank.as_deref().unwrap_or_default(),
            &members,
            &draft,
            &in_review,
            &approved,
        ])
        .await?;
    }
    Ok(())
}
