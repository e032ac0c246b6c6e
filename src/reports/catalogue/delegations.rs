//! The delegations: how far each has come, who leads it, and how many members stand where.

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::StageName;
use crate::input::Faults;
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;

pub const REPORT: Report = Report {
    name: "delegations",
    titles: ["Delegations", "Délégations", "Delegaciones", "Các đoàn"],
    seen_by: &[Action::ExportDelegations],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::PARTICIPANT_KIND,
        c::REGIONAL_GROUP,
        c::STAGE,
        c::SINCE,
        c::text(
            "head",
            ["Head of delegation", "Chef de délégation", "Jefe de la delegación", "Trưởng đoàn"],
        ),
        c::code(
            "head_rank",
            words::RANKS,
            ["Rank of the head", "Rang du chef", "Rango del jefe", "Hàm cấp trưởng đoàn"],
        ),
        c::MEMBERS,
        c::number("draft", ["Draft", "Brouillon", "Borrador", "Bản nháp"]),
        c::number("in_review", ["In review", "En examen", "En examen", "Đang xét"]),
        c::number("approved", ["Approved", "Approuvés", "Aprobados", "Đã duyệt"]),
    ],
    parameters: parameters::<Stages>,
    order: |asked| asked.of(fill),
};

/// Which delegations to list.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Stages {
    /// At any of these stages, divided by commas; all of them where nothing is said.
    #[deserr(default = AnyOf(StageName::ALL.to_vec()))]
    #[param(value_type = Option<String>)]
    stage: AnyOf<StageName>,
}

impl Filter for Stages {}

async fn fill(asked: Stages, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select d.participant, name_in(p, $1) as "name!", p.kind, p.regional_group, d.stage, d.stage_changed_at,
                  h.badge_name as "head?", h.rank as "head_rank?",
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
        from.tongue.as_str(),
        &asked.stage.0 as _,
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            row.participant.into(),
            row.name.into(),
            row.kind.into(),
            row.regional_group.into(),
            row.stage.into(),
            row.stage_changed_at.into(),
            row.head.into(),
            row.head_rank.into(),
            row.members.into(),
            row.draft.into(),
            row.in_review.into(),
            row.approved.into(),
        ])
        .await?;
    }
    Ok(())
}
