//! PostgreSQL's own programs, which copy a database and put the copy back.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgConnection;
use tempfile::NamedTempFile;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::store;
use crate::db::embedded;
use crate::server::Source;

/// Who owns all that is copied, and sees every row of it.
const OWNER: &str = "--role=ceremony_owner";

/// Why a program of PostgreSQL did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It is not on this machine.
    #[error(
        "pg_dump and pg_restore of PostgreSQL {0} or newer were not found on this machine; they copy the database.\n  \
         Install them (Debian: apt install postgresql-client), or put them on the PATH."
    )]
    NotHere(u32),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The address of the database cannot be handed to it.
    #[error("the address of the database is none that PostgreSQL's programs understand")]
    Address,
    /// It could not be started, or spoken to.
    #[error("{0} could not be run: {1}")]
    Io(&'static str, #[source] io::Error),
    /// It ended otherwise than well; the first that it complained of.
    #[error("{0} failed: {1}")]
    Ended(&'static str, String),
}

/// Where those programs are that can copy this database: beside its server, or of its version or the next one anywhere on
/// this machine.
pub async fn programs(source: &Source, conn: &mut PgConnection) -> Result<PathBuf, Failed> {
    let (major, _) = store::server_version(conn).await?;
    let is_there = |folder: &&Path| folder.join("pg_dump").is_file();
    let own = source.bin_dir().filter(is_there).map(Path::to_owned);
    own.or_else(|| embedded::clients(major)).ok_or(Failed::NotHere(major))
}

/// The programs, and the database that they are to work on.
pub struct Programs {
    folder: PathBuf,
    address: String,
    /// What the address leaves out, in a file that only we can read: neither the list of processes nor an environment
    /// shows it.
    password: Option<NamedTempFile>,
}

impl Programs {
    /// Those that can copy this database.
    pub async fn of(source: &Source, conn: &mut PgConnection) -> Result<Self, Failed> {
        let folder = programs(source, conn).await?;
        let (address, password) = parted(source.owner_url())?;
        let password = password.map(|password| pass_file(&password)).transpose();
        let password = password.map_err(|error| Failed::Io("pg_dump", error))?;
        Ok(Self { folder, address, password })
    }

    /// Copies the database as a snapshot sees it, in the custom form.
    pub fn dump(&self, snapshot: &str) -> Result<Running, Failed> {
        let mut command = self.command("pg_dump");
        command.args(["--format=custom", "--lock-wait-timeout=60s", OWNER, "--snapshot", snapshot]);
        Running::start("pg_dump", command.stdin(Stdio::null()).stdout(Stdio::piped()))
    }

    /// Puts a copy back, the whole of it or nothing.
    pub fn restore(&self) -> Result<Running, Failed> {
        let mut command = self.command("pg_restore");
        command.args(["--no-owner", "--single-transaction", "--exit-on-error", OWNER]);
        Running::start("pg_restore", command.stdin(Stdio::piped()).stdout(Stdio::null()))
    }

    fn command(&self, program: &'static str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        // Of our own environment, which holds secrets, what these programs read and nothing else.
        let known =
            |name: &str| name.starts_with("PG") || ["PATH", "HOME", "TMPDIR"].contains(&name);
        let kept = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(known));
        command.env_clear().envs(kept).env("LC_ALL", "C").current_dir("/");
        if let Some(file) = &self.password {
            command.env("PGPASSFILE", file.path());
        }
        command.args(["--no-password", "--dbname", &self.address]);
        command
    }
}

/// One of the programs at work. It ends with this value.
pub struct Running {
    program: &'static str,
    child: Child,
    /// Heard while it works, or it would stop at a pipe that is full.
    complaints: tokio::task::JoinHandle<String>,
}

impl Running {
    fn start(program: &'static str, command: &mut Command) -> Result<Self, Failed> {
        let started = command.stderr(Stdio::piped()).kill_on_drop(true).spawn();
        let mut child = started.map_err(|error| Failed::Io(program, error))?;
        let stderr = child.stderr.take();
        let complaints = tokio::spawn(async move {
            let mut words = Vec::new();
            if let Some(mut stderr) = stderr {
                // What cannot be read was not said.
                let _ = stderr.read_to_end(&mut words).await;
            }
            String::from_utf8_lossy(&words).into_owned()
        });
        Ok(Self { program, child, complaints })
    }

    /// Its next bytes, as many as asked for unless they are the last ones; none at its end.
    pub async fn next(&mut self, most: usize) -> Result<Vec<u8>, Failed> {
        let mut bytes = Vec::with_capacity(most);
        if let Some(stdout) = &mut self.child.stdout {
            let mut stdout = stdout.take(u64::try_from(most).unwrap_or(u64::MAX));
            let read = stdout.read_to_end(&mut bytes).await;
            read.map_err(|error| Failed::Io(self.program, error))?;
        }
        Ok(bytes)
    }

    /// Gives it more to read. One that does not read any more has said why.
    pub async fn feed(&mut self, bytes: &[u8]) {
        use tokio::io::AsyncWriteExt as _;
        if let Some(stdin) = &mut self.child.stdin
            && stdin.write_all(bytes).await.is_err()
        {
            self.child.stdin = None;
        }
    }

    /// Waits for its end, which must be a good one.
    pub async fn end(mut self) -> Result<(), Failed> {
        drop(self.child.stdin.take());
        let status = self.child.wait().await.map_err(|error| Failed::Io(self.program, error))?;
        if status.success() {
            return Ok(());
        }
        let words = self.complaints.await.unwrap_or_default();
        let is_before = |line: &&str| !line.contains("error:");
        let told: Vec<&str> = words.lines().skip_while(is_before).take(3).collect();
        Err(Failed::Ended(self.program, told.join(" · ")))
    }
}

/// An address without its password, in the words of libpq, which may stand in a list of processes; and the password.
fn parted(url: &SecretString) -> Result<(String, Option<SecretString>), Failed> {
    let mut url = Url::parse(url.expose_secret()).map_err(|_| Failed::Address)?;
    let mut password = url.password().map(unescaped).transpose()?;
    url.set_password(None).map_err(|()| Failed::Address)?;
    let mut kept = Vec::new();
    for (name, value) in url.query_pairs() {
        match &*name {
            "password" => password = Some(value.into_owned()),
            // Our library's own.
            "statement-cache-capacity" => {}
            _ => kept.push((
                name.replace("ssl-root-cert", "sslrootcert").replace("ssl-", "ssl"),
                value.into_owned(),
            )),
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    // libpq takes a plus for a plus.
    let query = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(query.as_deref());
    Ok((url.into(), password.map(SecretString::from)))
}

/// The text behind `%41` and the like.
fn unescaped(text: &str) -> Result<String, Failed> {
    let pairs = format!("p={}", text.replace('+', "%2B"));
    let mut url = Url::parse("x://h").map_err(|_| Failed::Address)?;
    url.set_query(Some(&pairs));
    let value = url.query_pairs().next().map(|(_, value)| value.into_owned());
    value.ok_or(Failed::Address)
}

/// A file of passwords with this one for every server.
fn pass_file(password: &SecretString) -> io::Result<NamedTempFile> {
    let escaped = password.expose_secret().replace('\\', "\\\\").replace(':', "\\:");
    let mut file = NamedTempFile::new()?;
    writeln!(file, "*:*:*:*:{escaped}")?;
    file.flush()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, Option<String>) {
        let (address, password) = parted(&url.into()).unwrap();
        (address, password.map(|password| password.expose_secret().to_owned()))
    }

    #[test]
    fn no_password_stands_where_a_list_of_processes_shows_it() {
        let (address, password) = parts(
            "postgres://u:p%40s+%3A@db.example/ceremony?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        );
        assert_eq!(password.as_deref(), Some("p@s+:"));
        assert_eq!(
            address,
            "postgres://u@db.example/ceremony?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem"
        );
        let (address, password) =
            parts("postgres://u@h/d?password=hunter2&statement-cache-capacity=1&ssl-mode=require");
        assert_eq!(
            (address.as_str(), password.as_deref()),
            ("postgres://u@h/d?sslmode=require", Some("hunter2"))
        );
        let socket = "postgresql://postgres@%2Fvar%2Flib%2Frun:5432/postgres";
        assert_eq!(parts(socket), (socket.to_owned(), None));
    }

    #[test]
    fn a_password_is_written_as_a_file_of_passwords_wants_it() {
        let file = pass_file(&"a:b\\c".into()).unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "*:*:*:*:a\\:b\\\\c\n");
    }
}
