//! A load of its own: HTTP/1.1 over kept connections, with as little work as can be between two requests, so that
//! what is measured is the service and not its client.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A head of an answer that is longer is not one of ours.
const HEAD_MAX_BYTES: usize = 16 * 1024;

/// The load failed: what came back is not what is being measured.
#[derive(Debug, thiserror::Error)]
pub enum Overloaded {
    /// The connection.
    #[error("the connection failed under load: {0}")]
    Connection(#[from] std::io::Error),
    /// Another status.
    #[error("an answer under load was {status} instead of {wanted}: {body}")]
    Status {
        /// The status that came.
        status: u16,
        /// The status that is measured.
        wanted: u16,
        /// What it said.
        body: String,
    },
    /// Not HTTP, or not as the service speaks it.
    #[error("an answer under load could not be read")]
    Unreadable,
    /// No answer at all.
    #[error("nothing was answered in the time of a round")]
    Nothing,
}

/// What is asked of whom, again and again.
pub struct Load<'a> {
    /// The service.
    pub address: SocketAddr,
    /// Connections, each with one request at a time.
    pub clients: usize,
    /// For how long.
    pub lasting: Duration,
    /// The status that every answer has.
    pub wanted: u16,
    /// The bytes of a request; its number is never the same twice.
    pub request: &'a (dyn Fn(u64) -> Vec<u8> + Sync),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Answers in a second, of all clients together.
    pub per_second: f64,
    /// Half of the answers took no longer.
    pub median: Duration,
    /// Of a hundred answers, one took longer.
    pub slow: Duration,
}

impl Load<'_> {
    /// Runs for its time. `numbers` goes on counting from one load to the next.
    pub async fn run(&self, numbers: &AtomicU64) -> Result<Rate, Overloaded> {
        let began = Instant::now();
        let clients = (0..self.clients).map(|_| self.client(numbers, began + self.lasting));
        let mut times: Vec<Duration> = try_join_all(clients).await?.into_iter().flatten().collect();
        let took = began.elapsed();
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied();
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        let (median, slow) = at(50).zip(at(99)).ok_or(Overloaded::Nothing)?;
        Ok(Rate { per_second: f64::from(count) / took.as_secs_f64(), median, slow })
    }

    async fn client(
        &self,
        numbers: &AtomicU64,
        until: Instant,
    ) -> Result<Vec<Duration>, Overloaded> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut times = Vec::new();
        let mut buffer = Vec::with_capacity(64 * 1024);
        loop {
            let began = Instant::now();
            if began >= until {
                return Ok(times);
            }
            stream.write_all(&(self.request)(numbers.fetch_add(1, Ordering::Relaxed))).await?;
            let status = answer(&mut stream, &mut buffer).await?;
            if status != self.wanted {
                let body = String::from_utf8_lossy(&buffer).chars().take(2000).collect();
                return Err(Overloaded::Status { status, wanted: self.wanted, body });
            }
            times.push(began.elapsed());
        }
    }
}

/// Connections that ask another route.
const OTHERS: usize = 4;

/// What another route takes, the status of the treaty: alone, and beside what is done meanwhile.
pub async fn beside<T, E: From<Overloaded>>(
    address: SocketAddr,
    lasting: Duration,
    meanwhile: impl AsyncFnOnce() -> Result<T, E>,
) -> Result<(Rate, Rate, T), E> {
    let numbers = AtomicU64::new(0);
    let status = super::get("/api/v1/treaty/status", None);
    let read_status = |_: u64| status.clone();
    let load = Load { address, clients: OTHERS, lasting, wanted: 200, request: &read_status };
    // A first turn, which is not counted.
    load.run(&numbers).await?;
    let alone = load.run(&numbers).await?;
    let (crowded, done) = tokio::join!(load.run(&numbers), meanwhile());
    Ok((alone, crowded?, done?))
}

/// Reads one answer into the buffer, and says its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u16, Overloaded> {
    buffer.clear();
    let (status, whole) = loop {
        if let Some(head) = head(buffer) {
            break head;
        }
        if buffer.len() > HEAD_MAX_BYTES || stream.read_buf(buffer).await? == 0 {
            return Err(Overloaded::Unreadable);
        }
    };
    while buffer.len() < whole {
        if stream.read_buf(buffer).await? == 0 {
            return Err(Overloaded::Unreadable);
        }
    }
    Ok(status)
}

/// The status, and the length of the whole answer, once its head is there.
fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse().ok() } else { None }
    });
    Some((status, end + length.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_answer_is_known_from_its_head() {
        let whole = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\netag: \"1\"\r\n\r\n{}";
        assert_eq!(head(whole), Some((201, whole.len())));
        assert_eq!(head(&whole[..40]), None);
        assert_eq!(head(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, 27)));
    }
}
