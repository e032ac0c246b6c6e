//! Side events: who organizes what, and where it has its place (R45).

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;
use sqlx::types::Json;

use crate::access::Action;
use crate::input::Faults;
use crate::page::AnyOf;
use crate::programme::side_events::SideEventState;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;
use crate::text::{Label, Translated};

pub const REPORT: Report = Report {
    name: "side-events",
    titles: ["Side events", "Événements parallèles", "Actos paralelos", "Sự kiện bên lề"],
    seen_by: &[Action::ListReports, Action::ListSideEvents],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::text("title", ["Title", "Titre", "Título", "Tiêu đề"]),
        c::code("state", words::STAGES, ["State", "État", "Estado", "Trạng thái"]),
        c::number("audience", ["Audience", "Public", "Público", "Số người dự"]),
        c::text(
            "preferred_slots",
            ["Preferred slots", "Créneaux souhaités", "Franjas preferidas", "Khung giờ mong muốn"],
        ),
        c::text("co_sponsors", ["Co-sponsors", "Coparrains", "Copatrocinadores", "Đồng bảo trợ"]),
        c::text("room", ["Room", "Salle", "Sala", "Phòng"]),
        c::STARTS_AT,
        c::moment("submitted_at", ["Submitted at", "Soumis le", "Presentado el", "Nộp lúc"]),
    ],
    parameters: parameters::<States>,
    order: |asked| asked.of(fill),
};

/// Which side events.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct States {
    /// In any of these states, divided by commas; all but drafts where nothing is said.
    #[deserr(default = AnyOf(vec![
        SideEventState::Submitted, SideEventState::Accepted, SideEventState::Rejected, SideEventState::Withdrawn,
    ]))]
    #[param(value_type = Option<String>)]
    state: AnyOf<SideEventState>,
}

impl Filter for States {}

/// Those in the programme first, by time; the others in the order in which they were handed in.
async fn fill(asked: States, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select e.participant, name_in(p, $1) as "name!", e.title as "title: Json<Translated<Label>>", e.state,
                  e.audience::bigint as "audience!", e.preferred_slots,
                  array(select c.co_sponsor from side_event_co_sponsor c
                        where c.side_event_id = e.side_event_id and c.answer = 'confirmed' order by c.co_sponsor)
                      as "co_sponsors!",
                  r.name as "room?: Json<Translated<Label>>", s.starts_at as "starts_at?", e.submitted_at
           from side_event e
           join participant p using (participant)
           left join session s on s.session_id = e.session_id and s.cancelled_at is null
           left join room r on r.room_id = s.room_id
           where e.state = any ($2)
           order by s.starts_at nulls last, e.submitted_at nulls last, e.side_event_id"#,
        from.tongue.as_str(),
        &asked.state.0 as _,
    )
    .fetch(&mut *from.tx);
    let tongue = from.tongue;
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            row.participant.into(),
            row.name.into(),
            tongue.said(&row.title.0).as_str().into(),
            row.state.into(),
            row.audience.into(),
            row.preferred_slots.join(" ").into(),
            row.co_sponsors.join(" ").into(),
            row.room.as_ref().map(|Json(name)| tongue.said(name).as_str()).into(),
            row.starts_at.into(),
            row.submitted_at.into(),
        ])
        .await?;
    }
    Ok(())
}
