//! Schedules as they are shown.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::model::{Every, Recipient, RunState, Schedule, ScheduleState, Undelivered, Why};
use crate::db::Answer;
use crate::ids::{AccountId, ExportScheduleId};
use crate::reports::Format;
use crate::reports::jobs::api::address;

/// A schedule, and by which clocks its days are counted.
pub struct Shown {
    /// The schedule.
    pub schedule: Schedule,
    /// The ceremony's.
    pub zone: Tz,
}

/// A report that is made again and again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportSchedule)]
pub struct ScheduleView<'a> {
    id: ExportScheduleId,
    /// Whose it is.
    account: AccountId,
    report: &'a str,
    format: Format,
    #[schema(value_type = Object)]
    parameters: &'a Value,
    every: Every,
    /// When on a day: `06:30`, by the clocks of `time_zone`.
    at: Option<String>,
    time_zone: &'static str,
    destination: &'a str,
    /// To whose keys it is encrypted (age); none: it is not.
    recipients: &'a [Recipient],
    state: ScheduleState,
    /// Why it does not run.
    why: Option<Why>,
    /// How many runs in a row have not arrived; five stop it.
    failures: i32,
    /// When it runs next; null where it does not.
    next_at: Option<DateTime<Utc>>,
    /// The latest run, for as long as its job is known.
    last_run: Option<RunView>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A run of a schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportRun)]
pub struct RunView {
    /// The job that makes it.
    job: String,
    /// Of which instant it is.
    planned_at: DateTime<Utc>,
    state: RunState,
    /// Why it has not arrived.
    why: Option<Undelivered>,
    /// The name of its file.
    file: String,
    ended_at: Option<DateTime<Utc>>,
}

impl Shown {
    /// As people see it.
    #[must_use]
    pub fn view(&self) -> ScheduleView<'_> {
        let schedule = &self.schedule;
        let last = (schedule.last_job, schedule.last_planned_at, schedule.last_state);
        let last_run = match last {
            (Some(job), Some(planned_at), Some(state)) => Some(RunView {
                job: address(job),
                planned_at,
                state,
                why: schedule.last_why,
                file: schedule.file_name(planned_at),
                ended_at: schedule.last_ended_at,
            }),
            _ => None,
        };
        let runs = schedule.state == ScheduleState::Active;
        ScheduleView {
            id: schedule.id,
            account: schedule.account,
            report: &schedule.report,
            format: schedule.format,
            parameters: &schedule.parameters,
            every: schedule.every,
            at: schedule.at.map(|at| at.format("%H:%M").to_string()),
            time_zone: self.zone.name(),
            destination: &schedule.destination,
            recipients: &schedule.recipients,
            state: schedule.state,
            why: schedule.why,
            failures: schedule.failures,
            next_at: runs.then_some(schedule.next_at),
            last_run,
            created_at: schedule.created_at,
            updated_at: schedule.updated_at,
        }
    }

    /// What the audit trail is told of a new one.
    #[must_use]
    pub fn told(&self) -> Value {
        let ScheduleView { report, format, parameters, every, at, destination, recipients, .. } =
            self.view();
        json!({
            "report": report, "format": format, "parameters": parameters, "every": every, "at": at,
            "destination": destination, "recipients": recipients,
        })
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.view())
    }
    fn etag(&self) -> Option<String> {
        Some(self.schedule.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/export-schedules/{}", self.schedule.id))
    }
}
