//! Full powers looked at as an officer would.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::Requirement;
use crate::ceremony::{Ceremony, PlaceCode, SigningWindow};
use crate::documents;
use crate::full_powers::model::{Bar, Entitlement, Examined, FullPowers, Gap};
use crate::full_powers::overrides::Lifted;
use crate::full_powers::store;

/// Full powers, with every gap (R7) and every bar (R6–R11) that there is.
#[derive(Debug)]
pub struct Looked {
    /// The full powers, with all that they rest on.
    pub entitlement: Entitlement,
    /// What the signer needs; none where they are no longer of the delegation.
    pub requirement: Option<Requirement>,
    /// What keeps them from being verified.
    pub gaps: Vec<Gap>,
    /// Where and when the signature is looked at: by the appointment, or else where the treaty is open next.
    pub place: PlaceCode,
    /// The day.
    pub day: NaiveDate,
    /// What keeps the signer from signing there and then.
    pub bars: Vec<Bar>,
    /// What would, had two officers not lifted it.
    pub lifted: Vec<Lifted>,
}

/// Looks at full powers as they are now.
pub async fn look(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
    full_powers: FullPowers,
    now: DateTime<Utc>,
) -> Result<Looked, sqlx::Error> {
    let entitlement = store::find_entitlement(conn, full_powers).await?;
    let application = &entitlement.full_powers.application;
    let has_copy = match application.paper.document {
        Some(document) => {
            documents::find(conn, document).await?.is_some() && entitlement.paper_stands
        }
        None => false,
    };
    let today = ceremony.latest_day(now);
    let examined = Examined { rank: entitlement.rank, has_copy, today };
    let gaps = application.gaps(&ceremony.treaty.number, &examined);
    let (place, day) = there_and_then(ceremony, &entitlement, today).ok_or_else(|| {
        sqlx::Error::Decode("an appointment is at a place that is no window's".into())
    })?;
    let (bars, lifted) = entitlement.judge(&application.participant, &place, day);
    let requirement = entitlement.rank.map(Requirement::of);
    Ok(Looked { entitlement, requirement, gaps, place, day, bars, lifted })
}

/// The place and the day of the appointment; without one, where the treaty is open today or next.
fn there_and_then(
    ceremony: &Ceremony,
    entitlement: &Entitlement,
    today: NaiveDate,
) -> Option<(PlaceCode, NaiveDate)> {
    let day = |window: &SigningWindow, day: NaiveDate| (window.place.clone(), day);
    if let Some(made) = &entitlement.appointment {
        let window = ceremony.window(&made.place)?;
        return Some(day(window, window.local_day(made.at.to_utc())));
    }
    let windows = &ceremony.windows;
    let next = windows.iter().find(|window| window.last_day >= today).or(windows.last())?;
    Some(day(next, today.clamp(next.first_day, next.last_day)))
}
