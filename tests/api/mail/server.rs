//! A mail server on loopback, which can be killed: the protocol is a library's, the sockets are ours.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use mailin::response::{NO_MAILBOX, OK};
use mailin::{Action, Handler, Response, SessionBuilder};
use mailparse::{MailHeaderMap as _, parse_mail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a server does that goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trouble {
    /// Dies over this letter, counted from 1: it has it, and does not say so any more.
    pub dies_over: Option<usize>,
    /// Knows nobody.
    pub knows_nobody: bool,
    /// Says "later" to everything.
    pub is_full: bool,
}

/// A letter as the server got it.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: Vec<String>,
    pub bytes: Vec<u8>,
}

impl Received {
    /// A header, decoded.
    pub fn header(&self, name: &str) -> String {
        parse_mail(&self.bytes).unwrap().headers.get_first_value(name).unwrap_or_default()
    }
}

type Inbox = Arc<Mutex<Vec<Received>>>;

/// A server that runs.
pub struct MailServer {
    pub port: u16,
    inbox: Inbox,
    running: JoinHandle<()>,
}

impl MailServer {
    /// A server on a free port.
    pub async fn start(trouble: Trouble) -> Self {
        Self::listen(0, Inbox::default(), trouble).await
    }

    /// The same server again, on its port and with its letters, after it died or was killed.
    pub async fn restart(self, trouble: Trouble) -> Self {
        self.running.abort();
        // What it was doing is over before it begins anew, and its port is free.
        let _ = self.running.await;
        Self::listen(self.port, self.inbox, trouble).await
    }

    /// Kills it: every connection breaks where it stands.
    pub async fn kill(&mut self) {
        self.running.abort();
        let _ = (&mut self.running).await;
    }

    /// What it has got.
    pub fn letters(&self) -> Vec<Received> {
        self.inbox.lock().unwrap().clone()
    }

    /// How often it got a letter of each `Message-ID`.
    pub fn ids(&self) -> BTreeMap<String, usize> {
        let mut ids = BTreeMap::new();
        for letter in self.letters() {
            *ids.entry(letter.header("Message-ID")).or_default() += 1;
        }
        ids
    }

    async fn listen(port: u16, inbox: Inbox, trouble: Trouble) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let running = tokio::spawn(accept(listener, Arc::clone(&inbox), trouble));
        Self { port, inbox, running }
    }
}

/// Talks to whoever comes, until it is killed or dies. With it go all its conversations.
async fn accept(listener: TcpListener, inbox: Inbox, trouble: Trouble) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                conversations.spawn(converse(stream, Arc::clone(&inbox), trouble));
            }
            Some(Ok(Dead(true))) = conversations.join_next() => return,
        }
    }
}

/// Whether the server died in a conversation.
struct Dead(bool);

async fn converse(stream: TcpStream, inbox: Inbox, trouble: Trouble) -> Dead {
    let clerk = Clerk { inbox: Arc::clone(&inbox), trouble, to: Vec::new(), bytes: Vec::new() };
    let mut session =
        SessionBuilder::new("mail.test.example").build(IpAddr::V4(Ipv4Addr::LOCALHOST), clerk);
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut response = session.greeting();
    loop {
        let is_over = response.action == Action::Close;
        if response.action != Action::NoReply {
            let died = trouble.dies_over.is_some_and(|last| inbox.lock().unwrap().len() >= last);
            if died {
                return Dead(true);
            }
            if write.write_all(&response.buffer().unwrap()).await.is_err() || is_over {
                return Dead(false);
            }
        }
        let mut line = Vec::new();
        match read.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return Dead(false),
            Ok(_) => response = session.process(&line),
        }
    }
}

/// Who takes letters in.
struct Clerk {
    inbox: Inbox,
    trouble: Trouble,
    to: Vec<String>,
    bytes: Vec<u8>,
}

impl Handler for Clerk {
    fn rcpt(&mut self, _to: &str) -> Response {
        match self.trouble {
            Trouble { knows_nobody: true, .. } => NO_MAILBOX,
            Trouble { is_full: true, .. } => Response::custom(452, "come back later".to_owned()),
            _ => OK,
        }
    }

    fn data_start(&mut self, _: &str, _: &str, _: bool, to: &[String]) -> Response {
        (self.to, self.bytes) = (to.to_vec(), Vec::new());
        OK
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let received =
            Received { to: std::mem::take(&mut self.to), bytes: std::mem::take(&mut self.bytes) };
        self.inbox.lock().unwrap().push(received);
        OK
    }
}
