//! `ceremony ledger`: the ledger's public key, and the verifier.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Outcome;
use crate::audit;
use crate::config::Config;
use crate::http::App;
use crate::ledger::verify::{self, Compared};
use crate::ledger::{self, Findings, Log, Order, Verifier};
use crate::server::Source;
use crate::text::Reason;
use crate::treaty;

/// What can be done with the ledger from the server, or from anywhere with a bundle.
#[derive(Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, for as long as the program is told what to do"
)]
pub enum LedgerCommand {
    /// Prints the verifier key: what everybody needs to check receipts, checkpoints and bundles.
    Key {
        /// That of the audit trail's log, instead of the record's.
        #[arg(long)]
        audit: bool,
    },
    /// Lets nothing be added to the record: until it is thawed, or for good.
    Freeze {
        /// Why; it is kept.
        #[arg(long, value_parser = Reason::parse)]
        reason: Reason,
        /// It is never thawed.
        #[arg(long)]
        for_good: bool,
    },
    /// Lets the record go on.
    Thaw {
        /// Why; it is kept.
        #[arg(long, value_parser = Reason::parse)]
        reason: Reason,
    },
    /// Looks at every entry of the record and of the audit trail, and says which is not as it was signed.
    Verify(Verify),
}

/// What is looked at.
#[derive(Args)]
pub struct Verify {
    /// A bundle, as GET /api/v1/ledger/bundle gives it, instead of the database.
    #[arg(long, value_name = "FILE", requires = "key")]
    bundle: Option<PathBuf>,
    /// Two signed checkpoints, held against each other.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "bundle", requires = "key")]
    compare: Option<Vec<PathBuf>>,
    /// The verifier key that `ceremony ledger key` prints.
    #[arg(long, value_name = "KEY", value_parser = Verifier::parse)]
    key: Option<Verifier>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Runs it. What is not as it was signed is an error.
pub async fn run(config: Config, command: LedgerCommand) -> Outcome {
    match command {
        LedgerCommand::Key { audit } => {
            let (_server, app) = opened(config).await?;
            let ledger = if audit { &app.audit } else { &app.ledger };
            let verifier = ledger.verifier().ok_or("there is no key that can be used")?;
            println!("{verifier}");
            app.db.close().await;
            Ok(())
        }
        LedgerCommand::Freeze { reason, for_good } => {
            let order = if for_good { Order::Closed } else { Order::Frozen };
            ordered(config, order, &reason).await
        }
        LedgerCommand::Thaw { reason } => ordered(config, Order::Thawed, &reason).await,
        LedgerCommand::Verify(Verify { compare: Some(files), key: Some(key), json, .. }) => {
            compare(&files, &key, json)
        }
        LedgerCommand::Verify(Verify { bundle: Some(file), key: Some(key), json, .. }) => {
            let bundle =
                File::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            told(&verify::bundle(BufReader::new(bundle), &key)?, json)
        }
        LedgerCommand::Verify(Verify { key, json, .. }) => {
            let (_server, app) = opened(config).await?;
            let verifier = key.as_ref().or_else(|| app.ledger.verifier());
            let verifier = verifier.ok_or("there is no key that can be used; name one by --key")?;
            let findings = treaty::verify(&app.db, verifier, &app.ceremony).await?;
            let trail = match app.audit.verifier() {
                Some(verifier) => Some(audit::verify(&app.db, verifier).await?),
                None => None,
            };
            app.db.close().await;
            both_told(&findings, trail.as_ref(), json)
        }
    }
}

async fn ordered(config: Config, order: Order, reason: &Reason) -> Outcome {
    let (_server, app) = opened(config).await?;
    ledger::order(&app.db, Log::Treaty, order, reason).await?;
    app.db.close().await;
    println!("The record is {order}.");
    Ok(())
}

/// What is asked, with the server of its database, which ends with whoever uses it last: it is held for as long as that takes.
async fn opened(config: Config) -> Result<(Source, App), Box<dyn std::error::Error>> {
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let app = source.open(config).await?;
    Ok((source, app))
}

/// The record's findings, with the trail's beside them; none of those where there is no key.
fn both_told(findings: &Findings, trail: Option<&Findings>, is_json: bool) -> Outcome {
    if is_json {
        let mut both = serde_json::to_value(findings)?;
        if let Some(members) = both.as_object_mut() {
            members.insert("audit".to_owned(), json!(trail));
        }
        println!("{}", serde_json::to_string_pretty(&both)?);
    } else {
        println!("The record: {findings}");
        match trail {
            Some(trail) => println!("The audit trail: {trail}"),
            None => {
                println!("The audit trail was not looked at: there is no key that can be used.");
            }
        }
    }
    let is_sound = findings.faults.is_empty() && trail.is_none_or(|trail| trail.faults.is_empty());
    if is_sound { Ok(()) } else { Err("the ledger is not as it was signed".into()) }
}

fn told(findings: &Findings, is_json: bool) -> Outcome {
    if is_json {
        println!("{}", serde_json::to_string_pretty(findings)?);
    } else {
        println!("{findings}");
    }
    if findings.faults.is_empty() {
        Ok(())
    } else {
        Err("the ledger is not as it was signed".into())
    }
}

fn compare(files: &[PathBuf], key: &Verifier, is_json: bool) -> Outcome {
    let read = |file: &Path| {
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
    };
    let [one, other] = files else { return Err("two checkpoints are compared".into()) };
    let (one, other) = (read(one)?, read(other)?);
    let compared = verify::compare(&one, &other, key)?;
    let (says, sizes) = match compared {
        Compared::Same(at) => ("same", [at.size, at.size]),
        Compared::Apart(one, other) => ("apart", [one.size, other.size]),
        Compared::Equivocation(one, other) => ("equivocation", [one.size, other.size]),
    };
    let is_evidence = says == "equivocation";
    if is_json {
        let evidence = is_evidence.then_some([&one, &other]);
        println!(
            "{}",
            serde_json::to_string_pretty(
                &json!({ "compared": says, "sizes": sizes, "evidence": evidence })
            )?
        );
    } else {
        println!("{}", sentence(&compared));
        if is_evidence {
            println!("\n{one}\n{other}");
        }
    }
    if is_evidence { Err("one key has signed two histories".into()) } else { Ok(()) }
}

fn sentence(compared: &Compared) -> String {
    match compared {
        Compared::Same(at) => format!("Both are signed and say the same of {} entries.", at.size),
        Compared::Apart(one, other) => format!(
            "Both are signed, of {} and of {} entries: GET /api/v1/ledger/proofs/consistency proves whether one grew out of the other.",
            one.size, other.size
        ),
        Compared::Equivocation(one, _) => {
            format!(
                "Evidence: two checkpoints of {} entries with different roots, both signed by {}.",
                one.size, "this key"
            )
        }
    }
}
