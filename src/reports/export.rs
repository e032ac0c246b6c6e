//! An export on its way: rows from a cursor of the database to the socket, a chunk at a time.

use std::cell::Cell as Shared;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::{Stream, stream};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::formats::{Ending, Unwritten, Writer};
use super::model::{Cell, Column, Format, Head, Tail};
use super::report::{Fill, Source};
use super::store;
use crate::access::{Actor, Permit};
use crate::db::{Db, Event, Shut};
use crate::ids::EventId;
use crate::vault::Unopened;

/// How many bytes of a file are sent together.
const CHUNK_BYTES: u64 = 64 * 1024;
/// How many chunks may wait for a slow reader; then the cursor waits.
const CHUNKS_AHEAD: usize = 2;
/// How long whoever asked is believed to be who they were.
const TRUSTED: Duration = Duration::from_secs(1);
/// After how many rows the time is looked at, where nothing is sent meanwhile.
const ROWS_UNWATCHED: u64 = 256;

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
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
    /// A row that is not as the report says of itself.
    #[error("a row does not fit the columns of its report")]
    Misfit,
    /// The thread that made the file is gone.
    #[error("the file was not finished")]
    Unfinished,
    /// Whoever asked may not have it any more.
    #[error("the reader's right ended")]
    RightEnded,
    /// The reader went away.
    #[error("the reader left")]
    ReaderLeft,
    /// Another worker has the job, or nobody wants it any more.
    #[error("the job is somebody else's, or nobody's")]
    Overtaken,
    /// What was kept of it does not open.
    #[error(transparent)]
    Unopened(#[from] Unopened),
}

/// What is exported, for whom, and as what.
pub struct Export {
    /// Under which identity the audit trail will know it.
    pub id: EventId,
    /// What stands above the rows.
    pub head: Head,
    /// As what it is written.
    pub format: Format,
    /// What was asked for, as the audit trail keeps it.
    pub filter: Value,
    /// The proof that it may be taken away.
    pub permit: Permit,
    /// Who reads it; nobody, where it is written at the server.
    pub reader: Option<Actor>,
    /// Where files are made that cannot be written from front to back.
    pub dir: PathBuf,
    /// How many rows there are so far, for whoever looks on.
    pub progress: Progress,
}

/// A number that grows while somebody looks on.
pub type Progress = Rc<Shared<u64>>;

/// An export that was made, but for its last bytes and its entry in the audit trail.
pub struct Made {
    /// Its last bytes, which nobody has yet.
    pub last: Vec<u8>,
    /// How many rows it has.
    pub rows: u64,
    /// Of all its bytes.
    pub sha256: [u8; 32],
    /// What the audit trail is to know of it (R53).
    pub event: Event,
}

/// Takes rows, and sends what they become while it counts and hashes.
pub struct Sink {
    writer: Writer,
    columns: &'static [Column],
    rows: Progress,
    way: Way,
}

/// The way to the reader.
struct Way {
    sender: mpsc::Sender<Result<Vec<u8>, Broken>>,
    hash: Sha256,
    watch: Watch,
}

/// Whether whoever asked still may: rights that end during a long export end it.
pub struct Watch {
    db: Db,
    reader: Option<Actor>,
    looked_at: Instant,
}

impl Watch {
    /// From now on.
    pub fn over(db: Db, reader: Option<Actor>) -> Self {
        Self { db, reader, looked_at: Instant::now() }
    }

    /// Asks again, where the last answer is old.
    pub async fn keep(&mut self) -> Result<(), Broken> {
        if self.looked_at.elapsed() < TRUSTED { Ok(()) } else { self.look().await }
    }

    async fn look(&mut self) -> Result<(), Broken> {
        self.looked_at = Instant::now();
        match &self.reader {
            Some(reader) if !reader.stands(&self.db).await? => Err(Broken::RightEnded),
            _ => Ok(()),
        }
    }
}

impl Way {
    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Broken> {
        self.hash.update(&bytes);
        self.sender.send(Ok(bytes)).await.map_err(|_| Broken::ReaderLeft)?;
        self.watch.keep().await
    }
}

impl Sink {
    /// Writes a row, and sends what has gathered once it is enough.
    pub async fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), Broken> {
        let fits = cells.len() == self.columns.len()
            && cells.iter().zip(self.columns).all(|(cell, column)| cell.fits(column.kind));
        if !fits {
            return Err(Broken::Misfit);
        }
        self.writer.row(cells)?;
        let rows = self.rows.get() + 1;
        self.rows.set(rows);
        match self.writer.gathered()? {
            Some(bytes) => self.way.send(bytes).await,
            None if rows.is_multiple_of(ROWS_UNWATCHED) => self.way.watch.keep().await,
            None => Ok(()),
        }
    }
}

/// Begins an export that `fill` writes from `source`, and audits it at its end with row count and hash (R53). Gives its
/// chunks.
///
/// An export that breaks half-way ends with an error, so that nobody takes a part for the whole.
pub fn begin(
    db: Db,
    export: Export,
    source: Source,
    fill: Fill,
) -> impl Stream<Item = Result<Vec<u8>, Broken>> {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    // On the thread of the request: its cursor and its socket stay together.
    tokio::task::spawn_local(async move {
        let report = export.head.name;
        let done = tokio::select! {
            done = run(&db, export, source, fill, sender.clone()) => done,
            // Whoever left is not worked for, however long the database still thinks.
            () = sender.closed() => Err(Broken::ReaderLeft),
        };
        if let Err(broken) = done {
            tracing::warn!(report, cause = %broken, "an export ended before its time");
            // The reader may be the one who left.
            let _ = sender.send(Err(broken)).await;
        }
    });
    stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) })
}

/// Writes an export, and audits it before it sends the last of it.
pub async fn run(
    db: &Db,
    export: Export,
    source: Source,
    fill: Fill,
    sender: mpsc::Sender<Result<Vec<u8>, Broken>>,
) -> Result<(), Broken> {
    let permit = export.permit.clone();
    let made = make(db, export, source, fill, sender.clone()).await?;
    // The audit's entry comes before the last bytes: whoever has the whole has left a trace.
    db.write(permit, async |_| Ok::<_, Broken>(((), made.event.clone()))).await?;
    sender.send(Ok(made.last)).await.map_err(|_| Broken::ReaderLeft)
}

/// Writes an export, and sends all but the last of it.
pub async fn make(
    db: &Db,
    export: Export,
    mut source: Source,
    fill: Fill,
    sender: mpsc::Sender<Result<Vec<u8>, Broken>>,
) -> Result<Made, Broken> {
    let Export { id, head, format, filter, reader, dir, progress, .. } = export;
    store::take_time(&mut source.tx).await?;
    let watch = Watch::over(db.clone(), reader);
    let way = Way { sender, hash: Sha256::new(), watch };
    let writer = Writer::begin(format, head, &dir)?;
    let mut sink = Sink { writer, columns: head.columns, rows: progress, way };
    fill(&mut source, &mut sink).await?;
    let generated_at = source.now;
    drop(source);

    let Sink { writer, rows, mut way, .. } = sink;
    let (told, rows) = (filter.clone(), rows.get());
    let ending = tokio::task::spawn_blocking(move || {
        writer.end(&Tail { export: id, generated_at, filter: &told, rows })
    });
    let last = match ending.await.map_err(|_| Broken::Unfinished)?? {
        Ending::Bytes(bytes) => bytes,
        Ending::File(whole) => way.send_all_but_the_end(whole).await?,
    };
    way.watch.look().await?;
    way.hash.update(&last);
    let sha256: [u8; 32] = way.hash.finalize().into();
    let about = json!({
        "report": head.name, "format": format, "filter": filter, "rows": rows,
        "sha256": crate::secret::hex(&sha256),
    });
    let event = Event::of("report.exported", id.uuid()).with(&about);
    Ok(Made { last, rows, sha256, event })
}

impl Way {
    /// Sends a file but for its last chunk, which it gives.
    async fn send_all_but_the_end(&mut self, file: std::fs::File) -> Result<Vec<u8>, Broken> {
        let mut file = tokio::fs::File::from_std(file);
        let mut held = Vec::new();
        loop {
            let mut next = Vec::new();
            let read = (&mut file).take(CHUNK_BYTES).read_to_end(&mut next).await;
            if read.map_err(Unwritten::from)? == 0 {
                return Ok(held);
            }
            let whole = std::mem::replace(&mut held, next);
            if !whole.is_empty() {
                self.send(whole).await?;
            }
        }
    }
}

/// Makes the directory in which such files are made that cannot be written from front to back.
pub fn workshop(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}
