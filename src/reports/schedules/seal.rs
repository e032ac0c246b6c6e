//! What leaves, as it leaves: as it was made, or encrypted to its recipients in the format of age (C2SP).

use std::fs::File;
use std::io::{self, Write};
use std::pin::pin;

use actix_web::web::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use tokio::sync::mpsc;

use super::destination::Stuck;
use super::model::Recipient;
use crate::reports::export::Broken;

/// How many pieces may wait for the disk.
const PIECES_AHEAD: usize = 2;

/// What comes piece by piece; none is its end, without which it is not whole.
type Pieces = mpsc::Receiver<Option<Bytes>>;

/// Writes what comes into a file, off the reactor; durable when this returns.
pub async fn write(
    content: impl Stream<Item = Result<Bytes, Broken>>,
    recipients: &[Recipient],
    mut file: File,
) -> Result<File, Stuck> {
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    let recipients = recipients.to_vec();
    let writing = tokio::task::spawn_blocking(move || {
        put(&mut file, &recipients, receiver)?;
        file.sync_all()?;
        Ok::<_, io::Error>(file)
    });
    let mut content = pin!(content);
    loop {
        let piece = content.try_next().await?;
        let is_last = piece.is_none();
        // Where the other side is gone, it says why.
        if sender.send(piece).await.is_err() || is_last {
            break;
        }
    }
    Ok(writing.await.map_err(io::Error::other)??)
}

fn put(file: &mut File, recipients: &[Recipient], pieces: Pieces) -> io::Result<()> {
    if recipients.is_empty() {
        return copy(file, pieces);
    }
    let keys = recipients.iter().map(|key| key.as_str().parse::<age::x25519::Recipient>());
    let keys = keys.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
    let keys = keys.iter().map(|key| -> &dyn age::Recipient { key });
    let encryptor = age::Encryptor::with_recipients(keys).map_err(io::Error::other)?;
    let mut sealed = encryptor.wrap_output(file)?;
    copy(&mut sealed, pieces)?;
    sealed.finish().map(drop)
}

fn copy(to: &mut dyn Write, mut pieces: Pieces) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Some(bytes) => to.write_all(&bytes)?,
            None => return Ok(()),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}
