//! What is looked at, in the order in which a start comes to it.

use std::path::Path;

use chrono::TimeDelta;
use sqlx::PgConnection;

use super::{Finding, store};
use crate::access::Permit;
use crate::backup;
use crate::config::{Config, MailTransport};
use crate::db::embedded;
use crate::db::{self, Clock, Schema};
use crate::http::App;
use crate::ledger::{self, Ledger};
use crate::server::Source;
use crate::{audit, documents, treaty};

/// Below this, somebody should look for room; and below that, there is none.
const LITTLE_ROOM_BYTES: u64 = 2 << 30;
const NO_ROOM_BYTES: u64 = 256 << 20;

/// How far the clocks of machine and database may be apart before somebody looks, and before it is wrong.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(2);
const CLOCKS_WRONG: TimeDelta = TimeDelta::seconds(60);

/// A backup each night may be late by two hours.
const BACKUP_OLD_SECONDS: f64 = 26.0 * 3600.0;

/// Looks at everything, as far as one comes: where there is no database, nothing can be said of what is in it.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut found = settings(config);
    let data_dir = config.database.data_dir.clone().unwrap_or_else(embedded::default_data_dir);
    if config.database.url.is_none() && !data_dir.join("pg").exists() {
        let says =
            format!("there is none in {} yet; the first start makes one", data_dir.display());
        found.push(Finding::look("database", says));
        return found;
    }
    match Source::find(config).await {
        Ok(source) => {
            found.push(Finding::ok("database", source.describe()));
            found.push(disk(source.data_dir()));
            database(config, &source, &mut found).await;
        }
        Err(error) => found.push(Finding::wrong("database", error)),
    }
    found
}

/// Settings that work, and are none for a ceremony.
fn settings(config: &Config) -> Vec<Finding> {
    let doubts = [
        (
            config.server.base_url.is_none(),
            "server.base_url is not set: links in letters lead to the address that is listened on",
        ),
        (
            !config.access.officers_need_second_factor,
            "access.officers_need_second_factor is off: a password alone opens an office",
        ),
        (
            !config.ledger.durable_only,
            "ledger.durable_only is off: it is signed over what the database may lose",
        ),
        (
            config.ledger.witness_file.is_none() && config.ledger.witness.url.is_none(),
            "neither ledger.witness_file nor ledger.witness is set: an older database that is put back is not noticed",
        ),
        (
            config.mail.transport != MailTransport::Smtp,
            "mail.transport is not smtp: letters reach nobody",
        ),
    ];
    let doubts = doubts.into_iter().filter(|(is_so, _)| *is_so);
    let found: Vec<_> = doubts.map(|(_, says)| Finding::look("settings", says)).collect();
    if found.is_empty() { vec![Finding::ok("settings", "as a ceremony needs them")] } else { found }
}

fn disk(data_dir: &Path) -> Finding {
    let room = match rustix::fs::statvfs(data_dir) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => return Finding::look("disk", format!("its room is not known: {error}")),
    };
    let says = format!("{} MiB are free at {}", room >> 20, data_dir.display());
    match room {
        ..NO_ROOM_BYTES => Finding::wrong("disk", format!("{says}: make room now")),
        NO_ROOM_BYTES..LITTLE_ROOM_BYTES => Finding::look("disk", format!("{says}: make room")),
        _ => Finding::ok("disk", says),
    }
}

async fn database(config: &Config, source: &Source, found: &mut Vec<Finding>) {
    let mut conn = match backup::owner(source).await {
        Ok(conn) => conn,
        Err(error) => {
            let says = format!("the owner of the schema is not let in ({error}): ceremony migrate");
            return found.push(Finding::wrong("schema", says));
        }
    };
    found.push(programs(source, &mut conn).await);
    match clocks(&mut conn).await {
        Ok(clocks) => found.push(clocks),
        Err(error) => found.push(Finding::wrong("clock", error)),
    }
    match db::schema(&mut conn).await {
        Ok(Schema { found: is, own }) if is == own => {
            found.push(Finding::ok(
                "schema",
                format!("of migration {is}, as this program wants it"),
            ));
        }
        Ok(Schema { found: is, own }) => {
            return found.push(if is < own {
                Finding::look(
                    "schema",
                    format!(
                        "of migration {is}; the next start brings it to {own}: take a backup before"
                    ),
                )
            } else {
                Finding::wrong(
                    "schema",
                    format!(
                        "of migration {is}, and this program knows {own}: use the later program"
                    ),
                )
            });
        }
        Err(error) => return found.push(Finding::wrong("schema", error)),
    }
    match store::is_begun(&mut conn).await {
        Ok(true) => installation(config, source, found).await,
        Ok(false) => found.push(Finding::look("start", "no service was started here yet")),
        Err(error) => found.push(Finding::wrong("start", error)),
    }
}

async fn programs(source: &Source, conn: &mut PgConnection) -> Finding {
    match backup::programs(source, conn).await {
        Ok(folder) => {
            Finding::ok("programs", format!("pg_dump and pg_restore in {}", folder.display()))
        }
        Err(error) => Finding::look("programs", error),
    }
}

async fn clocks(conn: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let before = Clock::System.now();
    let theirs = store::clock(conn).await?;
    let after = Clock::System.now();
    // Where within the question the answer was given is not known.
    let apart = (before - theirs).max(theirs - after).max(TimeDelta::zero());
    let says = format!("{} ms apart from the database's", apart.num_milliseconds());
    Ok(if apart >= CLOCKS_WRONG {
        Finding::wrong("clock", format!("{says}: set both by the same time servers"))
    } else if apart >= CLOCKS_DIFFER {
        Finding::look("clock", format!("{says}: are both set by time servers?"))
    } else {
        Finding::ok("clock", says)
    })
}

/// What a start opens: keys, papers, register, mail; then what it would not sign upon.
async fn installation(config: &Config, source: &Source, found: &mut Vec<Finding>) {
    let app = match source.open(config.clone()).await {
        Ok(app) => app,
        Err(error) => return found.push(Finding::wrong("start", error)),
    };
    found.push(Finding::ok("start", "keys and papers are this database's"));
    found.extend(record(&app).await);
    match app.post.reaches_server().await {
        None => {}
        Some(Ok(())) => found.push(Finding::ok("mail", "the server lets us in")),
        Some(Err(trouble)) => {
            let says = format!(
                "the server cannot be used ({trouble}): see \"Mail\" in docs/operations.md"
            );
            found.push(Finding::wrong("mail", says));
        }
    }
    match stored(&app).await {
        Ok(stored) => found.extend(stored),
        Err(error) => found.push(Finding::wrong("database", error)),
    }
    app.db.close().await;
}

async fn record(app: &App) -> Vec<Finding> {
    if let Err(error) = documents::in_place(&app.db, &app.papers).await {
        return vec![Finding::wrong("papers", error)];
    }
    let hindrances = match treaty::hindrances(&app.db, &app.ledger, &app.ceremony).await {
        Ok(hindrances) => hindrances,
        Err(error) => return vec![Finding::wrong("record", error)],
    };
    if hindrances.is_empty() {
        return vec![Finding::ok("record", "a start would sign")];
    }
    let each = hindrances.iter();
    each.map(|why| Finding::wrong("record", format!("nothing would be signed: {why}"))).collect()
}

/// What a start does not look at: how far both logs are signed, and how old the last backup is.
async fn stored(app: &App) -> Result<Vec<Finding>, sqlx::Error> {
    let mut found = Vec::new();
    if ledger::is_frozen(&app.db, app.ledger.log()).await? {
        found.push(Finding::look("record", "it is frozen; ceremony ledger thaw lets it go on"));
    }
    let mut tx = app.db.read(Permit::service("doctor").scope()).await?;
    for log in [&app.ledger, &app.audit] {
        found.push(signed(log, &mut tx).await?);
    }
    let seconds = audit::seconds_without_backup(&mut tx).await?;
    let says =
        format!("the last one, or else the installation, is {:.1} hours old", seconds / 3600.0);
    found.push(if seconds > BACKUP_OLD_SECONDS {
        Finding::look("backup", format!("{says}: ceremony backup, once a day"))
    } else {
        Finding::ok("backup", says)
    });
    Ok(found)
}

async fn signed(log: &Ledger, conn: &mut PgConnection) -> Result<Finding, sqlx::Error> {
    let extent = log.extent(conn).await?;
    let says = format!("{} entries of the log {}", extent.entries, log.log());
    Ok(match extent.entries - extent.signed {
        0 => Finding::ok("checkpoint", format!("signed over all {says}")),
        _ => Finding::look(
            "checkpoint",
            format!("signed over {} of {says}; does a service run?", extent.signed),
        ),
    })
}
