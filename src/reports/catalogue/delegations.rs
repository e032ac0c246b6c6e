//! The delegations: how far each has come, who leads it, and how many members stand where.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::{self, StageName};
use crate::input::{Faults, Moment};
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
    /// As it was at a moment that has passed (RFC 3339); as it is, where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

impl Filter for Stages {
    fn at(self, now: DateTime<Utc>) -> Result<Self, Faults> {
        delegations::moment(self.as_of, now).map(|_| self)
    }
}

async fn fill(asked: Stages, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select d.participant, name_in(p, $1) as "name!", p.kind, p.regional_group, d.stage, d.stage_changed_at,
                  max(m.badge_name) filter (where m.function = 'head' and m.status = any ($3)) as head,
                  max(m.rank) filter (where m.function = 'head' and m.status = any ($3)) as head_rank,
                  count(m.member_id) filter (where m.status = any ($3)) as "members!",
                  count(m.member_id) filter (where m.status = 'draft') as "draft!",
                  count(m.member_id) filter (where m.status in ('submitted', 'pre_approved', 'on_hold')) as "in_review!",
                  count(m.member_id) filter (where m.status = 'approved') as "approved!"
           from delegation_version d
           join participant p using (participant)
           left join member_version m on m.participant = d.participant
                and case when $4::timestamptz is null then m.ended_at is null
                         else m.began_at <= $4 and (m.ended_at is null or m.ended_at > $4) end
           where d.stage = any ($2)
             and case when $4::timestamptz is null then d.ended_at is null
                      else d.began_at <= $4 and (d.ended_at is null or d.ended_at > $4) end
           group by d.delegation_id, d.version, d.began_at, p.participant
           order by p.sort_key"#,
        from.tongue.as_str(),
        &asked.stage.0 as _,
        &delegations::statuses(None) as _,
        asked.as_of.map(|at| at.0.to_utc()),
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
