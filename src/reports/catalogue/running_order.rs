//! The running order of the signing: whose turn it is, in which order, and how far each is (R30, R31).

use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::ceremony::PlaceCode;
use crate::input::{Date, Faults};
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;
use crate::text::Reason;
use crate::treaty::session::{sessions, turns};

pub const REPORT: Report = Report {
    name: "running-order",
    titles: [
        "Running order of signing",
        "Ordre de passage à la signature",
        "Orden de firma",
        "Thứ tự ký",
    ],
    seen_by: &[Action::ListReports, Action::ReadSession],
    columns: &[
        c::date("day", ["Day", "Jour", "Día", "Ngày"]),
        c::text("place", ["Place", "Lieu", "Lugar", "Nơi ký"]),
        c::number("position", ["No.", "N°", "N.º", "Số"]),
        c::CODE,
        c::PARTICIPANT,
        c::text("signer", ["Signer", "Signataire", "Firmante", "Người ký"]),
        c::text("office", ["Office", "Fonction officielle", "Cargo", "Chức danh"]),
        c::RANK,
        c::moment("signs_at", ["Appointment", "Rendez-vous", "Cita", "Giờ ký"]),
        c::code("state", words::TURNS, ["State", "État", "Estado", "Trạng thái"]),
        c::SINCE,
        c::text("reason", ["Reason", "Motif", "Motivo", "Lý do"]),
    ],
    parameters: parameters::<Sessions>,
    order: |asked| asked.of(fill),
};

/// Which sessions; all where nothing is said.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Sessions {
    /// At this place.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceCode>,
    /// On this day, local to the place.
    #[deserr(default)]
    #[param(value_type = Option<NaiveDate>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
}

impl Filter for Sessions {}

async fn fill(asked: Sessions, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let all = sessions(&mut from.tx, &from.ceremony).await?.into_keys();
    let wanted = all.filter(|session| {
        asked.place.as_ref().is_none_or(|place| *place == session.place)
            && asked.day.is_none_or(|Date(day)| day == session.day)
    });
    for session in wanted {
        let turns = turns(&mut from.tx, &from.ceremony, &session).await?;
        for (position, turn) in (1_i64..).zip(&turns) {
            to.row(&[
                session.day.into(),
                from.place(&session.place).into(),
                position.into(),
                turn.participant.as_str().into(),
                turn.name.as_str().into(),
                turn.signer.as_str().into(),
                turn.office.as_str().into(),
                turn.rank.as_str().into(),
                turn.at.to_utc().into(),
                turn.state.as_str().into(),
                turn.since.into(),
                turn.reason.as_ref().map(Reason::as_str).into(),
            ])
            .await?;
        }
    }
    Ok(())
}
