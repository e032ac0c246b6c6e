//! How letters leave: into a directory, to standard output, or over SMTP.

mod directory;
mod smtp;

use std::io::Write as _;
use std::path::PathBuf;

use lettre::Message;
use uuid::Uuid;

pub(super) use directory::sweep;
pub use smtp::Unusable;
pub(super) use smtp::{knock, open as open_smtp};

use crate::text::choices;

choices! {
    /// What went wrong with a letter. The server's own words may name its reader, and are not kept.
    Trouble {
        /// Nobody answers, or the connection broke.
        Unreachable = "unreachable",
        /// The answer took too long.
        Slow = "slow",
        /// The connection could not be made private, or the other side is not who it should be.
        Tls = "tls",
        /// The server does not let us in.
        Credentials = "credentials",
        /// The server lacks what is needed: encryption, a way to log in, addresses in other scripts.
        Unsupported = "unsupported",
        /// The server says: later.
        Deferred = "deferred",
        /// The server does not want this letter, or does not know its reader.
        Refused = "refused",
        /// It cannot be written down: its address, or its text.
        Unwritable = "unwritable",
        /// What it carries cannot be opened.
        Unopened = "unopened",
        /// The directory cannot be written to.
        Storage = "storage",
    }
}

impl Trouble {
    /// Whether it will be the same however often it is tried.
    #[must_use]
    pub fn is_for_good(self) -> bool {
        matches!(self, Self::Refused | Self::Unwritable | Self::Unopened)
    }
}

/// A way out.
#[derive(Clone)]
pub(super) enum Transport {
    /// A file for each letter.
    Directory(PathBuf),
    /// Standard output.
    Console,
    /// A server.
    Smtp(smtp::Connections),
}

impl Transport {
    /// Hands a letter over. Once this answers, whoever was handed the letter has it.
    pub async fn send(&self, id: Uuid, message: Message) -> Result<(), Trouble> {
        match self {
            Self::Directory(directory) => {
                directory::write(directory.clone(), id, message.formatted()).await
            }
            Self::Console => {
                let text = String::from_utf8_lossy(&message.formatted()).replace("\r\n", "\n");
                let shown = writeln!(std::io::stdout().lock(), "\n{text}");
                shown.map_err(|_| Trouble::Storage)
            }
            Self::Smtp(connections) => smtp::send(connections, message).await,
        }
    }
}
