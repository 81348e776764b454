//! A line on standard error that says how far a download is: drawn again and again on a terminal, elsewhere a line now
//! and then.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use terrane_agent::catalogue::Progress;

/// Columns of the bar.
const WIDTH: u64 = 30;
/// How often a terminal's line is drawn.
const REDRAW: Duration = Duration::from_millis(100);
/// How often a line is written elsewhere.
const TELL: Duration = Duration::from_secs(15);

/// The bar.
pub struct ProgressBar {
    is_terminal: bool,
    step: Mutex<Option<Step>>,
}

struct Step {
    what: String,
    total: Option<u64>,
    done: u64,
    began: Instant,
    told: Instant,
}

impl ProgressBar {
    /// On this process's standard error.
    pub fn new() -> Self {
        Self { is_terminal: stderr().is_terminal(), step: Mutex::new(None) }
    }

    fn step(&self) -> MutexGuard<'_, Option<Step>> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A terminal that is gone is no reason to stop.
    fn tell(&self, line: &str, is_last: bool) {
        let mut stderr = stderr().lock();
        let _ = match (self.is_terminal, is_last) {
            (true, false) => write!(stderr, "\r\x1b[2K{line}"),
            (true, true) => writeln!(stderr, "\r\x1b[2K{line}"),
            (false, _) => writeln!(stderr, "{line}"),
        };
        let _ = stderr.flush();
    }
}

impl Step {
    fn line(&self) -> String {
        let seconds = self.began.elapsed().as_secs();
        match self.total {
            Some(total) if total > 0 => {
                let done = self.done.min(total);
                let filled = usize::try_from(done * WIDTH / total).unwrap_or(0);
                let empty = usize::try_from(WIDTH).unwrap_or(0) - filled;
                let bar = format!("[{}{}]", "#".repeat(filled), "-".repeat(empty));
                format!(
                    "{} {bar} {:>3} % of {} MB, {seconds} s",
                    self.what,
                    done * 100 / total,
                    total.div_ceil(1_000_000)
                )
            }
            // A download of unknown length counts bytes, a build lines.
            _ if self.done >= 1_000_000 => format!("{} {} MB, {seconds} s", self.what, self.done / 1_000_000),
            _ => format!("{} {} steps, {seconds} s", self.what, self.done),
        }
    }
}

impl Progress for ProgressBar {
    fn begin(&self, what: &str, total_bytes: Option<u64>) {
        let now = Instant::now();
        let step = Step { what: what.to_owned(), total: total_bytes, done: 0, began: now, told: now };
        self.tell(&step.line(), false);
        *self.step() = Some(step);
    }

    fn advance(&self, bytes: u64) {
        let mut place = self.step();
        let Some(step) = place.as_mut() else { return };
        step.done += bytes;
        let pause = if self.is_terminal { REDRAW } else { TELL };
        if step.told.elapsed() >= pause {
            step.told = Instant::now();
            self.tell(&step.line(), false);
        }
    }

    fn end(&self) {
        if let Some(step) = self.step().take() {
            self.tell(&step.line(), true);
        }
    }

    fn note(&self, text: &str) {
        self.tell(text, true);
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, Step};

    #[test]
    fn the_line_says_how_far_it_is() {
        let now = Instant::now();
        let step = |total, done| Step { what: "x.zip".into(), total, done, began: now, told: now }.line();
        assert_eq!(
            step(Some(2_000_000), 1_000_000),
            "x.zip [###############---------------]  50 % of 2 MB, 0 s"
        );
        assert!(step(Some(10), 11).contains("[##############################] 100 %"));
        assert!(step(None, 5_000_000).contains("x.zip 5 MB") && step(Some(0), 3).contains("3 steps"));
    }
}
