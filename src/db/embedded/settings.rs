//! The server's settings: what is promised, and what an administrator may tune.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::place::Place;

/// Given on the command line, where neither a configuration file nor `alter system` overrides them.
///
/// The server's log gets no personal data: no statements, no parameters, no details of errors ("Key (…) already
/// exists"), and no errors of clients at all, since their text quotes values; the service logs its errors itself.
const PROMISED: [&str; 18] = [
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "dynamic_shared_memory_type=mmap",
    "password_encryption=scram-sha-256",
    "logging_collector=on",
    "log_filename=postgresql-%a.log",
    "log_file_mode=0600",
    "log_rotation_age=1d",
    "log_rotation_size=0",
    "log_truncate_on_rotation=on",
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_min_error_statement=panic",
    "log_min_messages=log",
    "log_error_verbosity=terse",
];

const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// For data that nobody wants back after the tests.
const THROWAWAY: [&str; 4] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB"];

/// The arguments of `-c`.
pub(super) fn command_line(place: &Place) -> Vec<String> {
    let durability: &[&str] = if place.throwaway { &THROWAWAY } else { &DURABLE };
    let mut settings: Vec<String> =
        PROMISED.iter().chain(durability).map(|&setting| setting.to_owned()).collect();
    // A list of directories; the quotes keep a comma in the path from splitting it.
    settings.push(format!("unix_socket_directories=\"{}\"", place.socket_dir.display()));
    settings.push(format!("log_directory={}", place.logs().display()));
    if cfg!(target_os = "linux") {
        // One call instead of one per file: recovery after a crash starts at once.
        settings.push("recovery_init_sync_method=syncfs".to_owned());
    }
    settings
}

/// Writes the sizes, which are the administrator's to change, to the end of a new database's `postgresql.conf`.
pub(super) fn append_sizes(pg: &Path, throwaway: bool) -> io::Result<()> {
    let max_connections = if throwaway { 300 } else { 100 };
    let mut conf = OpenOptions::new().append(true).open(pg.join("postgresql.conf"))?;
    writeln!(conf, "\nmax_connections = {max_connections}\nshared_buffers = 128MB")?;
    conf.sync_all()
}

/// `C.UTF-8`: text sorts by code point, the same on every machine and after every update of the system.
pub(super) fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    } else if cfg!(target_os = "macos") {
        // macOS knows the parts of it, under other names.
        &["--locale=C", "--lc-ctype=UTF-8"]
    } else {
        &["--locale=C.UTF-8"]
    }
}
