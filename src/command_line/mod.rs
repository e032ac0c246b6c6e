//! The command line.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to who runs it"
)]

mod backup;
mod doctor;
mod export;
pub mod ledger;
mod report;
mod retention;
pub mod witness;

use std::io::{IsTerminal as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use self::ledger::LedgerCommand;
use self::retention::RetentionCommand;
use crate::access::{self, Invited, Role, Wanted};
use crate::bench;
use crate::ceremony::Ceremony;
use crate::config::{Config, Log, LogFormat};
use crate::outbox;
use crate::rehearsal::{self, Telling};
use crate::reports::Place;
use crate::reports::schedules::{self, Destinations, Dispatch};
use crate::server::{self, Source};
use crate::text::{Email, ParticipantCode, PersonName};
use crate::{rotation, secret};

/// The back end of a treaty signing ceremony.
#[derive(Parser)]
#[command(version, name = "ceremony")]
struct Arguments {
    /// A file of settings, instead of config/local.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the service keeps its data.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, for as long as the program is told what to do"
)]
enum Command {
    /// Runs the service. The default.
    Serve {
        /// Address and port; port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
    },
    /// Brings the database's schema up to date.
    Migrate,
    /// Prints the settings in force, without secrets.
    Config,
    /// Makes accounts and gives new passwords, from the server.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Replays the real ceremony over HTTP and compares the status with the real record. Started again after an
    /// interruption, it goes on where it was.
    Rehearse {
        /// A service that is running, instead of one with a database of the rehearsal's own.
        #[arg(long, requires_all = ["admin_email", "admin_password"])]
        url: Option<String>,
        /// The administrator of that service.
        #[arg(long, value_name = "EMAIL", requires = "url")]
        admin_email: Option<String>,
        /// Their password; a one-time password is replaced, by one that the state file has.
        #[arg(
            long,
            value_name = "PASSWORD",
            env = "CEREMONY_ADMIN_PASSWORD",
            hide_env_values = true
        )]
        admin_password: Option<String>,
        /// Where the rehearsal at a running service keeps what it must know when it is started again.
        #[arg(long, value_name = "FILE", requires = "url")]
        state: Option<PathBuf>,
        /// Ten members instead of 2,500.
        #[arg(long)]
        small: bool,
    },
    /// Measures a service of its own beside what does the same with less around it, and writes the result down.
    Bench {
        /// How often each thing is measured.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
        /// For how many seconds each time.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
        /// The page that the result is written into.
        #[arg(long, value_name = "FILE", default_value = "docs/performance.md")]
        page: PathBuf,
        /// Measures logins instead, and prints it: whether the time of a refusal tells which accounts there are, in so many
        /// rounds, and what 500 who log in at once do to others, for so many seconds.
        #[arg(long)]
        logins: bool,
        /// Only the ledger, with so many entries in it; the result is printed.
        #[arg(long, value_name = "ENTRIES", value_parser = clap::value_parser!(u64).range(1000..))]
        ledger: Option<u64>,
        /// Only a list of so many members, taken away in each format; the result is printed.
        #[arg(long, value_name = "MEMBERS", value_parser = clap::value_parser!(u32).range(1000..1_048_576))]
        exports: Option<u32>,
    },
    /// The other side of the measurement.
    #[command(hide = true)]
    BenchBare,
    /// Forgets what is past its day, and says what is still held.
    Retention {
        #[command(subcommand)]
        command: RetentionCommand,
    },
    /// Copies database, papers and keys into one archive, while the service goes on.
    Backup(backup::Backup),
    /// Puts a backup back where nothing is, and proves that all of it is there; or only tries it.
    Restore(backup::Restore),
    /// Looks at settings, database, keys, clock, disk, mail and backups, and says what to do about what is not as it should be.
    Doctor(doctor::Doctor),
    /// Exchanges the key under which every other key is wrapped, whether or not the service runs.
    Keys {
        #[command(subcommand)]
        command: rotation::Command,
    },
    /// The ledger: its public key, and the verifier.
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Writes a report into a file, or says which reports there are. The audit trail has it like any other export.
    Report(report::Report),
    /// Writes every report into a folder, with the hash of each.
    Export(export::Export),
    /// Watches other people's logs, on another machine than theirs: cosigns each checkpoint that grew out of the last one (C2SP
    /// tlog-witness).
    Witness(witness::Witness),
    /// Prints the description of the API (OpenAPI 3.1).
    Openapi,
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Makes an account and prints its first password.
    Create {
        /// The address that they log in with.
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        /// Their name.
        #[arg(long, value_parser = PersonName::parse)]
        name: PersonName,
        /// What they are for.
        #[arg(long, value_parser = Role::parse)]
        role: Role,
        /// For whom a focal point speaks.
        #[arg(long, value_parser = ParticipantCode::parse)]
        participant: Option<ParticipantCode>,
    },
    /// Gives an account a new first password and ends its logins.
    Reset {
        /// The address that they log in with.
        #[arg(long, value_parser = Email::parse)]
        email: Email,
    },
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The program: does what its arguments say, and answers how it ended. Here and not in `main.rs`, so that what it awaits
/// is compiled once, with the rest.
#[must_use]
pub fn main() -> ExitCode {
    secret::provide_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ceremony: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(Arguments::parse())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ceremony: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each command, all on one page")]
async fn run(arguments: Arguments) -> Outcome {
    let mut config = Config::load(arguments.config.as_deref())?;
    if arguments.data_dir.is_some() {
        config.database.data_dir = arguments.data_dir;
    }
    let command = arguments.command.unwrap_or(Command::Serve { listen: None });
    if let Command::Rehearse { .. } | Command::Bench { .. } = command {
        // A line for each of ten thousand requests would hide how far it is.
        config.log.filter = config.log.filter.or_less("warn");
    }
    log_to_stderr(&config.log);
    match command {
        Command::Serve { listen } => {
            config.server.listen = listen.unwrap_or(config.server.listen);
            serve(config).await
        }
        Command::Migrate => {
            let source = Source::find(&config).await?;
            source.migrate().await?;
            println!("The schema is up to date: {}.", source.describe());
            Ok(())
        }
        Command::Config => {
            print!("{}", config.display_without_secrets()?);
            Ok(())
        }
        Command::Account { command } => account(config, command).await,
        Command::Ledger { command } => Box::pin(ledger::run(config, command)).await,
        Command::Retention { command } => retention::run(config, command).await,
        Command::Report(wanted) => Box::pin(report::run(config, wanted)).await,
        Command::Export(wanted) => Box::pin(export::run(config, wanted)).await,
        Command::Backup(wanted) => Box::pin(backup::back_up(config, wanted)).await,
        Command::Restore(wanted) => Box::pin(backup::put_back(config, wanted)).await,
        Command::Doctor(wanted) => Box::pin(doctor::run(config, wanted)).await,
        Command::Keys { command } => {
            println!("{}", rotation::run(config, command).await?);
            Ok(())
        }
        Command::Rehearse { url: Some(url), admin_email, admin_password, state, small } => {
            let options = rehearsal::Options {
                state: state.unwrap_or_else(|| rehearsal::state_for(&url)),
                url,
                administrator: rehearsal::Administrator {
                    email: admin_email.unwrap_or_default(),
                    password: admin_password.unwrap_or_default().into(),
                },
                size: size(small),
                telling: Telling::Aloud,
            };
            let ceremony = Ceremony::load(config.ceremony.dir.as_deref())?;
            compared(&rehearsal::run(&ceremony, &options).await?)
        }
        Command::Rehearse { url: None, small, .. } => {
            compared(&rehearsal::at_home(config, size(small), Telling::Aloud).await?)
        }
        Command::Bench { rounds, seconds, logins: true, .. } => {
            measure_logins(&config, rounds, seconds).await
        }
        Command::Bench { ledger: Some(entries), .. } => {
            let place = rehearsal::beside(&config, "bench-ledger");
            println!("{}", bench::ledger::measure(&place, entries).await?);
            Ok(())
        }
        Command::Bench { exports: Some(members), rounds, seconds, .. } => {
            let ceremony = Ceremony::load(config.ceremony.dir.as_deref())?;
            let options = bench_options(&config, "bench-exports", rounds, seconds)?;
            println!("{}", bench::exports(&ceremony, &options, members).await?.markdown());
            Ok(())
        }
        Command::Bench { rounds, seconds, page, .. } => {
            measure(&config, rounds, seconds, &page).await
        }
        Command::BenchBare => Ok(bench::serve_bare().await?),
        Command::Witness(wanted) => witness::run(wanted).await,
        Command::Openapi => {
            // Whoever has read enough hangs up.
            let description = serde_json::to_string_pretty(&crate::routes::description())?;
            Ok(writeln!(std::io::stdout(), "{description}")?)
        }
    }
}

async fn serve(mut config: Config) -> Outcome {
    // The port first: whoever finds it taken should not wait for a database to learn it.
    let listener = TcpListener::bind(config.server.listen)
        .map_err(|e| format!("cannot listen on {}: {e}", config.server.listen))?;
    // Where nobody said what people see, they see this.
    config.server.listen = listener.local_addr()?;
    let source = Source::find(&config).await?;
    let _only = source.lock()?;
    println!("Database   {}", source.describe());
    source.migrate().await?;
    let app = source.open(config).await?;
    server::open_record(&app).await?;
    let first = server::first_administrator(&app).await?;
    let address = app.config.server.listen;
    let running = server::serve(app.clone(), listener)?;
    println!("Service    http://{address}");
    println!("Try it     http://{address}/docs/");
    if let Some(Invited { account, initial_password }) = first {
        println!("Log in as  {} with the password {initial_password}", account.email);
        println!("           It is shown this once and must be changed at the first login.");
    }
    let destinations = Destinations::open(&app.config.exports)?;
    let exports = Place { db: &app.db, ceremony: &app.ceremony, workshop: &app.workshop };
    let dispatch = Dispatch { place: exports, post: &app.post, destinations: &destinations };
    tokio::select! {
        ended = running => ended?,
        () = server::keep_house(&app) => {}
        () = outbox::work(&app.db, &app.post, &app.ceremony, &app.config.access) => {}
        () = Box::pin(server::keep_logs(&app)) => {}
        () = Box::pin(schedules::work(dispatch)) => {}
    }
    app.refusals.tell_counts(&app.db, true).await;
    app.db.close().await;
    Ok(())
}

async fn account(config: Config, command: AccountCommand) -> Outcome {
    let source = Source::find(&config).await?;
    source.migrate().await?;
    let app = source.open(config).await?;
    let Invited { account, initial_password } = match command {
        AccountCommand::Create { email, name, role, participant } => {
            let wanted = Wanted { email, name, role, participant };
            access::create_account_at_server(&app.db, &app.passwords, wanted).await?
        }
        AccountCommand::Reset { email } => {
            access::reset_password_at_server(&app.db, &app.passwords, &app.tries, &email).await?
        }
    };
    println!("{} ({}): the first password is {initial_password}", account.email, account.role);
    app.db.close().await;
    Ok(())
}

async fn measure_logins(config: &Config, rounds: u32, seconds: u64) -> Outcome {
    let options = bench::LoginOptions {
        program: std::env::current_exe()?,
        data_dir: rehearsal::beside(config, "bench-logins"),
        rounds,
        at_once: 500,
        lasting: Duration::from_secs(seconds),
    };
    println!("{}", bench::logins(&options).await?.markdown());
    Ok(())
}

fn bench_options(
    config: &Config,
    place: &str,
    rounds: u32,
    seconds: u64,
) -> std::io::Result<bench::Options> {
    Ok(bench::Options {
        program: std::env::current_exe()?,
        data_dir: rehearsal::beside(config, place),
        rounds,
        lasting: Duration::from_secs(seconds),
    })
}

async fn measure(config: &Config, rounds: u32, seconds: u64, page: &Path) -> Outcome {
    let ceremony = Ceremony::load(config.ceremony.dir.as_deref())?;
    let options = bench_options(config, "bench", rounds, seconds)?;
    let report = bench::run(&ceremony, &options).await?;
    println!("\n{}", report.markdown());
    Ok(report.write_into(page)?)
}

fn size(is_small: bool) -> rehearsal::Size {
    if is_small { rehearsal::Size::Small } else { rehearsal::Size::Full }
}

/// Prints the table; a rehearsal that does not end with the real record has failed.
fn compared(outcome: &rehearsal::Outcome) -> Outcome {
    println!("\n{}", outcome.table);
    if outcome.kept > 0 {
        println!("Acknowledged before this run and still there: {}", outcome.kept);
    }
    if outcome.differences.is_empty() {
        println!("Equal to the real record.");
        return Ok(());
    }
    Err(format!("not the real record:\n  {}", outcome.differences.join("\n  ")).into())
}

fn log_to_stderr(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(log.filter.filter())
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
