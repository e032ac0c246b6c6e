//! Making, starting and joining one database server.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::binaries::Binaries;
use super::place::Place;
use super::{Unavailable, settings, watchdog};

const POLL: Duration = Duration::from_millis(10);

/// Recovery after a crash replays at most a few minutes of work; another process may be doing that under the lock.
const PATIENCE_POLLS: u32 = 30_000;

/// An unwatched server usually is one that is stopping by itself.
const GRACE_POLLS: u32 = 100;

/// Deaths of the server in a row after which its start has failed; the left-overs of a killed server may cost one.
const DEATHS_ALLOWED: usize = 2;

/// Joins the server of `place` if it runs, else starts it; the caller is its user for as long as it holds the file.
pub(super) fn join_or_start(place: &Place, binaries: &Binaries) -> Result<File, Unavailable> {
    let _starting = lock(&place.root.join("start.lock"))?;
    if let Some(held) = join(place, binaries)? {
        return Ok(held);
    }
    if place.throwaway
        && (place.pg().join("postmaster.pid").exists()
            || place.data_major() != Some(binaries.major))
    {
        discard(place)?;
    }
    match start(place, binaries) {
        Err(_) if place.throwaway => {
            discard(place)?;
            start(place, binaries)
        }
        result => result,
    }
}

/// Waits for a lock that is held for the time of a start.
fn lock(path: &Path) -> Result<File, Unavailable> {
    let file = super::open_lock(path)?;
    for _ in 0..PATIENCE_POLLS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => sleep(POLL),
            Err(TryLockError::Error(error)) => return Err(Unavailable::at(path)(error)),
        }
    }
    Err(Unavailable::at(path)(io::Error::new(
        io::ErrorKind::TimedOut,
        "another process has been starting for too long",
    )))
}

/// `None` when no server runs. An unwatched one is given time to stop, then told to.
fn join(place: &Place, binaries: &Binaries) -> Result<Option<File>, Unavailable> {
    for poll in 0..PATIENCE_POLLS {
        if let Some(held) = watchdog::join(&place.run()) {
            wait_until_ready(place)?;
            return Ok(Some(held));
        }
        if running(place).is_none() {
            return Ok(None);
        }
        if poll == GRACE_POLLS
            && UnixStream::connect(place.socket_dir.join(".s.PGSQL.5432")).is_ok()
        {
            let mut stop = place.user.command(binaries.program("pg_ctl"));
            // The outcome shows in the next polls.
            let _ = stop
                .args(["stop", "--mode=fast", "--no-wait", "--silent", "-D"])
                .arg(place.pg())
                .status();
        }
        sleep(POLL);
    }
    Err(not_ready(place))
}

fn start(place: &Place, binaries: &Binaries) -> Result<File, Unavailable> {
    if place.data_major().is_none() {
        initialize(place, binaries)?;
    }
    let log_path = place.logs().join("startup.log");
    let log = File::create(&log_path).map_err(Unavailable::at(&log_path))?;
    let mut server =
        vec![text(&binaries.program("postgres"))?, "-D".to_owned(), text(&place.pg())?];
    server.extend(
        settings::command_line(place).into_iter().flat_map(|setting| ["-c".to_owned(), setting]),
    );

    let stale = lock_file(place).map(|(pid, _)| pid);
    let held = watchdog::spawn(&place.run(), log, &place.user, &server, stale)
        .map_err(Unavailable::at(&place.run()))?;
    wait_until_ready(place)?;
    Ok(held)
}

/// Creates the database beside its place, so that a crash in between leaves nothing that looks like one.
fn initialize(place: &Place, binaries: &Binaries) -> Result<(), Unavailable> {
    let side = place.root.join("pg.new");
    remove_dir(&side)?;
    place.create_private(&side).map_err(Unavailable::at(&side))?;

    let mut initdb = place.user.command(binaries.program("initdb"));
    initdb.args([
        "--username=postgres",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
    ]);
    initdb.args(["--data-checksums", "--no-instructions"]).args(settings::locale(binaries.major));
    if place.throwaway || cfg!(target_os = "linux") {
        initdb.arg("--no-sync");
    }
    let answer = initdb.arg("-D").arg(&side).output().map_err(Unavailable::at(&binaries.dir))?;
    if !answer.status.success() {
        return Err(Unavailable::NotReady {
            reason: String::from_utf8_lossy(&answer.stderr).trim().to_owned(),
        });
    }
    settings::append_sizes(&side, place.throwaway).map_err(Unavailable::at(&side))?;

    #[cfg(target_os = "linux")]
    if !place.throwaway {
        // One call instead of initdb's one per file, which take longer than all the rest.
        let synced = File::open(&side).and_then(|side| Ok(rustix::fs::syncfs(side)?));
        synced.map_err(Unavailable::at(&side))?;
    }
    // Fails if there is anything at that place: data that cannot be read are not ours to remove.
    fs::rename(&side, place.pg()).map_err(Unavailable::at(&place.pg()))?;
    File::open(&place.root).and_then(|root| root.sync_all()).map_err(Unavailable::at(&place.root))
}

fn wait_until_ready(place: &Place) -> Result<(), Unavailable> {
    let deaths = || {
        fs::read_to_string(place.run().join("deaths")).map_or(0, |deaths| deaths.lines().count())
    };
    let deaths_before = deaths();
    for _ in 0..PATIENCE_POLLS {
        if running(place).is_some_and(|status| status == "ready") {
            return Ok(());
        }
        if deaths() > deaths_before + DEATHS_ALLOWED {
            break;
        }
        sleep(POLL);
    }
    Err(not_ready(place))
}

/// For whoever was its last user.
pub(super) fn wait_until_stopped(place: &Place) -> Result<(), Unavailable> {
    for _ in 0..PATIENCE_POLLS {
        if running(place).is_none() {
            return Ok(());
        }
        sleep(POLL);
    }
    Err(not_ready(place))
}

/// The status that the running server reports, such as `starting`, `ready`, `stopping`; `None` when it does not run.
fn running(place: &Place) -> Option<String> {
    let (pid, status) = lock_file(place)?;
    test_kill_process(Pid::from_raw(pid)?).ok()?;
    // The number may have come to another process since; where the system tells, ask it.
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(dir) if dir != place.pg() => None,
        _ => Some(status),
    }
}

/// Process id and status from the server's own lock file, which outlives a killed server.
fn lock_file(place: &Place) -> Option<(i32, String)> {
    let lines = fs::read_to_string(place.pg().join("postmaster.pid")).ok()?;
    let pid = lines.lines().next()?.trim().parse().ok()?;
    Some((pid, lines.lines().nth(7).unwrap_or_default().trim().to_owned()))
}

/// Says why, in the server's own last words.
fn not_ready(place: &Place) -> Unavailable {
    let log = fs::read_to_string(place.logs().join("startup.log")).unwrap_or_default();
    let mut last: Vec<&str> = log.lines().rev().take(5).collect();
    last.reverse();
    Unavailable::NotReady { reason: last.join("\n") }
}

fn discard(place: &Place) -> Result<(), Unavailable> {
    remove_dir(&place.pg())
}

fn remove_dir(dir: &Path) -> Result<(), Unavailable> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Unavailable::at(dir)(error)),
        _ => Ok(()),
    }
}

fn text(path: &Path) -> Result<String, Unavailable> {
    let not_text = || {
        Unavailable::at(path)(io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"))
    };
    path.to_str().map(str::to_owned).ok_or_else(not_text)
}
