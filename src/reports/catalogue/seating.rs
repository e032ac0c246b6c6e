//! Seating: how many seats each participant has of a session, in the Depositary's order, for the plan of seats and flags
//! (R48). Who sits on them is the delegations' business, and theirs who see delegations.

use futures_util::TryStreamExt as _;

use super::of_session::OfSession;
use crate::access::Action;
use crate::ids::SessionId;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Report, Source, parameters};

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
    parameters: parameters::<OfSession>,
    order: |asked| asked.of(fill),
};

async fn fill(asked: OfSession, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let sessions = asked.find(from).await?;
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    let mut rows = sqlx::query!(
        r#"select t.session_id as "session: SessionId", p.participant, name_in(p, $1) as "name!",
                  count(*) as "seats!", count(t.member_id) as "assigned!"
           from seat t join participant p using (participant)
           where t.given_back_at is null and t.session_id = any ($2)
           group by t.session_id, p.participant
           order by array_position($2, t.session_id), p.sort_key"#,
        from.tongue.as_str(),
        &ids as _,
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        let Some(session) = sessions.iter().find(|session| session.id == row.session) else {
            continue;
        };
        to.row(&[
            from.tongue.said(&session.title).as_str().into(),
            session.starts_at.into(),
            row.participant.into(),
            row.name.into(),
            row.seats.into(),
            row.assigned.into(),
        ])
        .await?;
    }
    Ok(())
}
