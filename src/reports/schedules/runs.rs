//! The runs of schedules: begun when their instant has come, delivered when their jobs are done.

use std::future::Future;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::commands::stopped;
use super::destination::{Destinations, Freight, MAIL, Stuck};
use super::model::{Schedule, Undelivered, Why};
use super::store::{self, TakenRun, Which};
use crate::access::{self, Actor, Denied, Permit};
use crate::db::{Db, Event, Events, Scope, Shut, sqlstate};
use crate::ids::ExportScheduleId;
use crate::mail::{Addressee, Enclosed, LetterKind, Placeholder, Post, Trouble};
use crate::page::Limit;
use crate::reports::jobs::{self, Job, JobState};
use crate::reports::{Place, REPORTS, Report, Tongue};
use crate::vault::Wrapped;

/// How often it looks for what is due.
const POLL: Duration = Duration::from_secs(2);
/// For how long a worker has a run, and how long it works on it at most.
const LEASE: Duration = Duration::from_mins(10);
const PATIENCE: Duration = Duration::from_mins(5);
/// How often the delivery of a run is tried, and the pause after the first try; it grows with each.
const TRIES: i32 = 3;
const PAUSE: Duration = Duration::from_secs(30);
/// What a letter carries; mail servers seldom take more than two or three times as much.
const LETTER_MAX_BYTES: u64 = 10 * 1024 * 1024;

/// What runs are made with, and where they go.
#[derive(Clone, Copy)]
pub struct Dispatch<'a> {
    /// Where reports are made.
    pub place: Place<'a>,
    /// Sends letters.
    pub post: &'a Post,
    /// Where else files go.
    pub destinations: &'a Destinations,
}

/// Why a step of a run was not taken.
#[derive(Debug, thiserror::Error)]
enum Untaken {
    /// Somebody else has taken it, or it is not to be taken any more.
    #[error("the run is another worker's, or nobody's")]
    Overtaken,
    /// One export at a time is made for an account: a schedule waits.
    #[error("another export of the account is not finished")]
    Busy,
    /// The owner's right has ended.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Makes what is asked for, and begins and delivers what is planned, for as long as the service runs.
pub async fn work(dispatch: Dispatch<'_>) {
    tokio::join!(Box::pin(jobs::work(dispatch.place)), Box::pin(tend(dispatch)));
}

async fn tend(dispatch: Dispatch<'_>) {
    loop {
        if let Err(error) = begin_due(dispatch.place).await {
            tracing::warn!(code = sqlstate(&error), "could not look for exports that are planned");
        }
        match Box::pin(deliver_due(dispatch)).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(code = sqlstate(&error), "could not deliver exports"),
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Begins the runs whose instant has come; one for each schedule, however many it has missed.
pub async fn begin_due(place: Place<'_>) -> Result<(), sqlx::Error> {
    let db = place.db;
    let which = Which { due_by: Some(db.clock.now()), ..Which::default() };
    let mut tx = db.read(&Scope::all()).await?;
    let due = store::list(&mut tx, &which, Limit::LARGEST).await?;
    drop(tx);
    for schedule in due {
        let begun = match begin(place, &schedule).await {
            Err(Untaken::Denied(_)) => end(db, schedule.id).await,
            begun => begun,
        };
        let (schedule, report) = (schedule.id, &schedule.report);
        match begun {
            Ok(()) => tracing::debug!(%schedule, report, "a planned export has begun"),
            // It is no reason to let the others wait.
            Err(Untaken::Database(error)) => {
                let code = sqlstate(&error);
                tracing::warn!(%schedule, report, code, "a planned export could not be begun");
            }
            Err(untaken) => tracing::debug!(%schedule, report, cause = %untaken, "not begun"),
        }
    }
    Ok(())
}

/// Whoever has a schedule as they are today, and their right to its report.
async fn owner(
    db: &Db,
    schedule: &Schedule,
) -> Result<Option<(Actor, &'static Report, Permit)>, sqlx::Error> {
    let Schedule { account, key, request_id, .. } = schedule;
    let owner = access::find_away(db, *account, *key, request_id).await?;
    let report = REPORTS.iter().copied().find(|report| report.name == schedule.report);
    Ok(owner.zip(report).and_then(|(owner, report)| {
        let permit = report.permit(&owner).ok()?;
        Some((owner, report, permit))
    }))
}

/// Begins a run: the job, the run and the next instant are stored together.
async fn begin(place: Place<'_>, due: &Schedule) -> Result<(), Untaken> {
    let Place { db, ceremony, .. } = place;
    let (owner, report, permit) = owner(db, due).await?.ok_or(Denied::Forbidden)?;
    let zone = ceremony.programme.time_zone;

    db.write(permit, async |tx| {
        let schedule = store::lock(tx, due.id).await?.ok_or(Untaken::Overtaken)?;
        if !schedule.is_due(tx.now) {
            return Err(Untaken::Overtaken);
        }
        if !owner.stands_held(tx, db.clock).await? {
            return Err(Denied::Unknown.into());
        }
        let by = (schedule.account, schedule.key);
        let parameters = schedule.parameters.clone();
        let job = Job::waiting(by, (report.name, schedule.format), parameters, tx.now);
        if !jobs::enter(tx, &job, &schedule.request_id).await? {
            return Err(Untaken::Busy);
        }
        store::insert_run(tx, &schedule, job.id).await?;
        let about = json!({
            "report": job.report, "format": job.format, "parameters": job.parameters,
            "schedule": schedule.id, "planned_at": schedule.next_at,
        });
        let schedule = schedule.begun(zone, tx.now).touched(tx.now);
        store::save(tx, &schedule).await?;
        Ok(((), Event::of("export.requested", job.id.uuid()).with(&about)))
    })
    .await
    .map(drop)
}

/// Stops a schedule whose owner may not have its report any more.
async fn end(db: &Db, id: ExportScheduleId) -> Result<(), Untaken> {
    db.write(Permit::service("export-schedules"), async |tx| {
        let schedule = store::lock(tx, id).await?.ok_or(Untaken::Overtaken)?;
        let schedule = schedule.stop(Why::RightEnded).map_err(|_| Untaken::Overtaken)?;
        let schedule = schedule.touched(tx.now);
        store::save(tx, &schedule).await?;
        Ok(((), stopped(&schedule, None)))
    })
    .await
    .map(drop)
}

/// Delivers one run whose job has ended. Answers `false` where there is none.
pub async fn deliver_due(dispatch: Dispatch<'_>) -> Result<bool, sqlx::Error> {
    let db = dispatch.place.db;
    let taken = db.note_of_all(async |conn| store::take_run(conn, LEASE).await).await?;
    let Some(run) = taken else { return Ok(false) };
    let mut tx = db.read(&Scope::all()).await?;
    let found = store::find(&mut tx, run.schedule).await?;
    drop(tx);
    // Taken away in between, and its runs with it.
    let Some(schedule) = found else { return Ok(true) };
    let noted = match in_time(Box::pin(deliver(dispatch, &schedule, &run))).await {
        Ok(permit) => note(db, permit, &run, None).await,
        Err(stuck) => {
            let (id, attempts) = (run.schedule, run.attempts);
            tracing::warn!(schedule = %id, attempts, cause = %stuck, "an export was not delivered");
            if stuck.is_for_good() || attempts >= TRIES {
                note(db, Permit::service("export-schedules"), &run, Some(stuck.why())).await
            } else {
                let pause = PAUSE * attempts.unsigned_abs();
                let put_off = db.note_of_all(async |conn| store::put_off(conn, &run, pause).await);
                put_off.await.map_err(Untaken::from)
            }
        }
    };
    match noted {
        Err(Untaken::Database(error)) => Err(error),
        _ => Ok(true),
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, Stuck>>) -> Result<T, Stuck> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(Stuck::Slow))
}

/// Brings what was made to where it was to go. Gives the right by which it went.
async fn deliver(
    dispatch: Dispatch<'_>,
    schedule: &Schedule,
    run: &TakenRun,
) -> Result<Permit, Stuck> {
    let Dispatch { place: Place { db, workshop, .. }, destinations, .. } = dispatch;
    let (owner, report, permit) = owner(db, schedule).await?.ok_or(Stuck::RightEnded)?;
    let (JobState::Done, Some(sealed_key)) = (run.made, &run.sealed_key) else {
        return Err(Stuck::NotMade);
    };
    let key = db.vault.unwrap_key(Wrapped::Export, run.job, sealed_key)?;
    let size = run.size_bytes.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    let scope = permit.scope().clone();
    let content = jobs::open(db.clone(), scope, owner, (run.job, key), 0..size);
    let name = schedule.file_name(run.planned_at);
    let recipients = &schedule.recipients;
    let freight = Freight { name: &name, recipients, content, workshop };
    if schedule.destination == MAIL {
        if size > LETTER_MAX_BYTES {
            return Err(Stuck::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut file = tokio::fs::File::from_std(Box::pin(freight.unload()).await?);
        file.read_to_end(&mut bytes).await?;
        send(dispatch, schedule, run, (report, name, bytes)).await?;
    } else {
        let depot = destinations.find(&schedule.destination).ok_or(Stuck::NoDestination)?;
        Box::pin(depot.put(freight)).await?;
    }
    Ok(permit)
}

/// Sends it to its owner's own address. Sent again, it is known by its id.
async fn send(
    dispatch: Dispatch<'_>,
    schedule: &Schedule,
    run: &TakenRun,
    (report, name, bytes): (&Report, String, Vec<u8>),
) -> Result<(), Stuck> {
    let Dispatch { place: Place { db, ceremony, .. }, post, .. } = dispatch;
    let mut tx = db.read(&Scope::all()).await?;
    let owner = store::find_owner(&mut tx, schedule.account).await?.ok_or(Stuck::RightEnded)?;
    drop(tx);
    let store::Owner { name: reader, email, language } = owner;
    let tongue = Tongue::parse(language.as_str()).unwrap_or(Tongue::En);
    let value = |placeholder| match placeholder {
        Placeholder::Name => Some(reader.to_string()),
        Placeholder::Event => Some(language.of(&ceremony.event.name).to_string()),
        Placeholder::Subject => Some(tongue.of(report.titles).to_owned()),
        _ => None,
    };
    let written = ceremony.letters.write(language, LetterKind::ReportEnclosed, value);
    let written = written.map_err(|_| Stuck::Letter(Trouble::Unwritable))?;
    let is_plain = schedule.recipients.is_empty();
    let media_type =
        if is_plain { schedule.format.media_type() } else { "application/octet-stream" };
    let enclosed = Enclosed { name, media_type, bytes };
    let addressee = Addressee { name: reader, email, language };
    let sent = post.send(run.job.uuid(), &addressee, &written, run.planned_at, Some(enclosed));
    sent.await.map_err(Stuck::Letter)
}

/// Notes what came of a run, and what follows for its schedule.
async fn note(
    db: &Db,
    permit: Permit,
    run: &TakenRun,
    why: Option<Undelivered>,
) -> Result<(), Untaken> {
    db.write(permit, async |tx| {
        let before = store::lock(tx, run.schedule).await?.ok_or(Untaken::Overtaken)?;
        let now = tx.now;
        if !store::end_run(tx, run, why, now).await? {
            return Err(Untaken::Overtaken);
        }
        let was = before.state;
        let about = json!({
            "job": run.job, "planned_at": run.planned_at, "destination": before.destination,
            "file": before.file_name(run.planned_at), "why": why,
        });
        let (kind, after) = match why {
            None => ("export_schedule.delivered", before.arrived()),
            Some(why) => ("export_schedule.failed", before.failed(why)),
        };
        let after = after.touched(now);
        store::save(tx, &after).await?;
        let mut events = Events::from(Event::of(kind, after.id.uuid()).with(&about));
        if after.state != was {
            events.push(stopped(&after, None));
        }
        Ok(((), events))
    })
    .await
    .map(drop)
}
