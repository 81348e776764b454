//! When the engine's commands of a job began and ended, as its supervisor notes in `exit.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Deserialize;

/// The record is there from some milliseconds after the last command to the end of the job: long against this.
const LOOK_AGAIN: Duration = Duration::from_micros(300);
const EMPTY_LIMIT: Duration = Duration::from_secs(10);
/// What a server does after a job (the log's compaction) is over by then.
const SETTLE: Duration = Duration::from_millis(40);

/// The commands of one job.
#[derive(Debug, Deserialize)]
pub(super) struct JobRecord {
    steps: Vec<Command>,
}

#[derive(Debug, Deserialize)]
struct Command {
    started_us: i64,
    ended_us: i64,
}

impl JobRecord {
    /// Just before fork and exec of the first command.
    pub(super) fn started_us(&self) -> Option<i64> {
        self.steps.first().map(|command| command.started_us)
    }

    /// From just before fork and exec of the last command to just after it was reaped.
    pub(super) fn last_us(&self) -> Option<(i64, i64)> {
        self.steps.last().map(|command| (command.started_us, command.ended_us))
    }

    /// Just after the last command was reaped.
    pub(super) fn ended_us(&self) -> Option<i64> {
        self.steps.last().map(|command| command.ended_us)
    }
}

/// Reads the record of the next job before its folder is removed.
pub(super) struct Watcher {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Option<JobRecord>>,
}

impl Watcher {
    /// Begins to watch the folder of all jobs, which is empty.
    pub(super) fn start(jobs: PathBuf) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let flag = is_over.clone();
        Self { is_over, thread: thread::spawn(move || watch(&jobs, &flag)) }
    }

    /// The record; `None` when it was missed.
    pub(super) fn end(self) -> Option<JobRecord> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().ok().flatten()
    }
}

/// A folder among those of the agent; what else is there are files of its own.
fn first_job(jobs: &Path) -> Option<PathBuf> {
    let mut entries = fs::read_dir(jobs).ok()?.flatten().map(|entry| entry.path());
    entries.find(|path| path.is_dir())
}

fn watch(jobs: &Path, is_over: &AtomicBool) -> Option<JobRecord> {
    let folder = loop {
        if let Some(folder) = first_job(jobs) {
            break folder;
        }
        if is_over.load(Ordering::Relaxed) {
            return None;
        }
        sleep(LOOK_AGAIN);
    };
    loop {
        if let Ok(bytes) = fs::read(folder.join("exit.json")) {
            return serde_json::from_slice(&bytes).ok();
        }
        if !folder.exists() {
            return None;
        }
        sleep(LOOK_AGAIN);
    }
}

/// Waits until no job is left and the server is at rest.
pub(super) fn wait_until_idle(jobs: &Path) -> Result<()> {
    let started = Instant::now();
    while first_job(jobs).is_some() {
        if started.elapsed() > EMPTY_LIMIT {
            bail!("a job is left in {}", jobs.display());
        }
        sleep(Duration::from_millis(1));
    }
    sleep(SETTLE);
    Ok(())
}
