//! What the server's process logs while it runs, at every level.

use crate::canary::find;
use crate::counted::Counted;
use std::io;
use std::sync::{Mutex, Once, PoisonError};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

static SAID: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Said;

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        SAID.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From now on everything that this process says is kept: all of our own, and what is of interest of others.
pub fn capture() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let all = Targets::new().with_default(LevelFilter::INFO).with_target("terrane", LevelFilter::TRACE);
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Said);
        tracing_subscriber::registry().with(layer.with_filter(all)).init();
    });
}

/// Searches what was said so far.
pub fn search(counted: &Counted) {
    let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let text = String::from_utf8_lossy(&said);
    assert!(text.contains("a job starts"), "nothing was captured");
    for line in text.lines() {
        counted.searched("lines of the server's log", line.len());
        if let Some(found) = find(line.as_bytes()) {
            counted.leak("the server's log", &found);
        }
    }
}
