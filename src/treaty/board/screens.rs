//! One reader of the board for all screens of a process.
//!
//! While anybody watches, one task listens to the database, reads the board when it has moved, and lays it down where every
//! screen finds it. A screen that is slow misses what was overwritten meanwhile, and nothing is heaped up for it.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::model::{Board, Latest, shown};
use super::store;
use crate::ceremony::Ceremony;
use crate::db::{Db, Scope};
use crate::treaty::model::{Only, Record, status};
use crate::treaty::session;
use crate::treaty::store::{Which, listed, load};

/// The board is read so often even when nobody tells that it moved.
const CATCH_UP: Duration = Duration::from_secs(15);

/// The wait before a database that failed is asked again.
const AGAIN: Duration = Duration::from_secs(1);

type Shared = Option<Arc<Latest>>;

/// The screens that one process serves. Cheap to clone.
#[derive(Clone)]
pub struct Screens(Arc<Inner>);

struct Inner {
    db: Db,
    ceremony: Arc<Ceremony>,
    places: Arc<Semaphore>,
    /// Alive while a task reads.
    reading: Mutex<Weak<watch::Sender<Shared>>>,
}

/// The place of one screen. To drop it is to leave.
pub struct Place {
    /// What is to be shown; nothing before it was read first.
    pub latest: watch::Receiver<Shared>,
    _permit: OwnedSemaphorePermit,
}

#[cfg(test)]
impl Place {
    /// A place that somebody has.
    pub(super) fn taken(latest: watch::Receiver<Shared>, permit: OwnedSemaphorePermit) -> Self {
        Self { latest, _permit: permit }
    }
}

impl Screens {
    /// For at most so many screens at a time. Nothing is read before the first.
    #[must_use]
    pub fn new(db: Db, ceremony: Arc<Ceremony>, at_most: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_most));
        Self(Arc::new(Inner { db, ceremony, places, reading: Mutex::default() }))
    }

    /// Takes a place, where one is free, and begins to read where nobody does.
    #[must_use]
    pub fn join(&self) -> Option<Place> {
        let permit = self.0.places.clone().try_acquire_owned().ok()?;
        let mut reading = self.0.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = if let Some(sender) = reading.upgrade() {
            sender.subscribe()
        } else {
            let (sender, latest) = watch::channel(None);
            let sender = Arc::new(sender);
            *reading = Arc::downgrade(&sender);
            tokio::spawn(read_on(self.clone(), sender));
            latest
        };
        Some(Place { latest, _permit: permit })
    }

    /// Whether nobody watches any more; then the next screen begins anew.
    fn is_over(&self, sender: &watch::Sender<Shared>) -> bool {
        let mut reading = self.0.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = sender.receiver_count() == 0;
        if is_over {
            *reading = Weak::new();
        }
        is_over
    }

    /// Reads whenever the board has moved, until the database fails or nobody watches.
    async fn follow(&self, sender: &watch::Sender<Shared>) -> Result<(), sqlx::Error> {
        // First listen, then read: what happens in between is told.
        let mut listener = self.0.db.listen(store::CHANNEL).await?;
        while !self.is_over(sender) {
            let latest = self.read().await?;
            sender.send_if_modified(|shared| {
                let is_news = shared.as_ref().is_none_or(|old| old.position != latest.position);
                if is_news {
                    *shared = Some(Arc::new(latest));
                }
                is_news
            });
            tokio::select! {
                // A lost connection ends the wait as well: what was told meanwhile is lost, so the board is read.
                told = listener.try_recv() => drop(told?),
                () = tokio::time::sleep(CATCH_UP) => {}
                () = sender.closed() => {}
            }
        }
        Ok(())
    }

    /// The board as it is now, in one snapshot. It is read as an officer would see it: what of it is shown is for everybody.
    async fn read(&self) -> Result<Latest, sqlx::Error> {
        let Inner { db, ceremony, .. } = &*self.0;
        let mut tx = db.read(&Scope::all()).await?;
        let position = store::position(&mut tx).await?;
        let acts = load(&mut tx, Which::All, false).await?;
        let listed = listed(&mut tx).await?;
        let session = session::under_way(&mut tx, ceremony).await?;
        let turns = match &session {
            Some(session) => session::turns(&mut tx, ceremony, session).await?,
            None => Vec::new(),
        };
        let record = Record::of(&acts);
        let clauses = &ceremony.treaty.entry_into_force;
        let today = ceremony.latest_day(db.clock.now());
        let status = status(record.standing(), &listed, Only::default(), clauses, today);
        let acts = shown(&record, &listed);
        let session = session.map(|session| (session, turns.as_slice()));
        Ok(Latest { position, board: Board::of(session, &status, &acts), acts })
    }
}

/// Keeps the board up to date for as long as anybody watches and the service is not asked to stop.
async fn read_on(screens: Screens, sender: Arc<watch::Sender<Shared>>) {
    let reading = async {
        while !screens.is_over(&sender) {
            match screens.follow(&sender).await {
                Ok(()) => {}
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) => {
                    tracing::warn!(%error, "the board could not be read; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    };
    tokio::select! {
        () = reading => {}
        // Screens would keep the service from stopping: they are sent away, and go on at another one.
        () = stop_asked() => {}
    }
}

async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
}
