//! The questions that jobs ask of the database. Who has a job until when goes by its clock, which all workers share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Job, JobState, KEPT, Why};
use crate::documents::Digest;
use crate::ids::{AccountId, ApiKeyId, JobId};
use crate::reports::Format;

/// A job that a worker has for a while.
pub struct Taken {
    pub id: JobId,
    pub account: AccountId,
    pub key: Option<ApiKeyId>,
    pub request_id: String,
    pub report: String,
    pub format: Format,
    pub parameters: serde_json::Value,
    /// Which try it is: by this a worker is known from the one before.
    pub attempts: i32,
    pub sealed_key: Vec<u8>,
}

/// What a result came to.
pub struct Kept {
    pub row_count: i64,
    pub size_bytes: i64,
    pub sha256: Digest,
}

/// Adds a job. Answers `false` where the account has one that is not finished.
pub async fn insert(
    conn: &mut PgConnection,
    job: &Job,
    request_id: &str,
    sealed_key: &[u8],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into export_job (export_job_id, account_id, api_key_id, request_id, report, format, parameters, sealed_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (account_id) where state in ('waiting', 'running') do nothing",
        job.id as _,
        job.account as _,
        job.key as _,
        request_id,
        job.report,
        job.format as _,
        job.parameters,
        sealed_key,
        job.created_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The job of an account that is not finished.
pub async fn find_unfinished(
    conn: &mut PgConnection,
    account: AccountId,
) -> sqlx::Result<Option<JobId>> {
    sqlx::query_scalar!(
        r#"select export_job_id as "id: JobId" from export_job
           where account_id = $1 and state in ('waiting', 'running')"#,
        account as _,
    )
    .fetch_optional(conn)
    .await
}

/// A job, and the wrapped key of its result, where there is one.
pub async fn find(
    conn: &mut PgConnection,
    id: JobId,
) -> sqlx::Result<Option<(Job, Option<Vec<u8>>)>> {
    let row = sqlx::query!(
        r#"select export_job_id as "id: JobId", account_id as "account: AccountId", api_key_id as "key: ApiKeyId", report,
                  format as "format: Format", parameters, state as "state: JobState", why as "why: Why", row_count,
                  size_bytes, sha256 as "sha256: Digest", sealed_key, created_at, done_at, expires_at
           from export_job where export_job_id = $1"#,
        id as _,
    );
    Ok(row.fetch_optional(conn).await?.map(|row| {
        let job = Job {
            id: row.id,
            account: row.account,
            key: row.key,
            report: row.report,
            format: row.format,
            parameters: row.parameters,
            state: row.state,
            why: row.why,
            row_count: row.row_count,
            size_bytes: row.size_bytes,
            sha256: row.sha256,
            created_at: row.created_at,
            done_at: row.done_at,
            expires_at: row.expires_at,
        };
        (job, row.sealed_key)
    }))
}

/// Takes the job that has waited longest, and throws away what a worker before made of it. What was tried too often is
/// given up.
pub async fn take(
    conn: &mut PgConnection,
    lease: Duration,
    tries: i32,
) -> sqlx::Result<Option<Taken>> {
    sqlx::query!(
        "with spent as (
             select export_job_id from export_job
             where state in ('waiting', 'running') and due_at <= now() and attempts >= $1
             for update skip locked)
         update export_job j set state = 'failed', why = 'given_up', sealed_key = null, ended_at = now()
         from spent where j.export_job_id = spent.export_job_id",
        tries,
    )
    .execute(&mut *conn)
    .await?;
    let taken = sqlx::query_as!(
        Taken,
        r#"with due as (
               select export_job_id from export_job
               where state in ('waiting', 'running') and due_at <= now() and attempts < $2
               order by due_at limit 1 for update skip locked)
           update export_job j
           set state = 'running', attempts = attempts + 1, row_count = 0, due_at = now() + $1 * interval '1 second'
           from due where j.export_job_id = due.export_job_id
           returning j.export_job_id as "id: JobId", account_id as "account: AccountId", api_key_id as "key: ApiKeyId",
                     request_id, report, format as "format: Format", parameters, attempts, sealed_key as "sealed_key!""#,
        lease.as_secs_f64(),
        tries,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(taken) = &taken {
        sqlx::query!("delete from export_part where export_job_id = $1", taken.id as _)
            .execute(conn)
            .await?;
    }
    Ok(taken)
}

/// Notes how far a job is, and that its worker lives. Answers `false` where it is this worker's no more.
pub async fn note(
    conn: &mut PgConnection,
    taken: &Taken,
    row_count: i64,
    lease: Duration,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update export_job set row_count = $3, due_at = now() + $4 * interval '1 second'
         where export_job_id = $1 and attempts = $2 and state = 'running'",
        taken.id as _,
        taken.attempts,
        row_count,
        lease.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a part of a result. Answers `false` where the job is this worker's no more: it is held meanwhile, so that no part
/// comes after its end.
pub async fn insert_part(
    conn: &mut PgConnection,
    taken: &Taken,
    number: i32,
    sealed: &[u8],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into export_part (export_job_id, number, sealed)
         select export_job_id, $3, $4 from export_job
         where export_job_id = $1 and attempts = $2 and state = 'running' for share",
        taken.id as _,
        taken.attempts,
        number,
        sealed,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A part of a result that is still kept.
pub async fn find_part(
    conn: &mut PgConnection,
    id: JobId,
    number: i32,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select sealed from export_part where export_job_id = $1 and number = $2",
        id as _,
        number,
    )
    .fetch_optional(conn)
    .await
}

/// Notes that a result is whole. Answers `false` where the job is this worker's no more.
pub async fn finish(
    conn: &mut PgConnection,
    taken: &Taken,
    kept: &Kept,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update export_job set state = 'done', row_count = $3, size_bytes = $4, sha256 = $5, done_at = $6, expires_at = $7
         where export_job_id = $1 and attempts = $2 and state = 'running'",
        taken.id as _,
        taken.attempts,
        kept.row_count,
        kept.size_bytes,
        kept.sha256 as _,
        now,
        now + KEPT,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a job be tried again after a pause. Who took it since knows better.
pub async fn put_off(conn: &mut PgConnection, taken: &Taken, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update export_job set state = 'waiting', due_at = now() + $3 * interval '1 second'
         where export_job_id = $1 and attempts = $2 and state = 'running'",
        taken.id as _,
        taken.attempts,
        pause.as_secs_f64(),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Ends a job that a worker has, without a result.
pub async fn end(
    conn: &mut PgConnection,
    taken: &Taken,
    state: JobState,
    why: Why,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update export_job set state = $3, why = $4, sealed_key = null, ended_at = now()
         where export_job_id = $1 and attempts = $2 and state = 'running'",
        taken.id as _,
        taken.attempts,
        state as _,
        why as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes a job back, and destroys its result. Answers `false` where it has ended.
pub async fn cancel(conn: &mut PgConnection, id: JobId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update export_job set state = 'cancelled', why = 'asked', sealed_key = null, ended_at = now()
         where export_job_id = $1 and sealed_key is not null",
        id as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there is a result that was kept long enough.
pub async fn has_old(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from export_job where state = 'done' and expires_at <= $1) as "has!""#,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Destroys the results that were kept long enough. Says how many.
pub async fn expire(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "update export_job set state = 'expired', sealed_key = null, ended_at = now()
         where state = 'done' and expires_at <= $1",
        now,
    );
    Ok(done.execute(conn).await?.rows_affected())
}

/// Forgets jobs that ended a while ago.
pub async fn forget(conn: &mut PgConnection, days: i32) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from export_job where ended_at < now() - make_interval(days => $1)",
        days
    );
    Ok(done.execute(conn).await?.rows_affected())
}
