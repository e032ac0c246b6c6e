//! `ceremony doctor`: what is not as it should be, and what to do about it.

use clap::Args;
use serde_json::json;

use super::Outcome;
use crate::config::Config;
use crate::doctor::{Verdict, examine};

/// Looks at everything.
#[derive(Args)]
pub struct Doctor {
    /// For programs.
    #[arg(long)]
    json: bool,
}

/// Looks at everything. What is wrong is an error; what should be looked at is none.
pub async fn run(config: Config, Doctor { json: is_json }: Doctor) -> Outcome {
    let found = examine(&config).await;
    if is_json {
        println!("{}", serde_json::to_string_pretty(&json!({ "findings": found }))?);
    } else {
        for finding in &found {
            println!("{finding}");
        }
    }
    let wrong = found.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} of it is wrong").into()) }
}
