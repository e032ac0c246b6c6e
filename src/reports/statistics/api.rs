//! Numbers over HTTP.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Counted, STATISTICS};
use crate::access::Denied;
use crate::http::Call;
use crate::problem::Problem;
use crate::reports::api::source;
use crate::reports::model::Tongue;
use crate::reports::report::permit;

/// How many there are, by what they are counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statistic)]
pub struct StatisticView {
    /// Of which moment.
    as_of: DateTime<Utc>,
    items: Vec<Counted>,
}

/// Counts: `delegations` by stage and kind, `members` by status, `missing-documents` by item and level, `signatures` by
/// turn and by hour, `side-events` by state and beginning. Each number is that of the report that has its rows.
#[utoipa::path(get, path = "/api/v1/statistics/{statistic}", tag = "reports", params(("statistic" = String, Path)),
    responses((status = 200, body = StatisticView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let found = STATISTICS.iter().find(|statistic| statistic.name == *name);
    let statistic = found.ok_or(Denied::Invisible)?;
    let permit = permit(&call.actor, statistic.seen_by)?;
    let mut source = source(&call.app, &permit, Tongue::En).await?;
    let items = (statistic.count)(&mut source).await?;
    Ok(HttpResponse::Ok().json(StatisticView { as_of: source.now, items }))
}
