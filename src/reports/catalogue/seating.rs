//! Seating: how many seats each participant has of a session, in the Depositary's order, for the plan of seats and flags
//! (R48). Who sits on them is the delegations' business, and theirs who see delegations.

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::types::Json;

use crate::access::Action;
use crate::ids::SessionId;
use crate::input::Faults;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::text::{Label, Translated};

pub const REPORT: Report = Report {
    name: "seating",
    titles: ["Seating", "Plan des places", "Distribución de asientos", "Chỗ ngồi"],
    seen_by: &[Action::ListReports, Action::ListSeats],
    columns: &[
        c::SESSION,
        c::STARTS_AT,
        c::CODE,
        c::PARTICIPANT,
        c::number("seats", ["Seats", "Places", "Asientos", "Số chỗ"]),
        c::number(
            "assigned",
            ["Of these assigned", "Dont attribuées", "De ellos asignados", "Đã phân"],
        ),
    ],
    parameters: parameters::<Sessions>,
    order: |asked| asked.of(fill),
};

/// Of which session.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Sessions {
    /// Of this session; of every one with seats where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
}

impl Filter for Sessions {}

async fn fill(asked: Sessions, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select s.title as "title: Json<Translated<Label>>", s.starts_at, p.participant, name_in(p, $1) as "name!",
                  count(*) as "seats!", count(t.member_id) as "assigned!"
           from seat t join session s using (session_id) join participant p on p.participant = t.participant
           where t.given_back_at is null and ($2::uuid is null or t.session_id = $2)
           group by s.session_id, p.participant
           order by s.starts_at, s.session_id, p.sort_key"#,
        from.tongue.as_str(),
        asked.session as _,
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            from.tongue.said(&row.title.0).as_str().into(),
            row.starts_at.into(),
            row.participant.into(),
            row.name.into(),
            row.seats.into(),
            row.assigned.into(),
        ])
        .await?;
    }
    Ok(())
}
