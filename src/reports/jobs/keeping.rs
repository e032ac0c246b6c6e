//! Where results are kept: cut into parts of one size, each sealed for its own place, in the database, which every replica
//! has. What ends a job takes them along, so that nothing has to be swept up.

use std::ops::Range;
use std::sync::Arc;

use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::model::{PART_BYTES, piece};
use super::store::{self, Taken};
use crate::access::Actor;
use crate::db::{Db, Scope};
use crate::ids::JobId;
use crate::reports::export::{Broken, Watch};
use crate::vault::SealingKey;

/// A result that grows.
pub struct Growing<'a> {
    db: &'a Db,
    taken: &'a Taken,
    key: Arc<SealingKey>,
    gathered: Vec<u8>,
    parts: i32,
    /// How many bytes came.
    pub size: u64,
}

impl<'a> Growing<'a> {
    /// Of a job that a worker has.
    pub fn of(db: &'a Db, taken: &'a Taken, key: SealingKey) -> Self {
        Self { db, taken, key: Arc::new(key), gathered: Vec::new(), parts: 0, size: 0 }
    }

    /// Takes all that comes.
    pub async fn take_all(
        &mut self,
        mut from: mpsc::Receiver<Result<Vec<u8>, Broken>>,
    ) -> Result<(), Broken> {
        while let Some(bytes) = from.recv().await {
            self.take(bytes?).await?;
        }
        Ok(())
    }

    /// Takes some more, and stores the parts that are whole.
    pub async fn take(&mut self, bytes: Vec<u8>) -> Result<(), Broken> {
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.gathered.extend(bytes);
        let part = part_length();
        while self.gathered.len() >= part {
            let rest = self.gathered.split_off(part);
            let whole = std::mem::replace(&mut self.gathered, rest);
            self.store(whole).await?;
        }
        Ok(())
    }

    /// Stores what is left.
    pub async fn end(&mut self) -> Result<(), Broken> {
        let rest = std::mem::take(&mut self.gathered);
        if rest.is_empty() { Ok(()) } else { self.store(rest).await }
    }

    async fn store(&mut self, plain: Vec<u8>) -> Result<(), Broken> {
        let (key, place) = (Arc::clone(&self.key), place(self.taken.id, self.parts));
        let sealed = off_the_reactor(move || Ok(key.seal(&place, &plain))).await?;
        let (taken, number) = (self.taken, self.parts);
        let stored = self
            .db
            .note_of_all(async |conn| store::insert_part(conn, taken, number, &sealed).await);
        self.parts += 1;
        if stored.await? { Ok(()) } else { Err(Broken::Overtaken) }
    }
}

/// Opens some bytes of a result, a part at a time: no connection is held while a slow reader reads. It breaks off when the
/// result is destroyed meanwhile, or the reader's right to it ends.
pub fn open(
    db: Db,
    scope: Scope,
    reader: Actor,
    (id, key): (JobId, SealingKey),
    bytes: Range<u64>,
) -> impl Stream<Item = Result<Bytes, Broken>> {
    let watch = Watch::over(db.clone(), Some(reader));
    let begin = (bytes, watch, Arc::new(key));
    stream::try_unfold(begin, move |(mut left, mut watch, key)| {
        let (db, scope) = (db.clone(), scope.clone());
        async move {
            let Some((number, within)) = piece(&left) else { return Ok(None) };
            watch.keep().await?;
            let number = i32::try_from(number).map_err(|_| Broken::Unfinished)?;
            let mut tx = db.read(&scope).await?;
            let sealed = store::find_part(&mut tx, id, number).await?.ok_or(Broken::Overtaken)?;
            drop(tx);
            let (opener, place) = (Arc::clone(&key), place(id, number));
            let plain = off_the_reactor(move || Ok(opener.open(&place, &sealed)?)).await?;
            left.start += within.end - within.start;
            // The bytes are wiped when they have gone out.
            let plain = Bytes::from_owner(plain);
            let [from, to] =
                [within.start, within.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            let is_there = to <= plain.len();
            let piece = is_there.then(|| plain.slice(from..to)).ok_or(Broken::Unfinished)?;
            Ok(Some((piece, (left, watch, key))))
        }
    })
}

fn part_length() -> usize {
    usize::try_from(PART_BYTES).unwrap_or(usize::MAX)
}

fn place(id: JobId, number: i32) -> String {
    format!("export_part/{id}/{number}")
}

async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Broken> + Send + 'static,
) -> Result<T, Broken> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Broken::Unfinished)?
}
