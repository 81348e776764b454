//! A PostgreSQL of one test's own, to be killed. What it has committed outlives its processes, though not the machine.

use std::fs::File;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::programs::Programs;

/// A commit waits for the kernel alone: a killed process loses nothing of that.
const SETTINGS: [&str; 8] = [
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "listen_addresses=",
    "shared_buffers=16MB",
    "dynamic_shared_memory_type=mmap",
];
const START_LIMIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Its folder, its programs, and its process while it runs. Killed when dropped.
#[derive(Debug)]
pub struct OwnPostgres {
    programs: Programs,
    folder: TempDir,
    child: Option<Child>,
}

impl OwnPostgres {
    /// Makes one and starts it.
    pub fn start() -> Result<Self> {
        let programs = Programs::find()?;
        // A socket's path is short.
        let folder = tempfile::Builder::new().prefix("trn-pg-").tempdir_in("/tmp")?;
        if let Some((user, group)) = programs.server_ids {
            chown(folder.path(), Some(user), Some(group))?;
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))?;
        let mut this = Self { programs, folder, child: None };
        this.programs.initdb(&this.path("data"))?;
        this.start_again()?;
        Ok(this)
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from(self.folder.path().to_string_lossy().into_owned()).join(name)
    }

    /// Makes an empty database; answers a `postgres://` URL for it.
    pub fn create_database(&self, name: &str) -> Result<String> {
        self.programs.psql(&self.path(""), "postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display()))
    }

    /// Starts it after a kill, and waits until it answers.
    pub fn start_again(&mut self) -> Result<()> {
        let words = self.programs.server_command("postgres", false);
        let log = File::create(self.folder.path().with_extension("log")).context("failed to create a log")?;
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("-D").arg(self.path("data"));
        command.arg("-c").arg(format!("unix_socket_directories={}", self.folder.path().display()));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.current_dir("/").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.child = Some(command.spawn().context("failed to start postgres")?);
        let deadline = Instant::now() + START_LIMIT;
        while self.programs.psql(&self.path(""), "postgres", "SELECT 1").is_err() {
            if Instant::now() > deadline {
                bail!("an own PostgreSQL does not answer within {} s", START_LIMIT.as_secs());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    /// Ends all its processes at once, as if each had crashed.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = child.kill();
        let _ = child.wait();
        // Its other processes work in its data folder, as it did.
        let data = self.path("data").as_std_path().to_owned();
        for _ in 0..100 {
            let left = working_in(&data);
            if left.is_empty() {
                return;
            }
            for pid in left {
                let _ = kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_file(self.folder.path().with_extension("log"));
    }
}

fn working_in(folder: &std::path::Path) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        (std::fs::read_link(entry.path().join("cwd")).ok()? == folder).then_some(pid)
    });
    found.collect()
}
