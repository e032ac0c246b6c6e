//! Schedules over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Error, Frame, PER_ACCOUNT, Wanted};
use super::model::{Every, ScheduleState, WrongState};
use super::store::{self, Which};
use super::view::{ScheduleView, Shown};
use crate::access::{Action, Denied};
use crate::http::{self, Call, Json, NoBody};
use crate::ids::{AccountId, ExportScheduleId};
use crate::input::Faults;
use crate::page::{Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::reports::jobs::api::Parameters;
use crate::reports::{Format, jobs};

/// What is to be made, how often, and where it goes.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewExportSchedule {
    /// The name of a report that `GET /reports` lists.
    report: String,
    /// As what.
    #[schema(value_type = Format)]
    format: String,
    /// What is asked of the report: its parameters, by the names and in the form that its address takes.
    #[deserr(default)]
    #[schema(value_type = Object)]
    parameters: Parameters,
    /// How often.
    #[schema(value_type = Every)]
    every: String,
    /// When on a day, `06:30`, by the ceremony's clocks.
    #[deserr(default)]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    at: Option<String>,
    /// `mail`, for the address of one's own account, or the name of a destination from the settings.
    destination: String,
    /// Public keys of age (X25519), to which the file is encrypted; left out, it is not.
    #[deserr(default)]
    #[schema(max_items = 10)]
    recipients: Vec<String>,
}

/// Has a report made every hour or every day, and put where the operator has named a place, or sent to one's own address.
/// Each run is an export of one's own, for which one's right to the report is asked anew. What may name persons goes by mail
/// only encrypted. Five runs in a row that do not arrive stop it, with a letter; of runs that were missed one is made up for.
#[utoipa::path(post, path = "/api/v1/export-schedules", tag = "reports", request_body = NewExportSchedule,
    responses((status = 201, body = ScheduleView<'_>), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewExportSchedule>>) -> Result<HttpResponse, Problem> {
    let Json(new) = call.body;
    let (report, format, parameters) = (new.report, new.format, new.parameters.0);
    let wanted = Wanted {
        export: jobs::Wanted { report, format, parameters },
        every: new.every,
        at: new.at,
        destination: new.destination,
        recipients: new.recipients,
    };
    let zone = call.app.ceremony.programme.time_zone;
    let frame = Frame { zone, exports: &call.app.config.exports };
    http::written(commands::create(&call.app.db, &call.actor, &wanted, frame).await?)
}

/// Which schedules to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScheduleFilter {
    /// Those of another account, for administrators; left out, theirs are all, and everybody else's their own.
    #[deserr(default)]
    #[param(value_type = Option<AccountId>)]
    account: Option<AccountId>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// A page of schedules.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportSchedules<'a> {
    items: Vec<ScheduleView<'a>>,
    next: Option<String>,
}

/// Lists one's own schedules, the oldest first; a key those that it made, an administrator those of all.
#[utoipa::path(get, path = "/api/v1/export-schedules", tag = "reports", params(ScheduleFilter),
    responses((status = 200, body = ExportSchedules<'_>)))]
pub async fn list(call: Call<NoBody, ScheduleFilter>) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ReadExports)?;
    let ScheduleFilter { account, limit, cursor } = call.query;
    let sees_all = call.actor.may(Action::KeepAccounts);
    if account.is_some_and(|account| account != call.actor.account()) && !sees_all {
        return Err(Denied::Forbidden.into());
    }
    let account = if sees_all { account } else { Some(call.actor.account()) };
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let which = Which { account, key: permit.key(), after, ..Which::default() };
    let mut tx = call.app.db.read(permit.scope()).await?;
    let rows = store::list(&mut tx, &which, limit).await?;
    let page = Page::cut(rows, limit, |schedule| Cursor(vec![schedule.id.to_string()]));
    let zone = call.app.ceremony.programme.time_zone;
    let page = page.map(|schedule| Shown { schedule, zone });
    let items = page.items.iter().map(Shown::view).collect();
    Ok(HttpResponse::Ok().json(ExportSchedules { items, next: page.next.clone() }))
}

/// Reads a schedule of one's own, and what came of its latest run; an administrator reads any.
#[utoipa::path(get, path = "/api/v1/export-schedules/{id}", tag = "reports", params(("id" = ExportScheduleId, Path)),
    responses((status = 200, body = ScheduleView<'_>), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<ExportScheduleId>) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ReadExports)?;
    let mut tx = call.app.db.read(permit.scope()).await?;
    let schedule = commands::seen(store::find(&mut tx, *id).await?, &call.actor, &permit)?;
    // A run is forgotten with its job, which makes no version.
    http::item_anew(&Shown { schedule, zone: call.app.ceremony.programme.time_zone })
}

/// Stops a schedule: one's own, or as an administrator anybody's, whose owner is told. A run that has begun is ended by
/// taking its job back.
#[utoipa::path(post, path = "/api/v1/export-schedules/{id}/stop", tag = "reports",
    params(("id" = ExportScheduleId, Path)),
    responses((status = 200, body = ScheduleView<'_>), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn stop(call: Call, id: web::Path<ExportScheduleId>) -> Result<HttpResponse, Problem> {
    let (zone, meant) = (call.app.ceremony.programme.time_zone, (*id, call.if_match()?));
    http::written(commands::stop(&call.app.db, &call.actor, zone, meant).await?)
}

/// Lets a schedule of one's own go on, from the next instant to come. It takes what it took to make it.
#[utoipa::path(post, path = "/api/v1/export-schedules/{id}/resume", tag = "reports",
    params(("id" = ExportScheduleId, Path)),
    responses((status = 200, body = ScheduleView<'_>), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn resume(call: Call, id: web::Path<ExportScheduleId>) -> Result<HttpResponse, Problem> {
    let (zone, meant) = (call.app.ceremony.programme.time_zone, (*id, call.if_match()?));
    http::written(commands::resume(&call.app.db, &call.actor, zone, meant).await?)
}

/// Takes a schedule away: one's own, or as an administrator anybody's. What it has delivered stays where it is.
#[utoipa::path(delete, path = "/api/v1/export-schedules/{id}", tag = "reports",
    params(("id" = ExportScheduleId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn delete(call: Call, id: web::Path<ExportScheduleId>) -> Result<HttpResponse, Problem> {
    let meant = (*id, call.if_match()?);
    http::written(commands::delete(&call.app.db, &call.actor, meant).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Faults(faults) => faults.into(),
            Error::TooMany => Self::of(Code::QuotaExceeded)
                .detail("The account has as many schedules as it may have. Take one away first.")
                .with("limit", PER_ACCOUNT),
            Error::WrongState(WrongState(current)) => Self::of(Code::IllegalTransition)
                .detail(format!("A schedule that is {current} does not take this step."))
                .with("current", current)
                .with(
                    "allowed",
                    match current {
                        ScheduleState::Active => ["stop"],
                        ScheduleState::Stopped => ["resume"],
                    },
                ),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
