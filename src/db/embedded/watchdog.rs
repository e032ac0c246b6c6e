//! The watchdog: a small shell process that runs the server and stops it when its last user is gone.
//!
//! A pipe tells it: every process that uses the server holds a write end, which the kernel closes at its death, `kill -9`
//! included. A parent-death signal would not do, because it follows a thread and knows one parent only. The shell is
//! `/bin/sh`, so that a test binary needs no second program and macOS no other tool.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::OFlags;

use super::place::ServerUser;

const SCRIPT: &str = include_str!("watchdog.sh");

/// The names of the pipes start with this; the rest is the starter's process id, so that a watchdog that is late to
/// leave never touches its successor's pipe.
const PIPE_PREFIX: &str = "users-";

/// Counts as a user of the server that a living watchdog runs, or `None` when there is no such watchdog.
///
/// The caller is a user for as long as it holds the file.
pub(super) fn join(run_dir: &Path) -> Option<File> {
    pipes(run_dir).ok()?.iter().find_map(|pipe| open_write_end(pipe).ok())
}

/// Starts `server` under a watchdog; the returned file makes the caller its first user.
pub(super) fn spawn(
    run_dir: &Path,
    log: File,
    user: &ServerUser,
    server: &[String],
    stale: Option<i32>,
) -> io::Result<File> {
    for abandoned in pipes(run_dir)? {
        fs::remove_file(abandoned)?;
    }
    let name = format!("{PIPE_PREFIX}{}", std::process::id());
    let pipe = run_dir.join(&name);
    let made = user.command("mkfifo").arg("-m").arg("600").arg(&pipe).status()?;
    if !made.success() {
        return Err(io::Error::other(format!("mkfifo could not create {}", pipe.display())));
    }

    // A pipe without a reader cannot be opened for writing, and the other way round; this end breaks the circle.
    let _both = OpenOptions::new().read(true).custom_flags(nonblocking()).open(&pipe)?;
    let held = open_write_end(&pipe)?;
    let read_end = File::open(&pipe)?;

    let mut watchdog: Command = user.command("/bin/sh");
    watchdog.args(["-c", SCRIPT, "watchdog"]).arg(run_dir).arg(name).args(server);
    if let Some(pid) = stale {
        // The server takes the process named in a dead server's lock file for a rival when another process has got its
        // number since, as happens in containers. This variable is how the server is told that it is none; unlike
        // removing the lock file, it keeps the check for left-over children of the dead server.
        watchdog.env("PG_GRANDPARENT_PID", pid.to_string());
    }
    watchdog.stdin(read_end).stdout(log.try_clone()?).stderr(log).process_group(0).spawn()?;
    Ok(held)
}

fn pipes(run_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(run_dir)?.filter_map(Result::ok);
    Ok(entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PIPE_PREFIX))
        .map(|entry| entry.path())
        .collect())
}

/// Fails when nobody reads, which says that the watchdog is gone.
fn open_write_end(pipe: &Path) -> io::Result<File> {
    let mut end = OpenOptions::new().write(true).custom_flags(nonblocking()).open(pipe)?;
    end.write_all(b"\n")?;
    Ok(end)
}

fn nonblocking() -> i32 {
    OFlags::NONBLOCK.bits().cast_signed()
}
