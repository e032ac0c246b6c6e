//! Taking a try: granted and counted at once, or refused with how long to wait.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::memory::{Memory, Shut};
use super::model::{Attempt, Door, Mark, Marks, Try, Wait, Who, opens_at};
use super::store;
use crate::access::passwords::{Passwords, Place, TooBusy};
use crate::config::{Ladder, Tries as Settings};
use crate::db::Db;

/// Why a try was not granted.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Too many failed before it.
    #[error(transparent)]
    Wait(#[from] Wait),
    /// Too many passwords are being hashed.
    #[error(transparent)]
    TooBusy(#[from] TooBusy),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Grants tries and counts failures. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct Tries {
    settings: Settings,
    memory: Arc<Memory>,
    /// Who tries at the same door takes turns; doors share them by chance.
    turns: Arc<[Arc<Semaphore>]>,
}

/// How many turns there are, and how many at once have one. What is being judged counts as failed, so more at once would keep
/// out those who are right.
const TURNS: usize = 256;
const AT_ONCE: usize = 2;

impl Tries {
    /// With the ladders of the configuration, and nothing remembered.
    #[must_use]
    pub fn prepare(settings: &Settings) -> Self {
        let turns = (0..TURNS).map(|_| Arc::new(Semaphore::new(AT_ONCE))).collect();
        Self { settings: settings.clone(), memory: Arc::default(), turns }
    }

    /// Takes a try for which a password is hashed, and a place where that is done. The cheapest comes first: what is known to
    /// be shut, then whether there is room, then what the database counts.
    pub async fn take_with_place(
        &self,
        db: &Db,
        passwords: &Passwords,
        attempt: &Attempt<'_>,
    ) -> Result<(Try, Place), Refused> {
        self.memory.check(&attempt.marks(&db.vault.marking()), db.clock.now())?;
        let place = passwords.queue()?;
        Ok((self.take(db, attempt).await?, place))
    }

    /// Takes a try before anything is done for it. It counts as a failure until [`Try::succeed`] says otherwise. What is known
    /// here to be shut waits for no turn, and costs the database nothing.
    pub async fn take(&self, db: &Db, attempt: &Attempt<'_>) -> Result<Try, Refused> {
        let marks = attempt.marks(&db.vault.marking());
        self.memory.check(&marks, db.clock.now())?;
        let turn = match &marks.whose {
            Some(whose) => self.turn(&whose.elsewhere).await,
            None => None,
        };
        let now = db.clock.now();
        self.memory.check(&marks, now)?;
        let taken = db.count(async |conn| self.count(conn, db, attempt, &marks, now).await);
        match taken.await? {
            Ok(granted) => Ok(Try { turn, ..granted }),
            Err((mark, shut)) => {
                let wait = Wait::until(shut.opens_at, now);
                self.memory.keep(attempt.door, mark, shut, now);
                Err(wait.into())
            }
        }
    }

    async fn turn(&self, mark: &Mark) -> Option<OwnedSemaphorePermit> {
        let turns = self.turns.get(usize::from(*mark.first()?) % TURNS)?;
        Arc::clone(turns).acquire_owned().await.ok()
    }

    /// Gives a try back that succeeded, where nothing else is written for it.
    pub async fn give_back(&self, db: &Db, granted: &Try) -> Result<(), sqlx::Error> {
        let given = db.count(async |conn| granted.succeed(conn).await.map(Ok::<_, Infallible>));
        given.await.map(|Ok(())| ())
    }

    /// Forgets counters of which nothing counts any more, and networks in which nobody was for long.
    pub async fn sweep(&self, db: &Db) -> Result<u64, sqlx::Error> {
        let Settings { account, network, .. } = &self.settings;
        let now = db.clock.now();
        let since = self.known_since(now);
        let forgets = account.forgets_one_after().max(network.forgets_one_after());
        let swept = db.count(async |conn| {
            store::sweep(conn, forgets, since, now).await.map(Ok::<_, Infallible>)
        });
        swept.await.map(|Ok(swept)| swept)
    }

    /// Forgets the failures at somebody's door, where they are known and wherever they are not, for who is let in by another
    /// way.
    pub async fn forget(
        &self,
        conn: &mut PgConnection,
        db: &Db,
        door: Door,
        who: Who<'_>,
    ) -> Result<(), sqlx::Error> {
        let networks = store::known_networks(conn, who, self.known_since(db.clock.now())).await?;
        let marks = door.marks_of(who, &networks, &db.vault.marking());
        for mark in &marks {
            self.memory.forget(door, *mark);
        }
        store::forget(conn, &marks).await
    }

    /// Who has not come in from a network since then is not known there any more.
    fn known_since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(self.settings.known_network_days.get().into())
    }

    /// Counts the try of somebody first, and then that of the network: all do it in this order.
    async fn count(
        &self,
        conn: &mut PgConnection,
        db: &Db,
        attempt: &Attempt<'_>,
        marks: &Marks,
        now: DateTime<Utc>,
    ) -> Result<Result<Try, (Mark, Shut)>, sqlx::Error> {
        let Settings { account, network, .. } = &self.settings;
        let (since, knows_people) = (self.known_since(now), attempt.door.knows_people());
        let known = if knows_people {
            store::known_networks(conn, attempt.who, since).await?
        } else {
            HashSet::new()
        };
        let is_known_there = known.contains(&marks.network);
        let whose =
            marks.whose.map(|whose| if is_known_there { whose.here } else { whose.elsewhere });
        if let Some(mark) = whose
            && !store::take(conn, &mark, account, now).await?
        {
            let but = if is_known_there { HashSet::new() } else { known };
            return Ok(Err((mark, shut(conn, &mark, account, now, but).await?)));
        }
        if !is_known_there && !store::take(conn, &marks.network, network, now).await? {
            let known = if knows_people {
                store::known_in(conn, &marks.network, since).await?
            } else {
                Vec::new()
            };
            let doors = known.iter().flat_map(|(id, email)| {
                let whose = |who| Attempt { who, ..*attempt }.marks(&db.vault.marking()).whose;
                [whose(Who::Account(*id)), whose(Who::Email(email))]
            });
            let but = doors.flatten().map(|whose| whose.elsewhere).collect();
            let shut = shut(conn, &marks.network, network, now, but).await?;
            return Ok(Err((marks.network, shut)));
        }
        Ok(Ok(Try { whose, network: marks.network, is_known_there, turn: None }))
    }
}

/// How long a door stays shut that was found shut.
async fn shut(
    conn: &mut PgConnection,
    mark: &Mark,
    ladder: &Ladder,
    now: DateTime<Utc>,
    but: HashSet<Mark>,
) -> Result<Shut, sqlx::Error> {
    let opens_at = store::find(conn, mark)
        .await?
        .map_or(now, |(failures, last_at)| opens_at(ladder, failures, last_at));
    Ok(Shut { opens_at, but })
}
