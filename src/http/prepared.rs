//! Public answers that are made once for all who ask, until what they tell of changes.
//!
//! Whoever changes it through this service has them forgotten before they are answered; of what is changed through another
//! one the database tells. While nobody hears the database, every answer is made anew. What cannot be told, as where a
//! connection is half open or reads go to a standby that lags, is set right when an answer is older than anybody may keep it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse};
use sqlx::postgres::PgListener;

use super::reply::Public;
use crate::db::Db;
use crate::problem::Problem;

/// How many questions are remembered: the world asks a few, over and over. Who asks for something else is answered anew.
const QUESTIONS: usize = 64;

/// The wait before a database that could not be heard is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// The answers of one process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Prepared(Arc<Mutex<Shelf>>);

#[derive(Debug, Default)]
struct Shelf {
    /// Rises whenever all is forgotten: what was read before that is not kept after it.
    age: u64,
    has_follower: bool,
    /// Whether the database is heard.
    is_heard: bool,
    answers: HashMap<String, (Arc<Public>, Instant)>,
}

impl Prepared {
    /// The answer to a question, as it was made for somebody else where that is no older than it may be kept. Begins to hear
    /// on the channel where nobody does yet.
    pub async fn answer(
        &self,
        request: &HttpRequest,
        (db, channel): (&Db, &'static str),
        make: impl AsyncFnOnce() -> Result<Public, Problem>,
    ) -> Result<HttpResponse, Problem> {
        let question = request.uri().path_and_query().map_or("", |asked| asked.as_str());
        let age = {
            let mut kept = self.shelf();
            if !std::mem::replace(&mut kept.has_follower, true) {
                tokio::spawn(self.clone().follow(db.clone(), channel));
            }
            match kept.answers.get(question) {
                Some((public, until)) if Instant::now() < *until => {
                    let public = Arc::clone(public);
                    drop(kept);
                    return Ok(public.answer(request));
                }
                _ => kept.age,
            }
        };
        let public = Arc::new(make().await?.compressed());
        let mut kept = self.shelf();
        if kept.is_heard && kept.age == age {
            if kept.answers.len() >= QUESTIONS {
                kept.answers.clear();
            }
            let until = Instant::now() + public.max_age();
            kept.answers.insert(question.to_owned(), (Arc::clone(&public), until));
        }
        drop(kept);
        Ok(public.answer(request))
    }

    /// Forgets everything: what it tells of has changed.
    pub fn forget(&self) {
        let mut kept = self.shelf();
        kept.age += 1;
        kept.answers.clear();
    }

    /// Forgets whenever the database tells of a change, and while it is not heard.
    async fn follow(self, db: Db, channel: &'static str) {
        loop {
            match db.listen(channel).await {
                Ok(listener) => self.hear(listener).await,
                Err(error) => tracing::warn!(%error, "cannot hear what changes; trying again"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hear(&self, mut listener: PgListener) {
        self.shelf().is_heard = true;
        // A connection that was lost ends it: what was told meanwhile nobody has heard.
        while let Ok(Some(_)) = listener.try_recv().await {
            self.forget();
        }
        self.shelf().is_heard = false;
        self.forget();
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
