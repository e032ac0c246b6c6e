//! Making the service: the database, its schema, the keys, the register, in this order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::Connection as _;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Semaphore;

use super::installation;
use crate::access::{
    self, Invited, Misconfigured, Passwords, Providers, Refusals, Role, Tries, Wanted,
};
use crate::ceremony::{Ceremony, CeremonyError};
use crate::config::{Config, Store};
use crate::db::embedded::{self, Server, ServiceLock, Unavailable};
use crate::db::{self, Clock, Db, Unadmitted, Unmigrated};
use crate::documents::{Broken, Misplaced, Papers};
use crate::http::{App, Budgets, Meters, Prepared};
use crate::ledger::{self, Ledger, Log};
use crate::mail::{Post, PostFault};
use crate::participants::{self, Unloaded};
use crate::programme::{self, Unbegun};
use crate::reports;
use crate::text::{Email, Fault, PersonName};
use crate::treaty;
use crate::vault::KeyFile;

/// The address of the administrator that the first start makes.
pub const FIRST_ADMINISTRATOR: &str = "administrator@ceremony.example";

/// How many long sums are reckoned at a time, so that requests find a processor.
const DESKS: usize = 2;

/// Why the service could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Unstarted {
    /// No database.
    #[error(transparent)]
    Database(#[from] Unavailable),
    /// The address of the database is not one.
    #[error("the address of the database cannot be used: {0}")]
    Address(sqlx::Error),
    /// The schema.
    #[error(transparent)]
    Schema(#[from] Unmigrated),
    /// The service is not let in.
    #[error(transparent)]
    Admission(#[from] Unadmitted),
    /// The database failed.
    #[error("the database failed: {0}")]
    Query(#[from] sqlx::Error),
    /// The data directory is something else.
    #[error("{} is not a directory: --data-dir (or database.data_dir) names the directory of the service's data", .0.display())]
    NotADirectory(PathBuf),
    /// The papers are not this database's.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyFile),
    /// The directory of the uploaded papers.
    #[error("the place of the papers cannot be used: {0}")]
    Papers(#[from] Broken),
    /// How letters leave.
    #[error("mail cannot be sent as the settings say: {0}")]
    Mail(#[from] PostFault),
    /// The ceremony's files.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The register.
    #[error(transparent)]
    Register(#[from] Unloaded),
    /// The programme.
    #[error(transparent)]
    Programme(#[from] Unbegun),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hashing(#[from] access::Unprepared),
    /// The ledger.
    #[error("the ledger could not be opened: {0}")]
    Ledger(#[from] ledger::Error),
    /// The settings of an identity provider.
    #[error(transparent)]
    Oidc(#[from] Misconfigured),
    /// The first account.
    #[error("the first administrator could not be made: {0}")]
    Administrator(#[from] access::Error),
    /// The directory in which exports are made.
    #[error("the directory in which exports are made cannot be used: {0}")]
    Workshop(#[source] std::io::Error),
    /// A built-in text that is not valid.
    #[error(transparent)]
    Text(#[from] Fault),
}

/// The database that is used: the one that comes with the service, or one's own.
pub struct Source {
    server: Option<Server>,
    app: PgConnectOptions,
    owner: PgConnectOptions,
    /// The owner's, as other programs read it; it may hold a password.
    owner_url: SecretString,
    data_dir: PathBuf,
}

impl Source {
    /// Finds the database that the settings name, or starts the one that comes with the service.
    pub async fn find(config: &Config) -> Result<Self, Unstarted> {
        let database = &config.database;
        let data_dir = database.data_dir.clone().unwrap_or_else(embedded::default_data_dir);
        if data_dir.exists() && !data_dir.is_dir() {
            return Err(Unstarted::NotADirectory(data_dir));
        }
        let Some(url) = &database.url else {
            return Self::embedded(data_dir, false).await;
        };
        let parse = |url: &SecretString| url.expose_secret().parse().map_err(Unstarted::Address);
        let app: PgConnectOptions = parse(url)?;
        let owner = database.migration_url.as_ref().map_or_else(|| Ok(app.clone()), parse)?;
        let owner_url = database.migration_url.as_ref().unwrap_or(url).clone();
        Ok(Self { server: None, app, owner, owner_url, data_dir })
    }

    /// A database in a directory of its own that nobody wants back: what is in it need not outlive a power cut.
    pub async fn for_a_trial(data_dir: &Path) -> Result<Self, Unstarted> {
        Self::embedded(data_dir.to_owned(), true).await
    }

    async fn embedded(data_dir: PathBuf, throwaway: bool) -> Result<Self, Unstarted> {
        let options = embedded::Options { data_dir: Some(data_dir), throwaway };
        let server = Server::start(&options).await?;
        let data_dir = server.data_dir().to_owned();
        let app = server.connect_options("ceremony_app", "postgres");
        let owner = server.connect_options("postgres", "postgres");
        let owner_url = server.url("postgres", "postgres").into();
        Ok(Self { server: Some(server), app, owner, owner_url, data_dir })
    }

    /// Lets go of the database. That of a trial has stopped when this returns.
    pub async fn stop(self) -> Result<(), Unstarted> {
        match self.server {
            Some(server) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }

    /// How whoever owns the schema connects.
    #[must_use]
    pub fn owner(&self) -> &PgConnectOptions {
        &self.owner
    }

    /// The same, for PostgreSQL's own programs; it may hold a password.
    #[must_use]
    pub fn owner_url(&self) -> &SecretString {
        &self.owner_url
    }

    /// Where PostgreSQL's programs are, where the database is the one that comes along.
    #[must_use]
    pub fn bin_dir(&self) -> Option<&Path> {
        self.server.as_ref().map(Server::bin_dir)
    }

    /// Where everything is that is not in the database.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Makes the database's roles, and nothing in it.
    pub async fn make_roles(&self) -> Result<(), Unstarted> {
        Ok(db::make_roles(&self.owner, self.app.get_username()).await?)
    }

    /// One line on which server is used, and where the data are.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.server {
            Some(server) => server.describe(),
            None => format!(
                "{} at {}",
                self.app.get_database().unwrap_or("a database"),
                self.app.get_host()
            ),
        }
    }

    /// Where the key lies under which every other key is wrapped.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        key_file(&self.data_dir)
    }

    /// Makes sure that this is the only service on the data.
    pub fn lock(&self) -> Result<ServiceLock, Unstarted> {
        std::fs::create_dir_all(&self.data_dir)
            .map_err(|source| KeyFile::Io { path: self.data_dir.display().to_string(), source })?;
        Ok(embedded::lock_service(&self.data_dir)?)
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), Unstarted> {
        Ok(db::migrate_for(&self.owner, self.app.get_username()).await?)
    }

    /// Opens the database and all that stands on it. The schema must be up to date.
    pub async fn open(&self, config: Config) -> Result<App, Unstarted> {
        assemble(config, &self.app, &self.data_dir, Clock::System).await
    }
}

/// Puts a service together on a database whose schema is up to date, and brings the register into it.
pub async fn assemble(
    config: Config,
    database: &PgConnectOptions,
    data_dir: &Path,
    clock: Clock,
) -> Result<App, Unstarted> {
    let ceremony = Ceremony::load(config.ceremony.dir.as_deref())?;
    let papers = papers(&config, data_dir).await?;
    let post = Post::open(&config, data_dir)?;
    let workshop = data_dir.join("exports");
    reports::workshop(&workshop).map_err(Unstarted::Workshop)?;
    let mut connection = db::admit(database).await?;
    let key_file = key_file(data_dir);
    let vault = installation::settle(&mut connection, &key_file, &papers, clock.now()).await?;
    connection.close().await?;
    let db = Db::open(database, &config, clock, Arc::new(vault));
    participants::load_register(&db, &ceremony).await?;
    programme::load_programme(&db, &ceremony.programme).await?;
    let passwords = Passwords::prepare(&config.access)?;
    let key_file = data_dir.join("keys").join("ledger.key");
    let oidc = Providers::prepare(&config.access, config.server.base_url.as_ref())?;
    let ledger = Ledger::prepare(Log::Treaty, &config.ledger, &key_file, &db).await?;
    let audit = Ledger::prepare(Log::Audit, &config.ledger, &key_file, &db).await?;
    let tries = Tries::prepare(&config.tries);
    let budgets = Arc::new(Budgets::of(&config.budgets));
    let (config, ceremony) = (Arc::new(config), Arc::new(ceremony));
    let refusals = Refusals::default();
    Ok(App {
        db,
        config,
        ceremony,
        passwords,
        tries,
        budgets,
        refusals,
        oidc,
        papers,
        ledger,
        post,
        audit,
        workshop: workshop.into(),
        desks: Arc::new(Semaphore::new(DESKS)),
        looks: Arc::new(Semaphore::new(1)),
        prepared: Prepared::default(),
        meters: Meters::default(),
    })
}

/// Where the uploaded papers are.
pub async fn papers(config: &Config, data_dir: &Path) -> Result<Papers, Broken> {
    match config.documents.store {
        Store::Files => Papers::open(&data_dir.join("documents")),
        Store::S3 => Papers::in_bucket(&config.documents.s3).await,
    }
}

/// Opens the record for signing, or finds out why it stays shut, and finishes what a crash left undone. Whoever serves does
/// so first; whoever only keeps the house does not sign.
pub async fn open_record(app: &App) -> Result<(), Unstarted> {
    Ok(treaty::open_record(&app.db, &app.ledger, &app.ceremony).await?)
}

fn key_file(data_dir: &Path) -> PathBuf {
    data_dir.join("keys").join("field.key")
}

/// Makes the first administrator where there is no account yet, with a password that is shown once.
pub async fn first_administrator(app: &App) -> Result<Option<Invited>, Unstarted> {
    let wanted = Wanted {
        email: Email::parse(FIRST_ADMINISTRATOR)?,
        name: PersonName::parse("Administrator")?,
        role: Role::Administrator,
        participant: None,
    };
    Ok(access::first_administrator(&app.db, &app.passwords, wanted).await?)
}
