//! Shows how far it is: a bar where a person watches, a line now and then where nobody does.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Lines of a phase where there is no terminal.
const LINES: u64 = 10;

/// Tells who runs the rehearsal what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// On standard error.
    Aloud,
    /// Not at all.
    Silent,
}

/// A phase that is shown on standard error.
pub struct Phase {
    name: Cow<'static, str>,
    bar: ProgressBar,
    tells_lines: bool,
    began: Instant,
}

impl Telling {
    /// Begins a phase of so many steps.
    pub fn phase(self, name: impl Into<Cow<'static, str>>, steps: usize) -> Phase {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let is_watched = self == Self::Aloud && std::io::stderr().is_terminal();
        let bar = if is_watched { ProgressBar::new(steps) } else { ProgressBar::hidden() };
        bar.set_length(steps);
        let name = name.into();
        if let Ok(style) =
            ProgressStyle::with_template("{prefix:16} {bar:40} {pos:>5} of {len}  {elapsed} {msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(name.clone());
        bar.enable_steady_tick(Duration::from_millis(200));
        let phase = Phase {
            name,
            bar,
            tells_lines: self == Self::Aloud && !is_watched,
            began: Instant::now(),
        };
        phase.tell();
        phase
    }

    /// One line.
    pub fn say(self, line: &str) {
        if self == Self::Aloud {
            // Nothing can be done about a standard error that is closed, and nothing depends on it.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

impl Phase {
    /// A step further.
    pub fn step(&self) {
        self.bar.inc(1);
        let (done, steps) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if done != steps && done.is_multiple_of((steps / LINES).max(1)) {
            self.tell();
        }
    }

    /// The end of the phase.
    pub fn end(self) {
        self.bar.finish();
        self.tell();
    }

    fn tell(&self) {
        if self.tells_lines {
            let (done, steps) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let seconds = self.began.elapsed().as_secs_f32();
            Telling::Aloud.say(&format!("{}: {done} of {steps} after {seconds:.1} s", self.name));
        }
    }
}
