//! The worker: takes a job, makes its report, keeps the result.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::keeping::Growing;
use super::model::{JobState, Why};
use super::store::{self, Kept, Taken};
use crate::access;
use crate::db::{Db, sqlstate};
use crate::documents::Digest;
use crate::ids::EventId;
use crate::paper::Unset;
use crate::reports::export::{self, Broken, Export, Made, Progress};
use crate::reports::formats::Unwritten;
use crate::reports::report::{Asked, Source};
use crate::reports::{Place, REPORTS};
use crate::vault::Wrapped;

/// How often it looks for work.
const POLL: Duration = Duration::from_secs(1);
/// For how long a worker has a job without a sign of life.
const LEASE: Duration = Duration::from_secs(30);
/// How often it gives one, and notes how far it is.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
/// How often a job is begun before it is given up.
const TRIES: i32 = 5;
/// The pause after the first failure; it grows with each.
const PAUSE: Duration = Duration::from_secs(5);
/// How many chunks may wait for the database.
const CHUNKS_AHEAD: usize = 2;

/// Makes what is asked for, one job at a time, for as long as the service runs.
pub async fn work(place: Place<'_>) {
    loop {
        match work_due(place).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(POLL).await,
            Err(error) => {
                tracing::warn!(code = sqlstate(&error), "could not look for exports");
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

/// Makes one job that is due. Answers `false` where there is none.
pub async fn work_due(place: Place<'_>) -> Result<bool, sqlx::Error> {
    let taken = place.db.note_of_all(async |conn| store::take(conn, LEASE, TRIES).await).await?;
    let Some(taken) = taken else { return Ok(false) };
    if let Err(broken) = Box::pin(make(place, &taken)).await {
        lay_down(place.db, &taken, &broken).await?;
    }
    Ok(true)
}

async fn make(place: Place<'_>, taken: &Taken) -> Result<(), Broken> {
    let Place { db, ceremony, workshop } = place;
    let reader = access::find_away(db, taken.account, taken.key, &taken.request_id).await?;
    let reader = reader.ok_or(Broken::RightEnded)?;
    let report = REPORTS.iter().find(|report| report.name == taken.report);
    let report = report.ok_or(Broken::Unfinished)?;
    let permit = report.permit(&reader).map_err(|_| Broken::RightEnded)?;
    let now = db.clock.now();
    let parameters = taken.parameters.as_object().cloned().unwrap_or_default();
    let order = (report.order)(Asked { parameters, now }).map_err(|_| Broken::Unfinished)?;
    let tx = db.read(permit.scope()).await?;
    let source = Source { tx, ceremony: Arc::clone(ceremony), tongue: order.tongue, now };
    let progress = Progress::default();
    let export = Export {
        id: EventId::from(taken.id.uuid()),
        head: report.head(order.tongue),
        format: taken.format,
        filter: order.filter,
        permit: permit.clone(),
        reader: Some(reader),
        dir: workshop.to_owned(),
        progress: Progress::clone(&progress),
    };
    let key = db.vault.unwrap_key(Wrapped::Export, taken.id, &taken.sealed_key)?;
    let mut growing = Growing::of(db, taken, key);
    let making = async {
        let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
        let made = export::make(db, export, source, order.fill, sender);
        let (mut made, ()) = tokio::try_join!(made, growing.take_all(receiver))?;
        growing.take(std::mem::take(&mut made.last)).await?;
        growing.end().await?;
        Ok::<_, Broken>(made)
    };
    let Made { rows, sha256, event, .. } = tokio::select! {
        made = making => made?,
        broken = give_signs_of_life(db, taken, &progress) => return Err(broken),
    };
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let kept =
        Kept { row_count: count(rows), size_bytes: count(growing.size), sha256: Digest(sha256) };
    // The entry of the audit trail and the result are one: neither is there without the other, or twice.
    db.write(permit, async |tx| {
        let now = tx.now;
        if !store::finish(tx, taken, &kept, now).await? {
            return Err(Broken::Overtaken);
        }
        Ok(((), event.clone()))
    })
    .await
    .map(drop)
}

/// Says now and then that the worker lives and how far it is, until the job is its own no more.
async fn give_signs_of_life(db: &Db, taken: &Taken, progress: &Progress) -> Broken {
    loop {
        tokio::time::sleep(SIGN_OF_LIFE).await;
        let rows = i64::try_from(progress.get()).unwrap_or(i64::MAX);
        let noted = db.note_of_all(async |conn| store::note(conn, taken, rows, LEASE).await).await;
        match noted {
            Ok(true) => {}
            Ok(false) => return Broken::Overtaken,
            // The next sign may come through; if none does, the job is another's.
            Err(error) => {
                tracing::warn!(code = sqlstate(&error), "could not note how far an export is");
            }
        }
    }
}

/// Ends a job that broke off, or leaves it to be tried again.
async fn lay_down(db: &Db, taken: &Taken, broken: &Broken) -> Result<(), sqlx::Error> {
    let (job, report) = (taken.id, &taken.report);
    tracing::warn!(%job, report, attempts = taken.attempts, cause = %broken, "an export broke off");
    let end = match broken {
        Broken::Overtaken => return Ok(()),
        Broken::RightEnded => Some((JobState::Cancelled, Why::RightEnded)),
        Broken::Unwritten(Unwritten::Pdf(Unset::TooLong)) => {
            Some((JobState::Failed, Why::TooLarge))
        }
        _ if taken.attempts >= TRIES => Some((JobState::Failed, Why::GivenUp)),
        _ => None,
    };
    let pause = PAUSE * taken.attempts.unsigned_abs();
    db.note_of_all(async |conn| match end {
        Some((state, why)) => store::end(conn, taken, state, why).await,
        None => store::put_off(conn, taken, pause).await,
    })
    .await
}
