//! The shared server's folder: what is where, who holds which lock, whether a server runs in it.
//!
//! All of it is in one folder, `/tmp/terrane-postgres-<user id>-<major version>`, and hangs on three locks:
//!
//! | lock | held by | meaning |
//! |---|---|---|
//! | `start.lock` | who starts, joins or stops | the state of the folder does not change meanwhile |
//! | `users.lock` | every test process, shared, to its end | the server is in use |
//! | `watchdog.lock` | the watchdog (`watchdog.sh`) | the server has somebody who will end it |
//!
//! The kernel drops a lock when its holder dies, however it dies, so no state can be stale. `data` is a link
//! into memory where there is room (a database is copied in 15 ms there, on a busy disk in 100), else a folder.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::Pid;

use super::programs::Programs;

/// The folder of one shared server. Short, because a socket's path has at most 107 bytes.
#[derive(Clone, Debug)]
pub(super) struct Home(Utf8PathBuf);

impl Home {
    /// The folder for this user and these programs, made if need be; refuses a folder of somebody else.
    pub(super) fn open(programs: &Programs) -> Result<Self> {
        let uid = rustix::process::geteuid().as_raw();
        Self::open_at(format!("/tmp/terrane-postgres-{uid}-{}", programs.major_version).into())
    }

    fn open_at(path: Utf8PathBuf) -> Result<Self> {
        let made = DirBuilder::new().mode(0o755).create(&path);
        if let Err(error) = made
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("failed to create {path}"));
        }
        let found = fs::symlink_metadata(&path).with_context(|| format!("failed to look at {path}"))?;
        let ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0;
        if !found.is_dir() || !ours {
            bail!("{path} is not a folder of ours: remove it");
        }
        Ok(Self(path))
    }

    /// One process at a time makes templates.
    pub(super) fn lock_templates(&self) -> Result<File> {
        let lock = self.lock_file("templates.lock")?;
        lock.lock().context("failed to lock templates.lock")?;
        Ok(lock)
    }

    /// Exists when the template is complete.
    pub(super) fn template_mark(&self, template: &str) -> Utf8PathBuf {
        self.0.join("templates").join(template)
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.0
    }

    pub(super) fn socket_folder(&self) -> Utf8PathBuf {
        self.0.join("socket")
    }

    pub(super) fn log_path(&self) -> Utf8PathBuf {
        self.0.join("log")
    }

    pub(super) fn data_folder(&self) -> Utf8PathBuf {
        self.0.join("data")
    }

    pub(super) fn lock_file(&self, name: &str) -> Result<File> {
        let path = self.0.join(name);
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        opened.with_context(|| format!("failed to open {path}"))
    }

    pub(super) fn is_watched(&self) -> Result<bool> {
        match self.lock_file("watchdog.lock")?.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error).context("failed to try watchdog.lock"),
        }
    }

    /// The server's process id and whether it takes connections, as its pid file says.
    fn pid_file(&self) -> Option<(Pid, bool)> {
        let text = fs::read_to_string(self.data_folder().join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?)?;
        // The eighth line is the state; it is padded with spaces.
        Some((pid, lines.nth(6).is_some_and(|state| state.trim() == "ready")))
    }

    /// The pid of the running server: what the pid file names, if that process works in our data folder.
    pub(super) fn running(&self) -> Option<Pid> {
        let (pid, _) = self.pid_file()?;
        let works_in = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).ok()?;
        (works_in == self.data_folder().canonicalize().ok()?).then_some(pid)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.running().is_some() && self.pid_file().is_some_and(|(_, ready)| ready)
    }
}
