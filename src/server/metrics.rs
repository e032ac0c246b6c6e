//! The measures of one process, for whoever watches over it: what it has answered, and how it stands now.

use std::sync::atomic::AtomicU64;

use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::access::Permit;
use crate::audit;
use crate::http::{self, App, Visit};
use crate::ledger::{Extent, Log};
use crate::outbox::{self, Backlog};
use crate::problem::{Code, Problem};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The measures of this process, as `OpenMetrics` text for Prometheus and its like: no name, no address, no value that
/// somebody sent. They are told where the database is away, which is when they are needed most, and so they ask for no token;
/// whoever asks from another network than `server.metrics_from` names finds nothing here.
#[utoipa::path(get, path = "/metrics", tag = "service", security(()),
    responses((status = 200, body = String, content_type = "application/openmetrics-text"),
              (status = 404, body = crate::problem::Body)))]
pub async fn show(request: HttpRequest, visit: Visit) -> Result<HttpResponse, Problem> {
    let settings = &visit.app.config.server;
    if !http::is_from(&request, &settings.trusted_proxies, &settings.metrics_from) {
        return Err(Problem::of(Code::NotFound));
    }
    let mut state = State::default();
    state.tell_process(&visit.app);
    let stored = Stored::read(&visit.app).await;
    state.gauge("database_up", "Whether the database answers", [(None, flag(stored.is_ok()))]);
    match stored {
        Ok(stored) => state.tell_stored(&stored),
        Err(error) => tracing::warn!(%error, "the database is not there to be measured"),
    }
    let told = visit.app.meters.tell(&state.0);
    let told = told.map_err(|error| Problem::of(Code::Unavailable).because(error))?;
    Ok(HttpResponse::Ok().content_type(OPENMETRICS).body(told))
}

/// What stands in the database, at one moment.
struct Stored {
    backlog: Backlog,
    logs: [(Log, Extent); 2],
    seconds_without_backup: f64,
}

impl Stored {
    async fn read(app: &App) -> Result<Self, sqlx::Error> {
        let permit = Permit::service("metrics");
        let mut tx = app.db.read(permit.scope()).await?;
        let backlog = outbox::backlog(&mut tx).await?;
        let treaty = app.ledger.extent(&mut tx).await?;
        let audit = app.audit.extent(&mut tx).await?;
        let seconds_without_backup = audit::seconds_without_backup(&mut tx).await?;
        let logs = [(app.ledger.log(), treaty), (app.audit.log(), audit)];
        Ok(Self { backlog, logs, seconds_without_backup })
    }
}

/// What tells one value of a measure from another, where there are more of them.
type Label = (&'static str, String);

fn of_pool(pool: &str) -> Label {
    ("pool", pool.to_owned())
}

fn of_log(log: Log) -> Label {
    ("log", log.to_string())
}

fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// A count as a measure, which past 2^32 of anything is not exact any more, and need not be.
fn number(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::from(u32::MAX), f64::from)
}

/// How things stand now.
#[derive(Default)]
struct State(Registry);

impl State {
    fn tell_process(&mut self, app: &App) {
        let pools = app.db.pools();
        let open =
            pools.map(|(pool, connections)| (Some(of_pool(pool)), f64::from(connections.size())));
        self.gauge("database_connections", "Open connections to the database, by pool", open);
        let most = pools.map(|(pool, connections)| {
            (Some(of_pool(pool)), f64::from(connections.options().get_max_connections()))
        });
        self.gauge("database_connections_max", "The most connections that a pool may open", most);
        let idle =
            pools.map(|(pool, connections)| (Some(of_pool(pool)), number(connections.num_idle())));
        self.gauge("database_connections_idle", "Connections that nobody uses, by pool", idle);

        let running = number(app.passwords.running());
        self.gauge("passwords_hashing", "Passwords that are hashed now", [(None, running)]);
        let room = number(app.passwords.room());
        let help = "How many more may ask to have a password hashed before others are turned away";
        self.gauge("passwords_room", help, [(None, room)]);

        let hindered = [&app.ledger, &app.audit]
            .map(|ledger| (Some(of_log(ledger.log())), flag(!ledger.hindrances().is_empty())));
        self.gauge("log_hindered", "Whether something keeps a log from growing", hindered);
    }

    fn tell_stored(&mut self, stored: &Stored) {
        let Stored { backlog, logs, seconds_without_backup } = stored;
        let waiting = number(backlog.waiting);
        self.gauge("letters_waiting", "Letters that wait to be sent", [(None, waiting)]);
        let help = "For how many seconds the letter has waited that has waited longest";
        self.gauge("letters_waiting_seconds", help, [(None, backlog.seconds)]);
        let entries = logs.map(|(log, extent)| (Some(of_log(log)), number(extent.entries)));
        self.gauge("log_entries", "Entries of a log", entries);
        let unsigned = logs.map(|(log, extent)| {
            (Some(of_log(log)), number(extent.entries.saturating_sub(extent.signed)))
        });
        let help =
            "For how many seconds the last backup is old, or the installation where there is none";
        self.gauge("backup_age_seconds", help, [(None, *seconds_without_backup)]);
        self.gauge("log_entries_unsigned", "Entries that no checkpoint covers yet", unsigned);
    }

    fn gauge<const N: usize>(&mut self, name: &str, help: &str, values: [(Option<Label>, f64); N]) {
        let family = Family::<Vec<(&str, String)>, Gauge<f64, AtomicU64>>::default();
        for (label, value) in values {
            family.get_or_create(&Vec::from_iter(label)).set(value);
        }
        self.0.register(name, help, family);
    }
}
