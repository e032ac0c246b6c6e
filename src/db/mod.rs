//! The way to PostgreSQL: pools, the one door for writes, reads within a scope, and migrations.

mod admission;
mod answer;
mod begin;
mod door;
pub mod embedded;
mod event;
mod letters;
mod migrate;
mod moment;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgQueryResult};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool, Postgres};

pub use admission::{Unadmitted, admit};
pub use answer::{Answer, Created, Stored};
pub use door::{Shut, Tx, Written};
pub use event::{Event, Events, Recorded};
pub use migrate::{Schema, Unmigrated, make_roles, migrate, migrate_for, newest_migration, schema};
pub use moment::Moment;

use crate::config::Config;
use crate::vault::Vault;

/// How long after its last use a connection is believed to be alive.
const TRUSTED: Duration = Duration::from_secs(1);

/// How many connections are kept for what no request may stand in front of.
const RESERVED: u32 = 2;
/// Who listens at the same time in one process: the screens, and the prepared answers.
const LISTENERS: u32 = 2;

/// How long a connection may take to show that it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's.
    System,
    /// Always the same moment, for tests.
    Fixed(DateTime<Utc>),
}

impl Clock {
    /// The present moment, to the microsecond, which is what the database keeps.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Fixed(moment) => moment,
        }
        .trunc_subsecs(6)
    }

    /// The moment at which a test holds the clock; none where time passes. For what goes by the database's own clock, on
    /// which all services agree.
    #[must_use]
    pub fn held(self) -> Option<DateTime<Utc>> {
        match self {
            Self::System => None,
            Self::Fixed(moment) => Some(moment),
        }
    }
}

/// Whose rows a transaction may see; row-level security judges by it (R38).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// Every participant's: the organizer's officers, and the service's own work.
    #[must_use]
    pub fn all() -> Self {
        Self("*".to_owned())
    }

    /// These participants' and no others'.
    #[must_use]
    pub fn of<'a>(
        participants: impl IntoIterator<Item = &'a crate::text::ParticipantCode>,
    ) -> Self {
        Self(
            participants
                .into_iter()
                .map(crate::text::ParticipantCode::as_str)
                .collect::<Vec<_>>()
                .join(","),
        )
    }

    /// What anybody may see.
    #[must_use]
    pub fn public() -> Self {
        Self(String::new())
    }
}

/// The database, as the service's own role sees it. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    write: PgPool,
    /// Of those that listen: each keeps its connection for as long as it does.
    listen: PgPool,
    /// For what no request may stand in front of.
    reserve: PgPool,
    read: PgPool,
    /// For whoever keeps the signing desk, at the desk.
    desk: Desk,
    /// The clock that every command asks.
    pub clock: Clock,
    /// Opens and seals what is unreadable at rest.
    pub vault: Arc<Vault>,
    keep_answers: chrono::Duration,
    commit_patience: Duration,
}

/// Connections that nobody else's requests can take.
#[derive(Clone)]
struct Desk {
    write: PgPool,
    read: PgPool,
}

impl Db {
    /// Opens the pools without connecting yet.
    #[must_use]
    pub fn open(
        options: &PgConnectOptions,
        config: &Config,
        clock: Clock,
        vault: Arc<Vault>,
    ) -> Self {
        let settings = &config.database;
        let options = options
            .clone()
            .application_name("hanoi-ceremony")
            .options([
                ("statement_timeout", settings.statement_timeout_ms.get()),
                ("lock_timeout", settings.lock_timeout_ms.get()),
                (
                    "idle_in_transaction_session_timeout",
                    settings.idle_in_transaction_timeout_ms.get(),
                ),
            ])
            // To compile a question costs more than to answer it, even where thousands of rows are read.
            .options([("jit", "off")])
            // What is hashed is the text of what is stored, which must not hang on whoever connects.
            .options([("timezone", "UTC"), ("datestyle", "ISO")]);
        let acquire_timeout = Duration::from_millis(settings.acquire_timeout_ms.get().into());
        let longest = PATIENCE + Duration::from_millis(settings.statement_timeout_ms.get().into());
        let pool = |connections: u32, options: PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(acquire_timeout)
                .test_before_acquire(false)
                .before_acquire(|connection, met| {
                    Box::pin(async move { Ok(met.idle_for < TRUSTED || answers(connection).await) })
                })
                // What a request that was given up has left is waited for, but not for ever: the place of a connection that is
                // heard no more is another's.
                .after_release(move |connection, _| {
                    Box::pin(async move { Ok(is_at_rest(connection, longest).await) })
                })
                .after_connect(|connection, _| {
                    // Whoever we logged in as: from here on we are the service, which owns nothing.
                    Box::pin(
                        async move { connection.execute("set role ceremony_app").await.map(drop) },
                    )
                })
                .connect_lazy_with(options)
        };
        let reading = options.clone().options([
            ("default_transaction_read_only", "on"),
            // A list has many filters, of which few are asked for. Which index it needs is known with the values, and costs
            // less to think over than the wrong one to read.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let at_desk = settings.desk_connections.get();
        Self {
            write: pool(settings.write_connections.get(), options.clone()),
            listen: pool(LISTENERS, options.clone()),
            reserve: pool(RESERVED, options.clone()),
            read: pool(settings.read_connections.get(), reading.clone()),
            desk: Desk { write: pool(at_desk, options), read: pool(at_desk, reading) },
            clock,
            vault,
            keep_answers: chrono::Duration::hours(config.idempotency.keep_hours.get().into()),
            commit_patience: Duration::from_millis(settings.commit_timeout_ms.get().into()),
        }
    }

    /// The pools by their names.
    #[must_use]
    pub fn pools(&self) -> [(&'static str, &PgPool); 6] {
        [
            ("write", &self.write),
            ("read", &self.read),
            ("desk_write", &self.desk.write),
            ("desk_read", &self.desk.read),
            ("reserve", &self.reserve),
            ("listen", &self.listen),
        ]
    }

    /// Reads in one snapshot, within a scope: however often it asks, it sees one moment. It can write nothing.
    pub async fn read(
        &self,
        scope: &Scope,
    ) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
        // The scope holds capital letters, commas and a star: it needs no quoting, and one round trip does both.
        let begin = format!(
            "begin isolation level repeatable read read only; select set_config('ceremony.scope', '{}', true)",
            scope.0
        );
        begin::begin(&self.read, &begin).await
    }

    /// Counts or notes, by one statement that commits by itself, what is no event of the trail: a use, a try. All else goes
    /// through the door.
    pub async fn note<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let mut connection = self.write.acquire().await?;
        work(&mut connection).await
    }

    /// The same of something sealed. `work` seals it: where the key was exchanged meanwhile, it runs again under the next.
    pub async fn note_sealed(
        &self,
        work: impl AsyncFn(&mut PgConnection, &Vault) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let mut connection = self.write.acquire().await?;
        match work(&mut connection, &self.vault).await {
            Err(error) if broke(&error, door::ANOTHER_KEY) => {
                self.follow_key().await?;
                work(&mut connection, &self.vault).await
            }
            noted => noted,
        }
    }

    /// The same of rows that row-level security judges, of whichever mission they are: how far a letter is.
    pub(crate) async fn note_of_all<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let begin = "begin; select set_config('ceremony.scope', '*', true)";
        let mut tx = begin::begin(&self.write, begin).await?;
        let noted = work(&mut tx).await?;
        begin::commit(tx, self.commit_patience).await?;
        Ok(noted)
    }

    /// The same database, by connections that are kept for what must not wait behind requests: were all of them waiting for
    /// one lock, whoever is to end their wait would wait with them.
    #[must_use]
    pub fn reserved(&self) -> Self {
        Self { write: self.reserve.clone(), ..self.clone() }
    }

    /// The same database, by the connections of the signing desk: however many others wait, a signature does not wait behind
    /// them.
    #[must_use]
    pub fn at_desk(&self) -> Self {
        let Desk { write, read } = self.desk.clone();
        Self { write, read, ..self.clone() }
    }

    /// Counts something in a transaction of its own, which is kept where `work` grants it. A counter is no act: nothing is
    /// told of it in the audit trail, and nobody's rows are in its reach.
    pub async fn count<T, N>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<Result<T, N>, sqlx::Error>,
    ) -> Result<Result<T, N>, sqlx::Error> {
        let statements = "begin; select set_config('ceremony.scope', '', true)";
        let mut tx = begin::begin(&self.write, statements).await?;
        let counted = work(&mut tx).await?;
        if counted.is_ok() {
            begin::commit(tx, self.commit_patience).await?;
        } else {
            tx.rollback().await?;
        }
        Ok(counted)
    }

    /// Hears what the database tells on a channel, on a connection of its own; that of the primary, for a replica hears
    /// nothing. What is told while the connection is lost, nobody hears: whoever listens reads again after that.
    pub async fn listen(&self, channel: &str) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.listen).await?;
        listener.listen(channel).await?;
        Ok(listener)
    }

    /// Asks whether the database answers, readers and writers alike.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        let (read, write) =
            tokio::join!(begin::begin(&self.read, "begin"), begin::begin(&self.write, "begin"));
        read?.rollback().await?;
        write?.rollback().await
    }

    /// Closes the pools: waits for what is under way.
    pub async fn close(&self) {
        let Self { write, reserve, read, listen, desk, .. } = self;
        let others = [write, reserve, read, listen, &desk.write, &desk.read];
        futures_util::future::join_all(others.map(PgPool::close)).await;
    }

    /// Removes what has outlived its use: expired tokens and codes, challenges that nobody answered, and answers kept for
    /// retries.
    pub async fn tidy(&self) -> Result<u64, sqlx::Error> {
        let now = self.clock.now();
        let answers = sqlx::query!("delete from idempotency where kept_until < $1", now)
            .execute(&self.write)
            .await?;
        let tokens = sqlx::query!(
            "delete from token where expires_at < coalesce($1::timestamptz, now())",
            self.clock.held()
        )
        .execute(&self.write)
        .await?;
        let challenges = sqlx::query!(
            "delete from passkey_challenge where expires_at <= coalesce($1::timestamptz, now())",
            self.clock.held()
        )
        .execute(&self.write)
        .await?;
        let resets = sqlx::query!("delete from password_reset where expires_at < $1", now)
            .execute(&self.write)
            .await?;
        let spent = sqlx::query!("delete from oidc_answer where expires_at < $1", now)
            .execute(&self.write)
            .await?;
        let gone = [answers, tokens, challenges, resets, spent];
        Ok(gone.iter().map(PgQueryResult::rows_affected).sum())
    }
}

/// Whether there is still a server at the other end of a connection; one that died said nothing.
async fn answers(connection: &mut PgConnection) -> bool {
    is_at_rest(connection, PATIENCE).await
}

/// Whether a connection has ended all that was asked of it, and answers, within a time.
async fn is_at_rest(connection: &mut PgConnection, patience: Duration) -> bool {
    tokio::time::timeout(patience, connection.ping()).await.is_ok_and(|ping| ping.is_ok())
}

/// The SQLSTATE of a failed statement, where the server gave one.
#[must_use]
pub fn sqlstate(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .map(std::borrow::Cow::into_owned)
}

/// Whether a statement failed on the constraint of this name.
#[must_use]
pub fn broke(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|e| e.constraint()) == Some(constraint)
}
