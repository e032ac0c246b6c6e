//! `ceremony witness`: a witness of other people's logs.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::config::Origin;
use crate::db::Clock;
use crate::ledger::Verifier;
use crate::witness;

/// Which logs are watched, and by whom.
#[derive(Args)]
pub struct Witness {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where its key and what it has seen are kept: on no disk of the logs.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The name of its key, for ever: an address without a scheme, as witness.example/one.
    #[arg(long, value_parser = Origin::parse)]
    name: Origin,
    /// The verifier key of a log, as `ceremony ledger key` prints it; once for each log.
    #[arg(long, value_name = "KEY", value_parser = Verifier::parse, required = true)]
    log: Vec<Verifier>,
}

/// Runs it until it is told to stop.
pub async fn run(wanted: Witness) -> Outcome {
    let Witness { listen, dir, name, log } = wanted;
    let listener =
        TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let address = listener.local_addr()?;
    let witness = witness::Witness::open(&dir, &name, log, Clock::System)?;
    println!("Key        {}", witness.cosigner());
    println!("Witness    http://{address}");
    Ok(witness::serve(witness, listener).await?)
}
