//! The service that is measured: this program in a process of its own, as anybody starts it, with durable settings.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use zeroize::Zeroizing;

use super::Error;
use crate::rehearsal::Administrator;

/// A process of this program that listens.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Held, since who prints into a closed pipe dies of it.
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the program and waits for the line with its address.
    pub async fn start(command: &mut Command) -> Result<Self, Error> {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().ok_or(Error::Silent)?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            let address = line.split_once("http://").and_then(|(_, rest)| rest.trim().parse().ok());
            if let Some(address) = address {
                return Ok(Self { child, address, lines });
            }
        }
        Err(Error::Silent)
    }

    /// The service on a directory that it knows.
    pub async fn serve_again(program: &Path, data_dir: &Path) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.arg("--data-dir").arg(data_dir).args(["serve", "--listen", "127.0.0.1:0"]);
        // No budget of an account gets in the way of what one client alone asks for.
        for class in ["READS", "WRITES", "EXPORTS", "DESK", "STRANGERS"] {
            command.env(format!("CEREMONY__BUDGETS__{class}__BURST"), "1000000000");
            command.env(format!("CEREMONY__BUDGETS__{class}__PER_SECOND"), "1000000");
        }
        // Nor a wait of a ladder in the way of failures that are measured.
        for whose in ["ACCOUNT", "NETWORK"] {
            command.env(format!("CEREMONY__TRIES__{whose}__FREE_FAILURES"), "1000000");
        }
        // Its own database, whatever this shell has been told of another.
        command.env_remove("DATABASE_URL").env_remove("CEREMONY__DATABASE__URL");
        Self::start(&mut command).await
    }

    /// The service on a fresh directory, and its administrator with the one-time password that it prints.
    pub async fn serve(program: &Path, data_dir: &Path) -> Result<(Self, Administrator), Error> {
        let mut process = Self::serve_again(program, data_dir).await?;
        while let Some(line) = process.lines.next_line().await? {
            if let Some((before, password)) = line.split_once(" with the password ") {
                let email = before.split_whitespace().next_back().unwrap_or_default().to_owned();
                let password = Zeroizing::new(password.trim().to_owned());
                return Ok((process, Administrator { email, password }));
            }
        }
        Err(Error::Silent)
    }

    /// A line of the kernel's account of the process, in KiB: `VmRSS` now, `VmHWM` at most. Only Linux tells.
    pub fn memory_kib(&self, line: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let value = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'))?;
        value.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Lets what the kernel knows of the most memory begin anew from now; where it cannot, the most so far stands.
    pub fn forget_most_memory(&self) -> Result<(), Error> {
        let Some(id) = self.child.id() else { return Ok(()) };
        match std::fs::write(format!("/proc/{id}/clear_refs"), "5") {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            written => Ok(written?),
        }
    }

    /// Ends it as a power cut would: it is told nothing.
    pub async fn kill(mut self) -> Result<(), Error> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(mut self) -> Result<(), Error> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)
                .map_err(std::io::Error::from)?;
        }
        self.child.wait().await?;
        Ok(())
    }
}
