//! The post: who letters are from, where their links lead, and how they leave.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::compose::{Enclosed, Sender, Unwritable, compose, mailbox};
use super::letter::{LetterKind, LetterLanguage};
use super::texts::Written;
use super::transport::{self, Transport, Trouble, sweep};
use crate::config::{self, Config, MailTransport};
use crate::text::{Email, ParticipantCode, PersonName};

/// Sends letters. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Post(Arc<Inner>);

struct Inner {
    transport: Transport,
    sender: Sender,
    base_url: String,
    settings: config::Mail,
}

/// Why letters could not leave as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum PostFault {
    /// An address of ours that mail does not know.
    #[error("mail.sender and mail.reply_to: an address like desk@ceremony.example is expected")]
    Sender(#[from] Unwritable),
    /// The server.
    #[error(transparent)]
    Server(#[from] transport::Unusable),
}

/// Who reads a letter: found when it is sent.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// Their name.
    pub name: PersonName,
    /// Their address.
    pub email: Email,
    /// The language that they are written to in.
    pub language: LetterLanguage,
}

impl Post {
    /// Prepares to send as the settings say. Nothing is sent or opened yet.
    pub fn open(config: &Config, data_dir: &Path) -> Result<Self, PostFault> {
        let settings = config.mail.clone();
        let transport = match settings.transport {
            MailTransport::Directory => Transport::Directory(data_dir.join("mail")),
            MailTransport::Console => Transport::Console,
            MailTransport::Smtp => Transport::Smtp(transport::open_smtp(&settings.smtp)?),
        };
        let sender = Sender {
            from: mailbox(Some(settings.sender_name.as_str()), &settings.sender)?,
            reply_to: mailbox(None, &settings.reply_to)?,
        };
        // Never from a request, whose Host header anyone can forge.
        let base_url = config.server.base_url.as_ref().map_or_else(
            || format!("http://{}", config.server.listen),
            |url| url.as_str().to_owned(),
        );
        Ok(Self(Arc::new(Inner { transport, sender, base_url, settings })))
    }

    /// Whether letters reach whom they are for and nobody else: the answer to whoever invites then shows no code.
    #[must_use]
    pub fn reaches_people(&self) -> bool {
        matches!(self.0.transport, Transport::Smtp(_))
    }

    /// Whether the mail server lets us in now; nothing is sent. None where letters leave by another way.
    pub async fn reaches_server(&self) -> Option<Result<(), Trouble>> {
        match &self.0.transport {
            Transport::Smtp(connections) => Some(transport::knock(connections).await),
            Transport::Directory(_) | Transport::Console => None,
        }
    }

    /// How the worker is to go about it.
    #[must_use]
    pub fn settings(&self) -> &config::Mail {
        &self.0.settings
    }

    /// Where a letter's reader goes on. No link holds a code: links end up in logs and histories.
    #[must_use]
    pub fn link(&self, kind: LetterKind, participant: Option<&ParticipantCode>) -> String {
        let pages = &self.0.settings.pages;
        let page = match kind {
            LetterKind::Invitation | LetterKind::FocalPointInvitation => &pages.invitation,
            LetterKind::PasswordReset => &pages.password_reset,
            LetterKind::PasswordChanged
            | LetterKind::PasswordGiven
            | LetterKind::GivenPasswordUsed
            | LetterKind::FactorChanged
            | LetterKind::IdentityChanged
            | LetterKind::ReportEnclosed
            | LetterKind::ExportScheduleStopped
            | LetterKind::Announcement => &pages.account,
            LetterKind::DelegationSubmitted
            | LetterKind::DelegationReturned
            | LetterKind::DelegationAccepted
            | LetterKind::DelegationRejected
            | LetterKind::MembersDecided
            | LetterKind::FullPowersDecided
            | LetterKind::AppointmentMade
            | LetterKind::AppointmentCancelled
            | LetterKind::SideEventDecided
            | LetterKind::CoSponsorAsked
            | LetterKind::SideEventPlaced
            | LetterKind::ProgrammeMoved
            | LetterKind::SeatsOffered => &pages.delegation,
        };
        let page = page.of(participant.map_or("", ParticipantCode::as_str));
        format!("{}{page}", self.0.base_url)
    }

    /// Sends a letter, and a file with it where there is one, in no more than half of the time for which the worker has it.
    pub async fn send(
        &self,
        id: Uuid,
        reader: &Addressee,
        letter: &Written,
        written_at: DateTime<Utc>,
        enclosed: Option<Enclosed>,
    ) -> Result<(), Trouble> {
        let readers = (&reader.name, &reader.email);
        let message = compose(&self.0.sender, readers, (letter, enclosed), id, written_at);
        let message = message.map_err(|Unwritable| Trouble::Unwritable)?;
        let patience = Duration::from_secs(self.0.settings.lease_seconds.get().into()) / 2;
        let sent = tokio::time::timeout(patience, self.0.transport.send(id, message)).await;
        sent.unwrap_or(Err(Trouble::Slow))
    }

    /// Takes away letters that left as files and have lain there for as long as they may. Says how many.
    pub async fn sweep(&self, now: DateTime<Utc>) -> std::io::Result<usize> {
        let Transport::Directory(directory) = &self.0.transport else { return Ok(0) };
        let directory = directory.clone();
        let days = u64::from(self.0.settings.keep_files_days.get());
        let keep = Duration::from_hours(24 * days);
        let swept = tokio::task::spawn_blocking(move || sweep(&directory, now.into(), keep));
        swept.await.map_err(std::io::Error::other)?
    }
}
