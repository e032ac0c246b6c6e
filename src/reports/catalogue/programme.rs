//! The programme as it was released, in the order of time: of all days, of one, or of a room (R46).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::ids::RoomId;
use crate::input::{Date, Faults};
use crate::programme::releases::{Item, Sight, last_seen};
use crate::programme::sessions::Announced;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;
use crate::text::Language;

pub const REPORT: Report = Report {
    name: "programme",
    titles: ["Programme", "Programme", "Programa", "Chương trình"],
    seen_by: &[Action::ListReports, Action::ReadProgramme],
    columns: &[
        c::date("day", ["Day", "Jour", "Día", "Ngày"]),
        c::text("from", ["From", "De", "De", "Từ"]),
        c::text("until", ["Until", "À", "A", "Đến"]),
        c::text("room", ["Room", "Salle", "Sala", "Phòng"]),
        c::code("session_kind", words::SESSION_KINDS, ["Kind", "Catégorie", "Categoría", "Loại"]),
        c::text("title", ["Title", "Titre", "Título", "Tiêu đề"]),
        c::text("people", ["With", "Avec", "Con", "Với"]),
        c::code("access", words::ACCESS, ["Access", "Accès", "Acceso", "Đối tượng"]),
        c::number("places", ["Places", "Places", "Plazas", "Chỗ"]),
        c::text("languages", ["Languages", "Langues", "Idiomas", "Ngôn ngữ"]),
        c::truth("cancelled", ["Cancelled", "Annulé", "Cancelado", "Đã hủy"]),
        c::STARTS_AT,
        c::moment(
            "ends_at",
            ["Ends at (UTC)", "Finit à (UTC)", "Termina a las (UTC)", "Kết thúc (UTC)"],
        ),
    ],
    parameters: parameters::<Days>,
    order: |asked| asked.of(fill),
};

/// Which part of the programme.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Days {
    /// Of this day, local to the place; of all days where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<NaiveDate>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Date>,
    /// In this room.
    #[deserr(default)]
    #[param(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<RoomId>,
}

impl Filter for Days {}

async fn fill(asked: Days, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let zone = from.ceremony.programme.time_zone;
    // A paper that is handed out holds nothing that is under embargo, whoever prints it.
    for item in last_seen(&mut from.tx, Sight::Accredited, from.now).await? {
        let day = item.starts_at.with_timezone(&zone).date_naive();
        let is_of_room =
            asked.room.is_none_or(|id| item.room.as_ref().is_some_and(|room| room.id == id));
        if is_of_room && asked.day.is_none_or(|Date(wanted)| wanted == day) {
            write(&item, zone, from, to).await?;
        }
    }
    Ok(())
}

async fn write(item: &Item, zone: Tz, from: &Source, to: &mut Sink) -> Result<(), Broken> {
    let local = |moment: DateTime<Utc>| moment.with_timezone(&zone);
    let clock = |moment| local(moment).format("%H:%M").to_string();
    let person = |person: &Announced| {
        let title = person.title.as_ref().map_or(String::new(), |title| format!(", {title}"));
        format!("{}{title}", person.name)
    };
    let people: Vec<String> = item.people.iter().map(person).collect();
    let languages: Vec<&str> = item.languages.iter().map(Language::as_str).collect();
    let room = item.room.as_ref().map(|room| from.tongue.said(&room.name).as_str());
    to.row(&[
        local(item.starts_at).date_naive().into(),
        clock(item.starts_at).into(),
        clock(item.ends_at).into(),
        room.into(),
        item.kind.as_str().into(),
        from.tongue.said(&item.title).as_str().into(),
        people.join("; ").into(),
        item.access.as_str().into(),
        item.places.map(i64::from).into(),
        languages.join(" ").into(),
        item.is_cancelled.into(),
        item.starts_at.into(),
        item.ends_at.into(),
    ])
    .await
}
