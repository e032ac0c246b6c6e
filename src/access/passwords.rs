//! Hashing passwords: Argon2id, off the reactor, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;

use super::model::Password;
use crate::config::Access;

/// How many may wait for each that hashes before newcomers are turned away.
const WAITING_PER_PERMIT: usize = 16;

/// So many are waiting to be hashed that another would only time out.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct TooBusy;

/// Hashes and verifies. Cheap to clone; clones share the permits.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    argon2: Argon2<'static>,
    hashing: Semaphore,
    queue: Semaphore,
    /// The hash of nobody's password: verified where there is no account, so that both take the same time.
    dummy: String,
}

impl Passwords {
    /// With the cost and the number of permits that the configuration gives. Hashes once itself.
    pub fn prepare(config: &Access) -> Result<Self, argon2::password_hash::Error> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, config.argon2.params());
        let permits = config.hashing_permits.length();
        let dummy = hash(&argon2, crate::secret::random_text().as_bytes())?;
        Ok(Self(Arc::new(Inner {
            argon2,
            hashing: Semaphore::new(permits),
            queue: Semaphore::new(permits * (1 + WAITING_PER_PERMIT)),
            dummy,
        })))
    }

    /// The PHC string to store.
    pub async fn hash(&self, password: &Password) -> Result<String, TooBusy> {
        let password = password.clone();
        self.run(move |inner| hash(&inner.argon2, password.expose())).await?.map_err(|_| TooBusy)
    }

    /// Whether the password belongs to the hash. Without a hash the answer is no, after the same work.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<String>,
    ) -> Result<bool, TooBusy> {
        let password = password.clone();
        self.run(move |inner| {
            let against = stored.as_deref().unwrap_or(&inner.dummy);
            let is_right = PasswordHash::new(against).is_ok_and(|parsed| {
                inner.argon2.verify_password(password.expose(), &parsed).is_ok()
            });
            is_right && stored.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, TooBusy> {
        let _queued = self.0.queue.try_acquire().map_err(|_| TooBusy)?;
        let _hashing = self.0.hashing.acquire().await.map_err(|_| TooBusy)?;
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(|_| TooBusy)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    argon2.hash_password(password).map(|hash| hash.to_string())
}
