//! What somebody does about their schedules.

use chrono_tz::Tz;
use serde_json::{Value, json};

use super::destination::MAIL;
use super::model::{
    Every, Recipient, Schedule, ScheduleState, Why, WrongState, next_run, time_of_day,
};
use super::store;
use super::view::Shown;
use crate::access::{Action, Actor, Denied, Permit};
use crate::config::Exports;
use crate::db::{Created, Db, Event, Shut, Tx, Written};
use crate::ids::{AccountId, ExportScheduleId};
use crate::input::Faults;
use crate::mail::{Letter, LetterKind, Mail, Reader};
use crate::page::{IfMatch, Stale, Version};
use crate::reports::{REPORTS, jobs};
use crate::text::Fault;

/// How many schedules an account has.
pub const PER_ACCOUNT: i64 = 20;
/// To how many keys one is encrypted.
const RECIPIENTS_MAX: usize = 10;
/// For how many days a schedule that was stopped is kept, for its owner to let it go on.
const KEPT_STOPPED_DAYS: i32 = 90;

/// Why a command on schedules was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What is asked for cannot be.
    #[error("what is asked for cannot be made")]
    Faults(Faults),
    /// The account has as many as it may.
    #[error("the account has as many schedules as it may")]
    TooMany,
    /// It runs, or does not.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Somebody, or one of its runs, changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// What somebody wants made again and again, as it came.
pub struct Wanted {
    /// What.
    pub export: jobs::Wanted,
    /// How often.
    pub every: String,
    /// When on a day.
    pub at: Option<String>,
    /// Where it goes.
    pub destination: String,
    /// To whose keys it is encrypted.
    pub recipients: Vec<String>,
}

/// By which clocks days are counted, and which destinations there are.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The ceremony's.
    pub zone: Tz,
    /// As the settings have them.
    pub exports: &'a Exports,
}

/// Makes a schedule. What is asked for is judged as an export is, and all that is wrong told together.
pub async fn create(
    db: &Db,
    actor: &Actor,
    wanted: &Wanted,
    frame: Frame<'_>,
) -> Result<Written<Created<Shown>>, Error> {
    actor.permit(Action::ListReports)?;
    let mut faults = Faults::default();
    let read = jobs::read(&wanted.export, db.clock.now(), &mut faults);
    let timetable = read_timetable(wanted, &mut faults);
    let recipients = read_destination(wanted, frame.exports, &mut faults);
    let (Some((report, format)), Some((every, at)), true) = (read, timetable, faults.0.is_empty())
    else {
        return Err(Error::Faults(faults));
    };
    let permit = report.permit(actor)?;
    let (request_id, key) = (permit.request_id().to_owned(), permit.key());

    db.write(permit, async |tx| {
        store::hold_account(tx, actor.account()).await?;
        if !actor.stands_held(tx, db.clock).await? {
            return Err(Denied::Unknown.into());
        }
        if store::count(tx, actor.account()).await? >= PER_ACCOUNT {
            return Err(Error::TooMany);
        }
        let schedule = Schedule {
            id: ExportScheduleId::fresh(),
            account: actor.account(),
            key,
            request_id: request_id.clone(),
            report: report.name.to_owned(),
            format,
            parameters: Value::Object(wanted.export.parameters.clone()),
            every,
            at,
            destination: wanted.destination.clone(),
            recipients: recipients.clone(),
            state: ScheduleState::Active,
            why: None,
            failures: 0,
            next_at: next_run(every, at, frame.zone, tx.now),
            version: Version(1),
            created_at: tx.now,
            updated_at: tx.now,
            last_job: None,
            last_planned_at: None,
            last_state: None,
            last_why: None,
            last_ended_at: None,
        };
        store::insert(tx, &schedule).await?;
        let shown = Shown { schedule, zone: frame.zone };
        let event = Event::of("export_schedule.made", shown.schedule.id.uuid()).with(&shown.told());
        Ok((Created(shown), event))
    })
    .await
}

fn read_timetable(
    wanted: &Wanted,
    faults: &mut Faults,
) -> Option<(Every, Option<chrono::NaiveTime>)> {
    let mut told = |pointer: &str, Fault { code, detail }| faults.add(pointer, code, detail);
    let every = Every::parse(&wanted.every).map_err(|fault| told("/every", fault)).ok();
    let at = wanted.at.as_deref().map(|at| time_of_day(at).map_err(|fault| told("/at", fault)));
    match (every?, at) {
        (Every::Day, None) => {
            told("/at", Fault::new("required", "a time of the day like 06:30 is expected"));
            None
        }
        (Every::Hour, Some(Ok(_))) => {
            told("/at", Fault::new("unexpected", "what is made every hour has no time of the day"));
            None
        }
        (_, Some(Err(()))) => None,
        (every, at) => Some((every, at.and_then(Result::ok))),
    }
}

fn read_destination(
    Wanted { export, destination, recipients, .. }: &Wanted,
    exports: &Exports,
    faults: &mut Faults,
) -> Vec<Recipient> {
    if destination != MAIL && !exports.destinations.contains_key(destination) {
        let named = exports.destinations.keys().map(String::as_str);
        let known = [MAIL].into_iter().chain(named).collect::<Vec<_>>().join(" ");
        faults.add("/destination", "unknown_value", format!("one of these is expected: {known}"));
    }
    let report = REPORTS.iter().find(|report| report.name == export.report);
    let is_open = recipients.is_empty() && report.is_some_and(|report| report.is_personal());
    if destination == MAIL && is_open {
        let detail = "this report may name persons, and goes by mail only encrypted: a public key of age is expected";
        faults.add("/recipients", "required", detail);
    }
    if recipients.len() > RECIPIENTS_MAX {
        let detail = format!("at most {RECIPIENTS_MAX} keys are expected");
        faults.add("/recipients", "too_many", detail);
    }
    let read = recipients.iter().take(RECIPIENTS_MAX).enumerate().filter_map(|(at, key)| {
        let told = |Fault { code, detail }| faults.add(format!("/recipients/{at}"), code, detail);
        Recipient::parse(key).map_err(told).ok()
    });
    read.collect()
}

/// A schedule that whoever asks may see: their own, or as an administrator anybody's; to everybody else it does not exist.
pub fn seen(found: Option<Schedule>, actor: &Actor, permit: &Permit) -> Result<Schedule, Denied> {
    let is_seen = |schedule: &Schedule| {
        schedule.is_of(actor.account(), permit.key()) || actor.may(Action::KeepAccounts)
    };
    found.filter(is_seen).ok_or(Denied::Invisible)
}

/// The same, held, in the version that they mean.
async fn lock(
    tx: &mut Tx<'_>,
    actor: &Actor,
    permit: &Permit,
    (id, if_match): (ExportScheduleId, &IfMatch),
) -> Result<Schedule, Error> {
    let schedule = seen(store::lock(tx, id).await?, actor, permit)?;
    if_match.check(schedule.version)?;
    Ok(schedule)
}

/// Stops a schedule: one's own, or as an administrator anybody's.
pub async fn stop(
    db: &Db,
    actor: &Actor,
    zone: Tz,
    meant: (ExportScheduleId, &IfMatch),
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::ReadExports)?;

    db.write(permit.clone(), async |tx| {
        let schedule = lock(tx, actor, &permit, meant).await?;
        let schedule = schedule.stop(Why::Asked)?.touched(tx.now);
        store::save(tx, &schedule).await?;
        let event = stopped(&schedule, Some(actor.account()));
        Ok((Shown { schedule, zone }, event))
    })
    .await
}

/// Lets a schedule of one's own go on. It takes what it took to make it.
pub async fn resume(
    db: &Db,
    actor: &Actor,
    zone: Tz,
    meant: (ExportScheduleId, &IfMatch),
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::ReadExports)?;
    let mut tx = db.read(permit.scope()).await?;
    // Nobody has another's reports made, the administrator included.
    let found = store::find(&mut tx, meant.0).await?;
    let found = found.filter(|schedule| schedule.is_of(actor.account(), permit.key()));
    let found = found.ok_or(Denied::Invisible)?;
    drop(tx);
    let report = REPORTS.iter().find(|report| report.name == found.report);
    let permit = report.ok_or(Denied::Forbidden)?.permit(actor)?;

    db.write(permit.clone(), async |tx| {
        let schedule = lock(tx, actor, &permit, meant).await?;
        let schedule = schedule.resume(zone, tx.now)?.touched(tx.now);
        store::save(tx, &schedule).await?;
        let event = Event::of("export_schedule.resumed", schedule.id.uuid());
        Ok((Shown { schedule, zone }, event))
    })
    .await
}

/// Takes a schedule away: one's own, or as an administrator anybody's. What it has delivered stays where it is.
pub async fn delete(
    db: &Db,
    actor: &Actor,
    meant: (ExportScheduleId, &IfMatch),
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::ReadExports)?;

    db.write(permit.clone(), async |tx| {
        let schedule = lock(tx, actor, &permit, meant).await?;
        store::delete(tx, schedule.id).await?;
        let told = json!({ "account": schedule.account, "report": schedule.report });
        Ok(((), Event::of("export_schedule.deleted", schedule.id.uuid()).with(&told)))
    })
    .await
}

/// That a schedule was stopped. Its owner is told, unless they have done it themselves.
pub fn stopped(schedule: &Schedule, by: Option<AccountId>) -> Event {
    let about = json!({ "why": schedule.why, "failures": schedule.failures });
    let event = Event::of("export_schedule.stopped", schedule.id.uuid()).with(&about);
    if by == Some(schedule.account) {
        return event;
    }
    let to = Reader::Account(schedule.account);
    let letter = Letter::notice(LetterKind::ExportScheduleStopped);
    event.mailing(Mail { to, participant: None, letter })
}

/// Forgets schedules that nobody has let go on for long.
pub async fn forget_stopped(db: &Db) -> Result<(), sqlx::Error> {
    let now = db.clock.now();
    db.note_of_all(async |conn| store::forget_stopped(conn, now, KEPT_STOPPED_DAYS).await).await
}
