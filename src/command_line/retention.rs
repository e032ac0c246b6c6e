//! `ceremony retention`: what is kept of people, and what is forgotten.

use clap::Subcommand;

use super::Outcome;
use crate::config::Config;
use crate::retention;
use crate::server::Source;

/// What is asked about what is kept of people.
#[derive(Subcommand)]
pub enum RetentionCommand {
    /// Forgets what is past its day and not under a legal hold.
    Run {
        /// Only says of how many members something would be forgotten.
        #[arg(long)]
        dry_run: bool,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Says what is still held of people: of each thing what for, until when, and in how many rows.
    Report {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// Does what is asked about what is kept of people.
pub async fn run(config: Config, command: RetentionCommand) -> Outcome {
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let app = source.open(config).await?;
    match command {
        RetentionCommand::Run { dry_run, json } => {
            let outcome = retention::run(&app.db, &app.papers, &app.ceremony, dry_run).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&outcome)?);
            } else {
                println!("{}", outcome.sentence(dry_run));
            }
        }
        RetentionCommand::Report { json } => {
            let report = retention::report(&app.db, &app.ceremony).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                println!("{}", report.table());
            }
        }
    }
    app.db.close().await;
    Ok(())
}
