//! Calendars over HTTP.

use actix_web::{HttpRequest, HttpResponse};

use super::model::calendar;
use crate::access::Denied;
use crate::http::{Anyone, App, NoBody};
use crate::problem::Problem;
use crate::programme::releases::Item;
use crate::programme::releases::api::{ProgrammeQuery, Reader, kept};
use crate::programme::words::{Spoken, said};

/// The media type of a calendar.
pub const CALENDAR: &str = "text/calendar; charset=utf-8";

/// The programme as it is released, as a calendar (RFC 5545). A session that has moved or was called off keeps its UID,
/// with a higher SEQUENCE.
#[utoipa::path(get, path = "/api/v1/programme.ics", tag = "programme", security((), ("token" = [])), params(ProgrammeQuery),
    responses((status = 200, body = String, content_type = "text/calendar"), (status = 404, body = crate::problem::Body)))]
pub async fn programme(
    request: HttpRequest,
    anyone: Anyone<NoBody, ProgrammeQuery>,
) -> Result<HttpResponse, Problem> {
    let reader = Reader::of(anyone)?;
    let wanted = reader.query.language(&request);
    let (_, items) = reader.read(reader.query.version()).await?.ok_or(Denied::Invisible)?;
    Ok(kept(&request, CALENDAR, named(&reader.app, &items, wanted).into_bytes()))
}

/// These sessions as a calendar that has the event's name.
#[must_use]
pub fn named(app: &App, items: &[Item], wanted: Spoken) -> String {
    let (_, name) = said(&app.ceremony.event.name, wanted);
    calendar(name.as_str(), items, app.ceremony.programme.time_zone, wanted)
}
