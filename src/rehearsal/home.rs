//! A rehearsal at home: a service in this process, over an embedded database of its own that outlives it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Administrator, Error, Options, Outcome, Size, Telling, run};
use crate::access::{self, Invited};
use crate::config::Config;
use crate::db::embedded;
use crate::server::{self, FIRST_ADMINISTRATOR, Source, Unstarted};
use crate::text::Email;

/// Why a rehearsal at home could not be held.
#[derive(Debug, thiserror::Error)]
pub enum Unhoused {
    /// The service could not be made.
    #[error(transparent)]
    Unstarted(#[from] Unstarted),
    /// No port.
    #[error("no port of this machine can be listened on: {0}")]
    NoPort(std::io::Error),
    /// The administrator of the rehearsal.
    #[error("the rehearsal's administrator could not be given a password: {0}")]
    Administrator(#[from] access::Error),
    /// The service ended first: somebody wants the process to end.
    #[error("interrupted; started again, the rehearsal goes on where it was")]
    Interrupted,
    /// The rehearsal itself.
    #[error(transparent)]
    Rehearsal(#[from] Error),
}

/// A directory for data that are not the service's: beside those of the service, never among them.
#[must_use]
pub fn beside(config: &Config, what: &str) -> PathBuf {
    let own = config.database.data_dir.clone().unwrap_or_else(embedded::default_data_dir);
    let mut name = own.file_name().unwrap_or_default().to_owned();
    name.push("-");
    name.push(what);
    own.with_file_name(name)
}

/// The file in which a rehearsal at another service keeps its memory, where none is named.
#[must_use]
pub fn state_for(url: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = url.trim_end_matches('/').chars().map(plain).collect();
    let mut folder = embedded::default_data_dir().into_os_string();
    folder.push("-rehearsal");
    Path::new(&folder).join(format!("{name}.toml"))
}

/// Holds the rehearsal with a service and a database of its own, or goes on with one that was interrupted.
pub async fn at_home(
    mut config: Config,
    size: Size,
    telling: Telling,
) -> Result<Outcome, Unhoused> {
    config.database.data_dir = Some(beside(
        &config,
        match size {
            Size::Full => "rehearsal",
            Size::Small => "rehearsal-small",
        },
    ));
    config.database.url = None;
    config.database.migration_url = None;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Unhoused::NoPort)?;
    let address = listener.local_addr().map_err(Unhoused::NoPort)?;
    let source = Source::find(&config).await?;
    let _only = source.lock()?;
    telling.say(&format!("Database   {}", source.describe()));
    source.migrate().await?;
    let state = place_of_state(&config);
    let app = source.open(config).await?;
    server::open_record(&app).await?;

    let invited = if let Some(first) = server::first_administrator(&app).await? {
        first
    } else {
        // Nobody knows any more which password an earlier run was given.
        let email = Email::parse(FIRST_ADMINISTRATOR).map_err(Unstarted::from)?;
        access::reset_password_at_server(&app.db, &app.passwords, &app.tries, &email).await?
    };
    let Invited { account, initial_password } = invited;
    let running = server::serve(app.clone(), listener).map_err(Unhoused::NoPort)?;
    telling.say(&format!("Service    http://{address}"));
    let handle = running.handle();
    let options = Options {
        url: format!("http://{address}"),
        administrator: Administrator {
            email: account.email.to_string(),
            password: Zeroizing::new(initial_password),
        },
        state,
        size,
        telling,
    };
    let service = tokio::spawn(running);
    let outcome = tokio::select! {
        outcome = run(&app.ceremony, &options) => outcome.map_err(Unhoused::from),
        _ = service => Err(Unhoused::Interrupted),
    };
    handle.stop(true).await;
    app.db.close().await;
    outcome
}

fn place_of_state(config: &Config) -> PathBuf {
    config.database.data_dir.clone().unwrap_or_default().join("rehearsal.toml")
}
