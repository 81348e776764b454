//! Starting the shared server, joining the one that runs, and clearing away what a killed run left.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, chown, symlink};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use camino::Utf8Path;
use rustix::process::{Signal, kill_process};

use super::home::Home;
use super::programs::Programs;

/// The server is stopped when no test process has used it for so long.
const IDLE_SECS: u32 = 60;
const START_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A file system in memory, used while it has this much room (a database takes 8 MB).
const MEMORY: &str = "/dev/shm";
const MEMORY_FREE_BYTES_MIN: u64 = 4 << 30;

const WATCHDOG: &str = include_str!("watchdog.sh");

/// Speed before safety: nothing of this outlives the run. 400 connections: some 20 test processes.
const SETTINGS: [&str; 13] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "listen_addresses=",
    "checkpoint_timeout=1h",
    "max_connections=400",
    "max_wal_size=256MB",
    "shared_buffers=64MB",
    "log_checkpoints=off",
    // The other kinds outlive a killed server.
    "dynamic_shared_memory_type=mmap",
];

impl Home {
    /// Starts the server, or joins the one that runs. The answer is the lock that keeps it alive.
    pub(super) fn join(&self, programs: &Programs) -> Result<File> {
        let start = self.lock_file("start.lock")?;
        start.lock().context("failed to lock start.lock")?;
        let users = self.lock_file("users.lock")?;
        users.lock_shared().context("failed to lock users.lock")?;
        users.set_modified(SystemTime::now()).context("failed to touch users.lock")?;
        if !self.is_ready() || !self.is_watched()? {
            self.clear()?;
            self.start(programs)?;
        }
        Ok(users)
    }

    /// Ends a server without a watchdog (or the reverse) and removes its files. Held: `start.lock`.
    fn clear(&self) -> Result<()> {
        for signal in [Signal::QUIT, Signal::KILL] {
            let Some(pid) = self.running() else { break };
            // It may end by itself at this moment: no error.
            let _ = kill_process(pid, signal);
            wait_until(STOP_TIMEOUT, || self.running().is_none());
        }
        // Its watchdog sees the end within a second, and goes.
        wait_until(STOP_TIMEOUT, || !self.is_watched().unwrap_or(true));
        if self.running().is_some() || self.is_watched()? {
            bail!("an old server in {} does not end: end it by hand", self.path());
        }
        // The link's target first: without the link it could not be found again.
        if let Ok(target) = self.data_folder().read_link_utf8() {
            remove(&target)?;
        }
        for name in ["data", "socket", "templates"] {
            remove(&self.path().join(name))?;
        }
        Ok(())
    }

    fn start(&self, programs: &Programs) -> Result<()> {
        let data = self.data_folder();
        if has_room(MEMORY) {
            let target = Utf8Path::new(MEMORY).join(self.path().file_name().unwrap_or_default());
            // Left over when somebody removed the link's folder.
            remove(&target)?;
            create_folder(&target, programs)?;
            symlink(&target, &data).with_context(|| format!("failed to link {data}"))?;
        } else {
            create_folder(&data, programs)?;
        }
        for name in ["socket", "templates"] {
            create_folder(&self.path().join(name), programs)?;
        }
        programs.initdb(&data)?;
        self.start_watchdog(programs)?;
        let started = Instant::now();
        // A watchdog that does not hold its lock after a second has failed.
        wait_until(START_TIMEOUT, || {
            self.is_ready() || (started.elapsed().as_secs() >= 1 && !self.is_watched().unwrap_or(true))
        });
        if self.is_ready() {
            return Ok(());
        }
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        bail!("the server did not come up within {} s; its log: {log}", started.elapsed().as_secs());
    }

    /// Hands the server to a process of its own session that outlives this one.
    fn start_watchdog(&self, programs: &Programs) -> Result<()> {
        let script = self.path().join("watchdog.sh");
        fs::write(&script, WATCHDOG).with_context(|| format!("failed to write {script}"))?;
        let log = File::create(self.log_path()).context("failed to create the server's log")?;
        let log_too = log.try_clone().context("failed to share the server's log")?;
        let mut command = Command::new("setsid");
        command.args(["--fork", "sh", script.as_str(), self.path().as_str(), &IDLE_SECS.to_string()]);
        command.args(programs.server_command("postgres", true));
        command.arg("-D").arg(self.data_folder());
        command.arg("-c").arg(format!("unix_socket_directories={}", self.socket_folder()));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        // Own streams: a test runner waits until nobody holds the test's.
        command.current_dir("/").stdin(Stdio::null()).stdout(log).stderr(log_too);
        let status = command.status().context("failed to start setsid")?;
        if !status.success() {
            bail!("setsid failed: {status}");
        }
        Ok(())
    }
}

/// A folder that the server's user alone may enter.
fn create_folder(path: &Utf8Path, programs: &Programs) -> Result<()> {
    let created = DirBuilder::new().mode(0o700).create(path);
    created.with_context(|| format!("failed to create {path}"))?;
    if let Some((user, group)) = programs.server_ids {
        let given = chown(path, Some(user), Some(group));
        given.with_context(|| format!("failed to give {path} to the server's user"))?;
    }
    Ok(())
}

/// Removes a link, a file or a folder with all that is in it; nothing there is fine.
fn remove(path: &Utf8Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove {path}"))
        }
        _ => Ok(()),
    }
}

fn has_room(file_system: &str) -> bool {
    rustix::fs::statvfs(file_system)
        .is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) >= MEMORY_FREE_BYTES_MIN)
}

fn wait_until(timeout: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + timeout;
    while !done() && Instant::now() < deadline {
        sleep(POLL);
    }
}
