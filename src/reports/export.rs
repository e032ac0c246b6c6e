//! An export on its way: rows from a cursor of the database to the socket, a chunk at a time.

use futures_util::{Stream, stream};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{Report, Tongue};
use crate::access::Permit;
use crate::db::{Db, Event, Shut};
use crate::ids::EventId;
use crate::table::cell;

/// How many bytes are gathered before they are sent.
const CHUNK_BYTES: usize = 32 * 1024;
/// How many chunks may wait for a slow reader; then the cursor waits.
const CHUNKS_AHEAD: usize = 2;

/// What ended an export before its time.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The database.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The audit's entry could not be written.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// A row that cannot be written.
    #[error("a row could not be written")]
    Csv(#[from] csv::Error),
    /// The reader went away.
    #[error("the reader left")]
    ReaderLeft,
}

/// Writes rows as CSV (RFC 4180, UTF-8) while it counts and hashes them.
pub struct CsvSink {
    buffer: csv::Writer<Vec<u8>>,
    sender: mpsc::Sender<Result<Vec<u8>, Broken>>,
    hash: Sha256,
    rows: u64,
}

impl CsvSink {
    fn new(sender: mpsc::Sender<Result<Vec<u8>, Broken>>) -> Self {
        Self { buffer: lines(), sender, hash: Sha256::new(), rows: 0 }
    }

    /// Writes the line of titles.
    pub fn head(&mut self, report: &Report, tongue: Tongue) -> Result<(), Broken> {
        Ok(self
            .buffer
            .write_record(report.columns.iter().map(|column| tongue.of(column.titles)))?)
    }

    /// Writes a row, and sends what has gathered once it is enough.
    pub async fn row<'a>(
        &mut self,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Broken> {
        for text in cells {
            self.buffer.write_field(cell(text).as_bytes())?;
        }
        self.buffer.write_record(None::<&[u8]>)?;
        self.rows += 1;
        if self.buffer.get_ref().len() >= CHUNK_BYTES { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<(), Broken> {
        let bytes = self.take()?;
        self.sender.send(Ok(bytes)).await.map_err(|_| Broken::ReaderLeft)
    }

    /// What has gathered since the last time; hashed on its way out.
    fn take(&mut self) -> Result<Vec<u8>, Broken> {
        let full = std::mem::replace(&mut self.buffer, lines()).into_inner();
        let bytes = full.map_err(|e| Broken::Csv(std::io::Error::other(e.to_string()).into()))?;
        self.hash.update(&bytes);
        Ok(bytes)
    }
}

fn lines() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

/// Begins an export that `fill` writes, and audits it at its end with row count and hash (R53). Gives its chunks.
///
/// An export that breaks half-way ends with an error, so that nobody takes a part for the whole.
pub fn begin(
    db: Db,
    permit: Permit,
    name: &'static str,
    filter: serde_json::Value,
    fill: impl AsyncFnOnce(&mut CsvSink) -> Result<(), Broken> + 'static,
) -> impl Stream<Item = Result<Vec<u8>, Broken>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    // On the thread of the request: its cursor and its socket stay together.
    tokio::task::spawn_local(async move {
        let mut sink = CsvSink::new(sender.clone());
        if let Err(broken) = run(&db, permit, name, filter, fill, &mut sink).await {
            tracing::warn!(report = name, rows = sink.rows, cause = %broken, "an export ended before its time");
            // The reader may be the one who left.
            let _ = sender.send(Err(broken)).await;
        }
    });
    stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) })
}

async fn run(
    db: &Db,
    permit: Permit,
    name: &'static str,
    filter: serde_json::Value,
    fill: impl AsyncFnOnce(&mut CsvSink) -> Result<(), Broken>,
    sink: &mut CsvSink,
) -> Result<(), Broken> {
    fill(sink).await?;
    let tail = sink.take()?;
    let digest = std::mem::take(&mut sink.hash).finalize();
    let about = json!({
        "report": name, "format": "csv", "filter": filter, "rows": sink.rows, "sha256": crate::secret::hex(&digest),
    });
    let id = EventId::fresh();
    // The audit's entry comes before the last bytes: whoever has the whole has left a trace.
    db.write(permit, async |_| {
        Ok::<_, Broken>(((), Event::of("report.exported", id.uuid()).with(&about)))
    })
    .await?;
    sink.sender.send(Ok(tail)).await.map_err(|_| Broken::ReaderLeft)
}
