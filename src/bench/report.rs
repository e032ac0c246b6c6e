//! What was measured, as a page.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::list::Lists;
use super::load::Rate;

/// Around what the program writes; what stands outside is written by people.
const BEGINS: &str = "<!-- measured: written by `ceremony bench` -->";
const ENDS: &str = "<!-- measured: end -->";

/// One thing, measured in several rounds beside another.
#[derive(Debug, Clone)]
pub struct Row {
    /// What the service does.
    pub what: &'static str,
    /// What it is compared with.
    pub beside: &'static str,
    /// Each round: the service, and the other's rate.
    pub rounds: Vec<(Rate, f64)>,
}

/// From the program's start until its first answer.
#[derive(Debug, Clone)]
pub struct Starts {
    /// Where there was nothing: the database is made, the schema, the keys, the register.
    pub first: Duration,
    /// After it was stopped.
    pub later: Duration,
    /// After it was killed, and its database with it.
    pub killed: Duration,
    /// Its memory before it has done anything but answer once, in KiB; only Linux tells.
    pub idle_kib: Option<u64>,
}

/// What was measured at ten thousand members, with one client.
#[derive(Debug, Clone)]
pub struct Many {
    /// Each question.
    pub rows: Vec<Row>,
    /// How the database answers each.
    pub plans: Vec<(&'static str, String)>,
}

/// All of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The day of the measurement.
    pub day: chrono::NaiveDate,
    /// The server.
    pub postgresql: String,
    /// Connections at the same time.
    pub clients: usize,
    /// How long each measurement of a round took.
    pub lasting: Duration,
    /// How long the rehearsal took that filled the database.
    pub rehearsal: Duration,
    /// How long it took until the first answer.
    pub starts: Starts,
    /// The memory of the service after the rehearsal, now and at most, in KiB; only Linux tells.
    pub memory_kib: Option<(u64, u64)>,
    /// What was measured.
    pub rows: Vec<Row>,
    /// What was measured before, at ten thousand members.
    pub many: Many,
    /// A list of five hundred people.
    pub lists: Lists,
}

impl Many {
    /// As Markdown, with the plans.
    fn markdown(&self) -> String {
        let mut page = "\n## Ten thousand members\n\nWhat an officer asks all day, one request after the other: how \
                        long the server takes for it, 50 of 10,000 members in an answer, to stay under 20 ms.\n\n"
            .to_owned();
        page += &table(&self.rows);
        page += "\nHow the database finds them, under row-level security:\n";
        for (what, plan) in &self.plans {
            // Writing into a string cannot fail.
            let _ = write!(page, "\n{what}\n\n```text\n{plan}\n```\n");
        }
        page
    }
}

impl Report {
    /// As Markdown, which reads as a table on a terminal, too.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "Measured on {} on {}, PostgreSQL {} with durable settings on the same machine; release build: {}.\n\
             {} clients, rounds of {} s for each side in turn; medians of {} rounds, in brackets the least and the \
             greatest ratio.\n\n",
            self.day,
            machine(),
            self.postgresql,
            if cfg!(debug_assertions) { "no" } else { "yes" },
            self.clients,
            self.lasting.as_secs(),
            self.rows.first().map_or(0, |row| row.rounds.len()),
        );
        page += &table(&self.rows);
        let Starts { first, later, killed, idle_kib } = &self.starts;
        let [first, later, killed] = [first, later, killed].map(Duration::as_secs_f64);
        let _ = write!(
            page,
            "\nFrom the start of the program to its first answer: {first:.1} s where there is nothing yet, \
             {later:.1} s later, {killed:.1} s after the service and its database were killed"
        );
        if let Some(kib) = idle_kib {
            let _ = write!(page, "; idle, the service has {} MiB of memory", kib / 1024);
        }
        let _ = write!(
            page,
            ".\n\nThe rehearsal of 2,500 members took {:.0} s",
            self.rehearsal.as_secs_f64()
        );
        if let Some((now, most)) = self.memory_kib {
            let _ = write!(
                page,
                "; after it the service had {} MiB of memory, at most {} MiB (passwords are hashed in it)",
                now / 1024,
                most / 1024
            );
        }
        page + ".\n" + &self.lists.markdown() + &self.many.markdown()
    }

    /// Puts it into the page, in the place of the last measurement.
    pub fn write_into(&self, page: &Path) -> std::io::Result<()> {
        let found = match std::fs::read_to_string(page) {
            Ok(found) => found,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => "# Performance\n\n".to_owned(),
            Err(error) => return Err(error),
        };
        std::fs::write(page, placed(&found, &self.markdown()))
    }
}

/// Rows as a table.
fn table(rows: &[Row]) -> String {
    let mut page =
        "| what | requests/s | median ms | 99 % ms | beside | per s | ratio |\n".to_owned();
    page += "|---|---:|---:|---:|---|---:|---:|\n";
    for Row { what, beside, rounds } in rows {
        let of = |value: fn(&(Rate, f64)) -> f64| sorted(rounds.iter().map(value).collect());
        let ratios = of(|(rate, other)| rate.per_second / other);
        // Writing into a string cannot fail.
        let _ = writeln!(
            page,
            "| {what} | {:.0} | {:.2} | {:.2} | {beside} | {:.0} | **{:.2}** ({:.2}–{:.2}) |",
            middle(&of(|(rate, _)| rate.per_second)),
            middle(&of(|(rate, _)| rate.median.as_secs_f64() * 1000.0)),
            middle(&of(|(rate, _)| rate.slow.as_secs_f64() * 1000.0)),
            middle(&of(|(_, other)| *other)),
            middle(&ratios),
            ratios.first().copied().unwrap_or_default(),
            ratios.last().copied().unwrap_or_default(),
        );
    }
    page
}

fn placed(page: &str, measured: &str) -> String {
    let (before, rest) = page.split_once(BEGINS).unwrap_or((page, ""));
    let after = rest.split_once(ENDS).map_or("\n", |(_, after)| after);
    format!("{before}{BEGINS}\n{measured}{ENDS}{after}")
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The machine, in words: cores, processor, memory. No name of it.
fn machine() -> String {
    let told = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor =
        told("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kib = told("/proc/meminfo", "MemTotal")
        .and_then(|t| t.trim_end_matches(" kB").parse::<u64>().ok());
    let memory =
        kib.map_or_else(String::new, |kib| format!(", {} GiB of memory", kib.div_ceil(1 << 20)));
    format!("{cores} cores of {processor}{memory}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_replaces_the_last_one_and_nothing_else() {
        let first = placed("# Performance\n\nWords.\n\n", "one\n");
        assert_eq!(first, format!("# Performance\n\nWords.\n\n{BEGINS}\none\n{ENDS}\n"));
        let second = placed(&format!("{first}\nMore words.\n"), "two\n");
        assert_eq!(
            second,
            format!("# Performance\n\nWords.\n\n{BEGINS}\ntwo\n{ENDS}\n\nMore words.\n")
        );
    }

    #[test]
    fn a_row_shows_medians_and_the_range_of_the_ratio() {
        let rate = |per_second| Rate {
            per_second,
            median: Duration::from_micros(1500),
            slow: Duration::from_millis(9),
        };
        let report = Report {
            day: "2025-10-26".parse().unwrap(),
            postgresql: "17.6".into(),
            clients: 8,
            lasting: Duration::from_secs(3),
            rehearsal: Duration::from_secs(90),
            starts: Starts {
                first: Duration::from_millis(4200),
                later: Duration::from_millis(900),
                killed: Duration::from_millis(1100),
                idle_kib: Some(30 * 1024),
            },
            memory_kib: Some((80 * 1024, 160 * 1024)),
            rows: vec![Row {
                what: "status",
                beside: "a bare handler",
                rounds: vec![(rate(100.0), 200.0), (rate(300.0), 300.0), (rate(200.0), 250.0)],
            }],
            many: Many {
                rows: vec![Row {
                    what: "queue",
                    beside: "pgbench",
                    rounds: vec![(rate(400.0), 800.0)],
                }],
                plans: vec![("queue", "Limit".into())],
            },
            lists: Lists::default(),
        };
        let page = report.markdown();
        let row = "| status | 200 | 1.50 | 9.00 | a bare handler | 250 | **0.80** (0.50–1.00) |";
        assert!(page.contains(row), "{page}");
        let queue = "| queue | 400 | 1.50 | 9.00 | pgbench | 800 | **0.50** (0.50–0.50) |";
        assert!(
            page.contains(queue) && page.contains("\nqueue\n\n```text\nLimit\n```\n"),
            "{page}"
        );
        assert!(
            page.contains("4.2 s where there is nothing yet, 0.9 s later, 1.1 s after"),
            "{page}"
        );
        assert!(page.contains("idle, the service has 30 MiB"), "{page}");
        assert!(page.contains("took 90 s; after it the service had 80 MiB"), "{page}");
    }
}
