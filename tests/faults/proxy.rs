//! A way to the database that can be made slow, or lead nowhere, while nobody is told.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// How the way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Everything passes.
    Open,
    /// Everything passes, each piece after a while.
    Slow(Duration),
    /// Nothing passes, and nothing is closed: neither end learns of it.
    Blocked,
}

/// The proxy, for as long as this is kept.
pub struct Proxy {
    /// Where the service believes its database to be.
    pub address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
    /// Connections of earlier generations lead nowhere for ever.
    generation: Arc<watch::Sender<u32>>,
}

impl Proxy {
    /// Leads to the server that listens at a socket.
    pub async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::channel(Way::Open).0);
        let generation = Arc::new(watch::channel(0).0);
        let (ways, generations) = (Arc::clone(&way), Arc::clone(&generation));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (socket, way) = (socket.clone(), ways.subscribe());
                let generation = generations.subscribe();
                tokio::spawn(async move {
                    // Where it ends is seen at both ends.
                    let _ = carry(client, socket, way, generation).await;
                });
            }
        });
        Self { address, way, generation }
    }

    /// Makes the way so.
    pub fn make(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Leaves every connection that there is hanging, as a machine that was unplugged does. New ones pass.
    pub fn strand(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }
}

async fn carry(
    client: TcpStream,
    socket: PathBuf,
    way: watch::Receiver<Way>,
    generation: watch::Receiver<u32>,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let born = *generation.borrow();
    let mut own = Own { way, born, generation };
    own.passes().await;
    let server = UnixStream::connect(socket.join(".s.PGSQL.5432")).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        there = pour(from_client, to_server, own.clone()) => there,
        back = pour(from_server, to_client, own) => back,
    }
}

/// What one connection knows of the way.
#[derive(Clone)]
struct Own {
    way: watch::Receiver<Way>,
    born: u32,
    generation: watch::Receiver<u32>,
}

impl Own {
    /// Returns when something may pass, which for one that was left hanging is never.
    async fn passes(&mut self) {
        if *self.generation.borrow() != self.born {
            std::future::pending::<()>().await;
        }
        let open = self.way.wait_for(|way| *way != Way::Blocked).await.map(|way| *way);
        if let Ok(Way::Slow(pause)) = open {
            let _ = timeout(pause, std::future::pending::<()>()).await;
        }
    }
}

async fn pour(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut own: Own,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        own.passes().await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
    }
}
