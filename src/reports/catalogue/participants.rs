//! The list of participants, in the order of the United Nations: by kind, then as the Depositary orders them; the head
//! first, then by function, rank and name. The provisional one is that of other statuses than `approved`.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::{self, Function, Rank, StatusName};
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};

pub const REPORT: Report = Report {
    name: "participants",
    titles: [
        "List of participants",
        "Liste des participants",
        "Lista de participantes",
        "Danh sách đại biểu",
    ],
    seen_by: &[Action::ExportDelegations],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::PARTICIPANT_KIND,
        c::FUNCTION,
        c::FORM_OF_ADDRESS,
        c::FAMILY_NAME,
        c::GIVEN_NAMES,
        c::FUNCTIONAL_TITLE,
        c::AFFILIATION,
        c::RANK,
        c::STATUS,
    ],
    parameters: parameters::<Members>,
    order: |asked| asked.of(fill),
};

/// Which members to list, and of which moment.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Members {
    /// In any of these statuses, divided by commas; `approved` where nothing is said.
    #[deserr(default = AnyOf(vec![StatusName::Approved]))]
    #[param(value_type = Option<String>)]
    status: AnyOf<StatusName>,
    /// As it was at a moment that has passed (RFC 3339); as it is, where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

impl Filter for Members {
    fn at(self, now: DateTime<Utc>) -> Result<Self, Faults> {
        delegations::moment(self.as_of, now).map(|_| self)
    }
}

async fn fill(asked: Members, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select m.participant, name_in(p, $1) as "name!", p.kind, m.function, m.form_of_address, m.family_name,
                  m.given_names, m.functional_title, m.affiliation, m.rank, m.status
           from member_version m join participant p using (participant)
           where m.status = any ($2)
             and case when $5::timestamptz is null then m.ended_at is null
                      else m.began_at <= $5 and (m.ended_at is null or m.ended_at > $5) end
           order by array_position(array['member_state', 'observer_state', 'non_member_state', 'regional_organization'], p.kind)
                        nulls last,
                    p.kind, p.sort_key, array_position($3::text[], m.function), array_position($4::text[], m.rank),
                    m.sort_name, m.member_id"#,
        from.tongue.as_str(),
        &asked.status.0 as _,
        Function::ALL as _,
        Rank::ALL as _,
        asked.as_of.map(|at| at.0.to_utc()),
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            row.participant.into(),
            row.name.into(),
            row.kind.into(),
            row.function.into(),
            row.form_of_address.into(),
            row.family_name.into(),
            row.given_names.into(),
            row.functional_title.into(),
            row.affiliation.into(),
            row.rank.into(),
            row.status.into(),
        ])
        .await?;
    }
    Ok(())
}
