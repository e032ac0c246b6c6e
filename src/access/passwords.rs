//! Hashing passwords: Argon2id, a few at a time, by threads of their own that give way to all others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::model::Password;
use crate::config::Access;

/// How many may wait for each that hashes before newcomers are turned away.
const WAITING_PER_PERMIT: usize = 32;

/// How far the threads that hash step back where others have something to do.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// So many are waiting to be hashed that another would only time out.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct TooBusy;

/// Why passwords cannot be hashed at all.
#[derive(Debug, thiserror::Error)]
pub enum Unprepared {
    /// With this cost.
    #[error("passwords cannot be hashed with these settings: {0}")]
    Cost(#[from] argon2::password_hash::Error),
    /// By no thread.
    #[error("no thread could be started that hashes passwords: {0}")]
    Thread(#[from] std::io::Error),
}

/// Hashes and verifies. Cheap to clone; clones share the permits.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    argon2: Argon2<'static>,
    queue: Arc<Semaphore>,
    jobs: Sender<Job>,
    /// The hash of nobody's password: verified where there is no account, so that both take the same time.
    dummy: String,
    /// How many passwords were verified.
    verified: AtomicU64,
    /// How many are being hashed, and how many were at most.
    running: AtomicUsize,
    most: AtomicUsize,
}

type Job = Box<dyn FnOnce() + Send>;

impl Passwords {
    /// With the cost and the number of permits that the configuration gives. Hashes once itself.
    pub fn prepare(config: &Access) -> Result<Self, Unprepared> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, config.argon2.params());
        let permits = config.hashing_permits.length();
        let dummy = hash(&argon2, crate::secret::random_text().as_bytes())?;
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..permits {
            let waiting = Arc::clone(&waiting);
            std::thread::Builder::new().name("hashing".to_owned()).spawn(move || work(&waiting))?;
        }
        Ok(Self(Arc::new(Inner {
            argon2,
            queue: Arc::new(Semaphore::new(permits * (1 + WAITING_PER_PERMIT))),
            jobs,
            dummy,
            verified: AtomicU64::default(),
            running: AtomicUsize::default(),
            most: AtomicUsize::default(),
        })))
    }

    /// Takes a place in the queue, before anything is done for whoever wants a password hashed.
    pub fn queue(&self) -> Result<Place, TooBusy> {
        let queued = Arc::clone(&self.0.queue).try_acquire_owned().map_err(|_| TooBusy)?;
        Ok(Place { inner: Arc::clone(&self.0), queued })
    }

    /// The PHC string to store.
    pub async fn hash(&self, password: &Password) -> Result<String, TooBusy> {
        self.queue()?.hash(password).await
    }

    /// How many passwords this process has verified.
    #[must_use]
    pub fn verified(&self) -> u64 {
        self.0.verified.load(Ordering::Relaxed)
    }

    /// How many this process is hashing now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::Relaxed)
    }

    /// How many more may queue before newcomers are turned away.
    #[must_use]
    pub fn room(&self) -> usize {
        self.0.queue.available_permits()
    }

    /// How many this process has hashed at the same time, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::Relaxed)
    }
}

/// A place in the queue.
pub struct Place {
    inner: Arc<Inner>,
    queued: OwnedSemaphorePermit,
}

impl Place {
    /// As [`Passwords::hash`].
    pub async fn hash(self, password: &Password) -> Result<String, TooBusy> {
        let password = password.clone();
        self.run(move |inner| hash(&inner.argon2, password.expose())).await?.map_err(|_| TooBusy)
    }

    /// Whether the password belongs to the hash. Without a hash the answer is no, after the same work.
    pub async fn verify(
        self,
        password: &Password,
        stored: Option<String>,
    ) -> Result<bool, TooBusy> {
        let password = password.clone();
        self.run(move |inner| {
            inner.verified.fetch_add(1, Ordering::Relaxed);
            let against = stored.as_deref().unwrap_or(&inner.dummy);
            let is_right = PasswordHash::new(against).is_ok_and(|parsed| {
                inner.argon2.verify_password(password.expose(), &parsed).is_ok()
            });
            is_right && stored.is_some()
        })
        .await
    }

    /// Waits its turn, and works. The place goes with the work: it is done to its end, whether or not somebody still waits
    /// for it, and whoever hangs up makes no room for another.
    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, TooBusy> {
        let Self { inner, queued } = self;
        let jobs = inner.jobs.clone();
        let (done, outcome) = oneshot::channel();
        let job = Box::new(move || {
            let at_once = inner.running.fetch_add(1, Ordering::Relaxed) + 1;
            inner.most.fetch_max(at_once, Ordering::Relaxed);
            // Nobody may be waiting any more.
            let _ = done.send(work(&inner));
            inner.running.fetch_sub(1, Ordering::Relaxed);
            drop(queued);
        });
        jobs.send(job).map_err(|_| TooBusy)?;
        outcome.await.map_err(|_| TooBusy)
    }
}

/// One thread of those that hash: one job after the other, until nobody can send any more.
fn work(waiting: &Mutex<Receiver<Job>>) {
    // Of this thread alone, on Linux. Where it cannot step back, it hashes all the same.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // What waits for a job that broke off is told so: its channel is gone with it.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    argon2.hash_password(password).map(|hash| hash.to_string())
}
