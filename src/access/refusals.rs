//! Refusals that matter, in the audit trail (R51): once in an hour for each who and what, and then how often. However much
//! somebody is refused, the trail cannot be flooded with it, and neither can the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::actor::Permit;
use super::commands::Error;
use super::factors::Refusal;
use super::tries::Refused;
use crate::db::{Db, Event, Events};
use crate::ids::AccountId;

/// Past so many in an hour, others are not told of: only whoever has as many accounts could bring it about.
const ENTRIES_MAX: usize = 10_000;

/// Something that was refused to somebody. What they typed and where they are, is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rebuff {
    /// What kind of thing: `login.refused`.
    pub kind: &'static str,
    /// Whose account it is about; none: nobody's.
    pub account: Option<AccountId>,
    /// What was asked for.
    pub what: String,
}

/// What one process has refused. Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<HashMap<(Rebuff, i64), u64>>>);

impl Refusals {
    /// Tells of a refusal, if it is the first of its kind in this hour, and counts it. It is written beside the answer and
    /// not before it: how long an answer takes says nothing of what it is about.
    pub fn note(&self, db: &Db, refusal: Rebuff, request_id: &str) {
        let hour = hour(db);
        {
            let mut counted = self.counted();
            let entry = (refusal.clone(), hour);
            if counted.len() >= ENTRIES_MAX && !counted.contains_key(&entry) {
                return;
            }
            let times = counted.entry(entry).or_insert(0);
            *times += 1;
            if *times > 1 {
                return;
            }
        }
        let (db, request_id) = (db.clone(), request_id.to_owned());
        tokio::task::spawn_local(async move {
            let Rebuff { kind, account, what } = refusal;
            let event = about(kind, account).with(&json!({ "what": what }));
            write(&db, event.into(), &request_id).await;
        });
    }

    /// The same of what somebody showed for an account that was wrong, or one try too many; of nothing else that went amiss.
    pub(super) fn note_wrong(
        &self,
        db: &Db,
        kind: &'static str,
        (account, what): (AccountId, &str),
        error: &Error,
        request_id: &str,
    ) {
        let is_wrong = matches!(
            error,
            Error::WrongPassword
                | Error::Refused(Refused::Wait(_))
                | Error::Factor(Refusal::Wrong | Refusal::TooMany { .. })
        );
        if is_wrong {
            let (account, what) = (Some(account), what.to_owned());
            self.note(db, Rebuff { kind, account, what }, request_id);
        }
    }

    /// Tells how often it happened in hours that are over; at the end of the service, in this one as well.
    pub async fn tell_counts(&self, db: &Db, is_end: bool) {
        let now = hour(db);
        let past: Vec<_> = {
            let mut counted = self.counted();
            counted.extract_if(|(_, hour), _| is_end || *hour < now).collect()
        };
        let several = past.into_iter().filter(|(_, times)| *times > 1);
        let events = several.map(|((refusal, _), times)| {
            let Rebuff { kind, account, what } = refusal;
            about("refusals.counted", account)
                .with(&json!({ "of": kind, "what": what, "times": times }))
        });
        if let Some(events) = Events::of(events.collect()) {
            write(db, events, "keep-house").await;
        }
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<(Rebuff, i64), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hour(db: &Db) -> i64 {
    db.clock.now().timestamp() / 3600
}

fn about(kind: &'static str, account: Option<AccountId>) -> Event {
    account.map_or_else(|| Event::at_large(kind), |account| Event::of(kind, account.uuid()))
}

async fn write(db: &Db, events: Events, request_id: &str) {
    let written =
        db.write(Permit::service(request_id), async |_| Ok::<_, Error>(((), events.clone()))).await;
    if let Err(error) = written {
        tracing::warn!(%error, "could not tell of a refusal");
    }
}
