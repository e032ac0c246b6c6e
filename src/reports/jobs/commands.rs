//! What somebody does about their exports.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::model::{Job, JobState};
use super::store;
use crate::access::{Action, Actor, Denied, Permit};
use crate::db::{Answer, Db, Event, Scope, Shut, Tx, Written};
use crate::ids::JobId;
use crate::input::Faults;
use crate::reports::report::Asked;
use crate::reports::{Format, REPORTS, Report};
use crate::text::Fault;
use crate::vault::{DataKey, SealingKey, Unopened, Wrapped};

/// For how many days a job is shown after its end.
const SHOWN_DAYS: i32 = 7;

/// Why an export is not made, or not given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What is asked for cannot be.
    #[error("what is asked for cannot be made")]
    Faults(Faults),
    /// The account has one that is not finished.
    #[error("another export of this account is not finished")]
    Busy(JobId),
    /// It has no result, yet or any more.
    #[error("an export that is {0} has no result")]
    NoResult(JobState),
    /// It has ended.
    #[error("an export that is {0} has ended")]
    Ended(JobState),
    /// The key of a result is another.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// What somebody wants made, as it came.
pub struct Wanted {
    /// The report's name.
    pub report: String,
    /// As what.
    pub format: String,
    /// What is asked of the report.
    pub parameters: Map<String, Value>,
}

/// Asks for an export. What is asked for is judged as it would be for an answer at once, and all that is wrong told together.
pub async fn ask<T: Answer>(
    db: &Db,
    actor: &Actor,
    wanted: &Wanted,
    answer: impl Fn(Job) -> T,
) -> Result<Written<T>, Error> {
    actor.permit(Action::ListReports)?;
    let mut faults = Faults::default();
    let read = read(wanted, db.clock.now(), &mut faults);
    let (report, format) = read.ok_or(Error::Faults(faults))?;
    let permit = report.permit(actor)?;
    let (request_id, key) = (permit.request_id().to_owned(), permit.key());

    db.write(permit, async |tx| {
        if !actor.stands_held(tx, db.clock).await? {
            return Err(Denied::Unknown.into());
        }
        let parameters = Value::Object(wanted.parameters.clone());
        let job = Job::waiting((actor.account(), key), (report.name, format), parameters, tx.now);
        while !enter(tx, &job, &request_id).await? {
            // One that has ended in between is in nobody's way.
            if let Some(other) = store::find_unfinished(tx, job.account).await? {
                return Err(Error::Busy(other));
            }
        }
        let about =
            json!({ "report": report.name, "format": format, "parameters": job.parameters });
        let event = Event::of("export.requested", job.id.uuid()).with(&about);
        Ok((answer(job), event))
    })
    .await
}

/// Stores a job, with the key of its result. Answers `false` where its account has one that is not finished.
pub async fn enter(tx: &mut Tx<'_>, job: &Job, request_id: &str) -> sqlx::Result<bool> {
    let sealed_key = tx.vault.wrap(Wrapped::Export, job.id, &DataKey::fresh());
    store::insert(tx, job, request_id, &sealed_key).await
}

/// The report that is meant, where nothing is wrong with what is asked of it; all that is goes to `faults`.
pub fn read(
    wanted: &Wanted,
    now: DateTime<Utc>,
    faults: &mut Faults,
) -> Option<(&'static Report, Format)> {
    let before = faults.0.len();
    let report = REPORTS.iter().copied().find(|report| report.name == wanted.report);
    if report.is_none() {
        let detail = "the name of a report that GET /reports lists is expected";
        faults.add("/report", "unknown_report", detail);
    }
    let format = Format::parse(&wanted.format).map_err(|Fault { code, detail }| {
        faults.add("/format", code, detail);
    });
    let asked = Asked { parameters: wanted.parameters.clone(), now };
    if let Some(Err(Faults(asked))) = report.map(|report| (report.order)(asked)) {
        for fault in asked {
            faults.add(format!("/parameters{}", fault.pointer), fault.code, fault.detail);
        }
    }
    report.zip(format.ok()).filter(|_| faults.0.len() == before)
}

/// A job of whoever asks, and the wrapped key of its result.
pub async fn find(
    db: &Db,
    actor: &Actor,
    id: JobId,
) -> Result<(Job, Option<Vec<u8>>, Permit), Error> {
    let permit = actor.permit(Action::ReadExports)?;
    let mut tx = db.read(permit.scope()).await?;
    let found = store::find(&mut tx, id).await?;
    let found = found.filter(|(job, _)| job.is_of(actor.account(), permit.key()));
    let (job, sealed_key) = found.ok_or(Denied::Invisible)?;
    Ok((job, sealed_key, permit))
}

/// The result of a job, to be opened. Whoever fetches it may do now what it took to have it made, and leaves a trace.
pub async fn fetch(db: &Db, actor: &Actor, id: JobId) -> Result<(Job, SealingKey, Permit), Error> {
    let (job, sealed_key, _) = find(db, actor, id).await?;
    let report = REPORTS.iter().find(|report| report.name == job.report);
    let permit = report.ok_or(Denied::Invisible)?.permit(actor)?;
    let state = job.state_at(db.clock.now());
    let (JobState::Done, Some(sealed_key)) = (state, sealed_key) else {
        return Err(Error::NoResult(state));
    };
    let key = db.vault.unwrap_key(Wrapped::Export, id, &sealed_key)?;
    db.write(permit.clone(), async |_| {
        Ok::<_, Error>(((), Event::of("export.fetched", id.uuid())))
    })
    .await?;
    Ok((job, key, permit))
}

/// Takes a job back: it is made no more, and its result is destroyed.
pub async fn cancel(db: &Db, actor: &Actor, id: JobId) -> Result<Written<()>, Error> {
    let (job, _, permit) = find(db, actor, id).await?;

    db.write(permit, async |tx| {
        if !store::cancel(tx, id).await? {
            let ended = store::find(tx, id).await?.map_or(job.state, |(job, _)| job.state);
            return Err(Error::Ended(ended));
        }
        Ok(((), Event::of("export.cancelled", id.uuid())))
    })
    .await
}

/// Destroys results that were kept long enough, and forgets jobs that ended long ago. Says how many results.
pub async fn sweep(db: &Db) -> Result<u64, Error> {
    db.note_of_all(async |conn| store::forget(conn, SHOWN_DAYS).await).await?;
    let mut tx = db.read(&Scope::all()).await?;
    let has_old = store::has_old(&mut tx, db.clock.now()).await?;
    drop(tx);
    if !has_old {
        return Ok(0);
    }
    let swept = db.write(Permit::service("sweep-exports"), async |tx| {
        let now = tx.now;
        let count = store::expire(tx, now).await?;
        let event = Event::at_large("export.expired").with(&json!({ "exports": count }));
        Ok::<_, Error>((Destroyed(count), event))
    });
    match swept.await? {
        Written::Fresh(Destroyed(count)) | Written::DryRun(Destroyed(count)) => Ok(count),
        Written::Replayed(_) => Ok(0),
    }
}

/// How many results were destroyed.
struct Destroyed(u64);

impl Answer for Destroyed {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}
