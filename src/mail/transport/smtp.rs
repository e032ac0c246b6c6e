//! SMTP: over a few connections that are kept, encrypted unless somebody said otherwise.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::Trouble;
use crate::config::{Security, Smtp};

/// The connections to a server, which are made when they are needed.
pub type Connections = AsyncSmtpTransport<Tokio1Executor>;

/// Why a server cannot be used as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Nobody said which.
    #[error("mail.transport is smtp, and mail.smtp.host is empty")]
    NoHost,
    /// One half of what lets us in.
    #[error("mail.smtp.user and mail.smtp.password go together")]
    HalfCredentials,
    /// A password would go over the wire for all to read.
    #[error(
        "mail.smtp.password is given and mail.smtp.security is none: whoever listens would read it"
    )]
    BareCredentials,
    /// The authority's certificate.
    #[error("the certificate in mail.smtp.ca_file cannot be read: {0}")]
    Certificate(Box<dyn StdError + Send + Sync>),
    /// TLS itself.
    #[error("TLS cannot be set up for mail: {0}")]
    Tls(Error),
}

/// Prepares the connections, and makes none yet.
pub fn open(settings: &Smtp) -> Result<Connections, Unusable> {
    if settings.host.is_empty() {
        return Err(Unusable::NoHost);
    }
    let tls = match settings.security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(parameters(settings)?),
        Security::Tls => Tls::Wrapper(parameters(settings)?),
    };
    let timeout = Duration::from_secs(settings.timeout_seconds.get().into());
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(timeout))
        .pool_config(PoolConfig::new().max_size(settings.connections.get()));
    match (settings.user.as_str(), &settings.password) {
        ("", None) => {}
        ("", Some(_)) | (_, None) => return Err(Unusable::HalfCredentials),
        _ if settings.security == Security::None => return Err(Unusable::BareCredentials),
        (user, Some(password)) => {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.to_owned(), password));
        }
    }
    Ok(builder.build())
}

fn parameters(settings: &Smtp) -> Result<TlsParameters, Unusable> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|error| Unusable::Certificate(error.into()))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| Unusable::Certificate(error.into()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(Unusable::Tls)
}

/// Sends a letter; done once the server has said that it has it.
pub async fn send(connections: &Connections, message: Message) -> Result<(), Trouble> {
    connections.send(message).await.map(drop).map_err(|error| {
        let trouble = class(&error);
        // The server's words may name the reader: its number is enough.
        let code = error.status().map(|status| status.to_string());
        tracing::debug!(code, %trouble, "the mail server did not take a letter");
        trouble
    })
}

/// Whether the server lets us in now, and answers.
pub async fn knock(connections: &Connections) -> Result<(), Trouble> {
    match connections.test_connection().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Trouble::Deferred),
        Err(error) => Err(class(&error)),
    }
}

/// What a failure means for the letter. What is wrong with us, and not with it, mends: a refused password, a server that
/// takes no mail from here.
fn class(error: &Error) -> Trouble {
    if let Some(status) = error.status() {
        let code: u16 = status.into();
        return match code {
            530 | 534 | 535 | 538 => Trouble::Credentials,
            501 | 550 | 551 | 552 | 553 | 555 => Trouble::Refused,
            _ => Trouble::Deferred,
        };
    }
    if error.is_tls() || is_of_a_handshake(error) {
        Trouble::Tls
    } else if error.is_timeout() {
        Trouble::Slow
    } else if error.is_client() {
        Trouble::Unsupported
    } else {
        Trouble::Unreachable
    }
}

/// Whether a handshake failed, which the library takes for a connection that broke.
fn is_of_a_handshake(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(within) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && within.is::<rustls::Error>()
        {
            return true;
        }
        cause = error.source();
    }
    false
}
