//! The questions that schedules and their runs ask of the database. Who has a run until when goes by its clock.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use sqlx::PgConnection;

use super::model::{Every, Recipient, RunState, Schedule, ScheduleState, Undelivered, Why};
use crate::ids::{AccountId, ApiKeyId, ExportScheduleId, JobId};
use crate::mail::LetterLanguage;
use crate::page::{Limit, Version};
use crate::reports::Format;
use crate::reports::jobs::JobState;
use crate::text::{Email, PersonName};

/// Which schedules are meant: those of whom all that is said is true.
#[derive(Debug, Default)]
pub struct Which {
    pub id: Option<ExportScheduleId>,
    pub account: Option<AccountId>,
    pub key: Option<ApiKeyId>,
    /// Those that are to run by then.
    pub due_by: Option<DateTime<Utc>>,
    pub after: Option<ExportScheduleId>,
}

/// A run that a worker has for a while.
pub struct TakenRun {
    pub job: JobId,
    pub schedule: ExportScheduleId,
    pub planned_at: DateTime<Utc>,
    /// Which try it is: by this a worker is known from the one before.
    pub attempts: i32,
    /// How far its job is.
    pub made: JobState,
    pub sealed_key: Option<Vec<u8>>,
    pub size_bytes: Option<i64>,
}

/// Who has a schedule.
pub struct Owner {
    pub name: PersonName,
    pub email: Email,
    pub language: LetterLanguage,
}

/// Holds an account, so that two schedules made at once are counted one after the other.
pub async fn hold_account(conn: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    let held = sqlx::query!(
        "select account_id from account where account_id = $1 for no key update",
        account as _
    );
    held.fetch_optional(conn).await.map(drop)
}

/// How many schedules an account has.
pub async fn count(conn: &mut PgConnection, account: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from export_schedule where account_id = $1"#,
        account as _,
    )
    .fetch_one(conn)
    .await
}

/// Adds a schedule.
pub async fn insert(conn: &mut PgConnection, new: &Schedule) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into export_schedule (export_schedule_id, account_id, api_key_id, request_id, report, format, parameters, every,
                                      at_time, destination, recipients, next_at, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.id as _,
        new.account as _,
        new.key as _,
        new.request_id,
        new.report,
        new.format as _,
        new.parameters,
        new.every as _,
        new.at,
        new.destination,
        &new.recipients as _,
        new.next_at,
        new.version as _,
        new.created_at,
        new.updated_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Schedules with their latest runs, the oldest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    which: &Which,
    limit: Limit,
) -> sqlx::Result<Vec<Schedule>> {
    sqlx::query_as!(
        Schedule,
        r#"select s.export_schedule_id as "id: ExportScheduleId", account_id as "account: AccountId",
                  api_key_id as "key: ApiKeyId", request_id, report, format as "format: Format", parameters,
                  every as "every: Every", at_time as "at: NaiveTime", destination,
                  recipients as "recipients: Vec<Recipient>", s.state as "state: ScheduleState", s.why as "why: Why",
                  failures, next_at, version as "version: Version", created_at, updated_at,
                  r.export_job_id as "last_job?: JobId", r.planned_at as "last_planned_at?",
                  r.state as "last_state?: RunState", r.why as "last_why?: Undelivered", r.ended_at as "last_ended_at?"
           from export_schedule s
           left join lateral (
               select * from export_run where export_schedule_id = s.export_schedule_id
               order by planned_at desc limit 1) r on true
           where ($1::uuid is null or s.export_schedule_id = $1) and ($2::uuid is null or account_id = $2)
             and ($3::uuid is null or api_key_id = $3)
             and ($4::timestamptz is null or (s.state = 'active' and next_at <= $4))
             and ($5::uuid is null or s.export_schedule_id > $5)
           order by s.export_schedule_id limit $6"#,
        which.id as _,
        which.account as _,
        which.key as _,
        which.due_by,
        which.after as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// A schedule.
pub async fn find(conn: &mut PgConnection, id: ExportScheduleId) -> sqlx::Result<Option<Schedule>> {
    let which = Which { id: Some(id), ..Which::default() };
    Ok(list(conn, &which, Limit::default()).await?.pop())
}

/// A schedule, held until the end of the transaction.
pub async fn lock(conn: &mut PgConnection, id: ExportScheduleId) -> sqlx::Result<Option<Schedule>> {
    let held = sqlx::query!(
        "select export_schedule_id from export_schedule where export_schedule_id = $1 for update",
        id as _
    );
    match held.fetch_optional(&mut *conn).await? {
        Some(_) => find(conn, id).await,
        None => Ok(None),
    }
}

/// Saves what changes of a schedule.
pub async fn save(conn: &mut PgConnection, schedule: &Schedule) -> sqlx::Result<()> {
    sqlx::query!(
        "update export_schedule set state = $2, why = $3, failures = $4, next_at = $5, version = $6, updated_at = $7
         where export_schedule_id = $1",
        schedule.id as _,
        schedule.state as _,
        schedule.why as _,
        schedule.failures,
        schedule.next_at,
        schedule.version as _,
        schedule.updated_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes a schedule away, and what is known of its runs; their jobs stay as long as jobs do.
pub async fn delete(conn: &mut PgConnection, id: ExportScheduleId) -> sqlx::Result<()> {
    sqlx::query!("delete from export_schedule where export_schedule_id = $1", id as _)
        .execute(conn)
        .await
        .map(drop)
}

/// Forgets schedules that were stopped long ago.
pub async fn forget_stopped(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    days: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from export_schedule where state = 'stopped' and updated_at < $1::timestamptz - make_interval(days => $2)",
        now,
        days,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds a run, by its job.
pub async fn insert_run(
    conn: &mut PgConnection,
    schedule: &Schedule,
    job: JobId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into export_run (export_job_id, export_schedule_id, planned_at) values ($1, $2, $3)",
        job as _,
        schedule.id as _,
        schedule.next_at,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes the run that has waited longest since its job ended.
pub async fn take_run(conn: &mut PgConnection, lease: Duration) -> sqlx::Result<Option<TakenRun>> {
    sqlx::query_as!(
        TakenRun,
        r#"with due as (
               select r.export_job_id from export_run r join export_job j using (export_job_id)
               where r.state = 'making' and r.due_at <= now() and j.state not in ('waiting', 'running')
               order by r.due_at limit 1 for update of r skip locked)
           update export_run r set attempts = r.attempts + 1, due_at = now() + $1 * interval '1 second'
           from due, export_job j where r.export_job_id = due.export_job_id and j.export_job_id = due.export_job_id
           returning r.export_job_id as "job: JobId", r.export_schedule_id as "schedule: ExportScheduleId", r.planned_at,
                     r.attempts, j.state as "made: JobState", j.sealed_key, j.size_bytes"#,
        lease.as_secs_f64(),
    )
    .fetch_optional(conn)
    .await
}

/// Lets a run be tried again after a pause. Who took it since knows better.
pub async fn put_off(conn: &mut PgConnection, run: &TakenRun, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update export_run set due_at = now() + $3 * interval '1 second'
         where export_job_id = $1 and attempts = $2 and state = 'making'",
        run.job as _,
        run.attempts,
        pause.as_secs_f64(),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Notes what came of a run. Answers `false` where it is this worker's no more.
pub async fn end_run(
    conn: &mut PgConnection,
    run: &TakenRun,
    why: Option<Undelivered>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let state = if why.is_none() { RunState::Delivered } else { RunState::Failed };
    let done = sqlx::query!(
        "update export_run set state = $3, why = $4, ended_at = $5
         where export_job_id = $1 and attempts = $2 and state = 'making'",
        run.job as _,
        run.attempts,
        state as _,
        why as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Who has a schedule, as letters reach them.
pub async fn find_owner(
    conn: &mut PgConnection,
    account: AccountId,
) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as!(
        Owner,
        r#"select name as "name: PersonName", email as "email: Email", language as "language: LetterLanguage"
           from account where account_id = $1 and disabled_at is null"#,
        account as _,
    )
    .fetch_optional(conn)
    .await
}
