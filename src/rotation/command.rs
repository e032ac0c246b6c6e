//! The exchange from the command line.

use std::error::Error as StdError;

use clap::Subcommand;
use serde::Serialize;

use super::{Exchanged, Standing, rotate, standing};
use crate::config::Config;
use crate::rehearsal::Telling;
use crate::server::Source;
use crate::vault::Vault;

/// What is to be done about the key.
#[derive(Subcommand)]
pub enum Command {
    /// Makes the next key, where there is none yet: to be copied to the other machines before it is put in force.
    Prepare,
    /// Puts the next key in force and seals anew what is sealed under the old one. Broken off, it goes on where it was.
    Rotate {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Says which key is in force, and what is sealed under another one.
    Status {
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// Does it, and says what there is to say.
pub async fn run(config: Config, command: Command) -> Result<String, Box<dyn StdError>> {
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let key_file = source.key_file();
    let app = source.open(config).await?;
    let said = match command {
        Command::Prepare => {
            Vault::prepare(&key_file)?;
            "keys/field.next.key is made. Copy it to every machine, then: ceremony keys rotate"
                .to_owned()
        }
        Command::Rotate { json } => {
            let done = rotate(&app.db, &key_file, Telling::Aloud).await?;
            told(&done, json, Exchanged::sentence)?
        }
        Command::Status { json } => told(&standing(&app.db).await?, json, Standing::table)?,
    };
    app.db.close().await;
    Ok(said)
}

fn told<T: Serialize>(
    value: &T,
    for_programs: bool,
    in_words: fn(&T) -> String,
) -> serde_json::Result<String> {
    if for_programs { serde_json::to_string_pretty(value) } else { Ok(in_words(value)) }
}

impl Exchanged {
    fn sentence(&self) -> String {
        let Self { in_force, resealed, old_key } = self;
        let values: usize = resealed.values().sum();
        let old_key = old_key.as_ref().map_or_else(String::new, |path| {
            format!(
                "\nThe old key is {}: dumps from before need it. Keep it with them, not here.",
                path.display()
            )
        });
        format!(
            "The key {in_force} is in force; {values} values were sealed anew. Back up keys/field.key.{old_key}"
        )
    }
}

impl Standing {
    fn table(&self) -> String {
        let rows = self.under_it.iter().map(|(table, ours)| {
            let others = self.under_another.get(table).unwrap_or(&0);
            format!("{table:16} {ours:>10} {others:>10}")
        });
        let rows: Vec<_> = rows.collect();
        let titles = format!("{:16} {:>10} {:>10}", "", "under it", "others");
        format!("In force: {}\n{titles}\n{}", self.in_force, rows.join("\n"))
    }
}
