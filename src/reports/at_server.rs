//! Reports at the server, for whoever has the server: audited like any other, and nobody's.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::REPORTS;
use super::export::{self, Broken, Export};
use super::model::Format;
use super::report::{Asked, Source};
use crate::access::Permit;
use crate::ceremony::Ceremony;
use crate::db::Db;
use crate::ids::EventId;
use crate::input::Faults;

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// There is none of this name.
    #[error("there is no such report; `ceremony report` lists them")]
    Unknown,
    /// What was asked of it.
    #[error("{}", told(.0))]
    Faults(Faults),
    /// The database.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// On the way.
    #[error("the report broke off: {0}")]
    Broken(#[from] Broken),
    /// Where it was to go.
    #[error("the report could not be written: {0}")]
    Io(#[from] std::io::Error),
}

fn told(faults: &Faults) -> String {
    let each = faults.0.iter();
    let lines =
        each.map(|fault| format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.detail));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a report is written from, and with.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The database.
    pub db: &'a Db,
    /// The ceremony's own data.
    pub ceremony: &'a Arc<Ceremony>,
    /// Where files are made that cannot be written from front to back.
    pub workshop: &'a Path,
}

/// Writes a report, and gives its bytes to `take` as they come. Gives the identity under which the audit trail has it.
pub async fn write(
    place: Place<'_>,
    name: &str,
    format: Format,
    parameters: Map<String, Value>,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<EventId, NotWritten> {
    let Place { db, ceremony, workshop } = place;
    let report = REPORTS.iter().find(|report| report.name == name).ok_or(NotWritten::Unknown)?;
    let now = db.clock.now();
    let order = (report.order)(Asked { parameters, now }).map_err(NotWritten::Faults)?;
    let permit = Permit::service("report");
    let tx = db.read(permit.scope()).await?;
    let source = Source { tx, ceremony: Arc::clone(ceremony), tongue: order.tongue, now };
    let id = EventId::fresh();
    let export = Export {
        id,
        head: report.head(order.tongue),
        format,
        filter: order.filter,
        permit,
        reader: None,
        dir: workshop.to_owned(),
        progress: export::Progress::default(),
    };
    let (sender, mut receiver) = mpsc::channel(1);
    let written = export::run(db, export, source, order.fill, sender);
    let taken = async move {
        while let Some(chunk) = receiver.recv().await {
            take(&chunk?)?;
        }
        Ok::<_, NotWritten>(())
    };
    let (written, taken) = tokio::join!(written, taken);
    taken?;
    written?;
    Ok(id)
}
