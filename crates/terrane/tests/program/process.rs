//! The program as a process: started, heard, ended; and what other processes there are.

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use terrane_testkit::Actor;

/// Nothing here takes longer; never a measure of speed.
pub const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// The built program with an empty environment and no engine to be found.
pub fn terrane(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrane"));
    command.args(arguments).env_clear().env("PATH", "/nonexistent").stdin(Stdio::null());
    command
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// All it printed.
    pub stdout: String,
    /// Its log and errors.
    pub stderr: String,
}

impl Ended {
    /// Fails the test unless this was the exit code and each of the parts stands in the last line of standard error.
    #[track_caller]
    pub fn expect_error(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("terrane: "), "{self:?}");
        assert!(last.matches("os error").count() <= 1, "the reason is told once: {last}");
        for part in parts {
            assert!(last.contains(part), "{part:?} is missing: {}", self.stderr);
        }
        self
    }

    /// Fails the test if any of these stands in the output.
    #[track_caller]
    pub fn without(self, secrets: &[&str]) -> Self {
        for secret in secrets {
            assert!(!self.stderr.contains(secret) && !self.stdout.contains(secret), "{secret}: {self:?}");
        }
        self
    }
}

/// Runs a command to its end.
pub fn run(command: Command) -> Ended {
    Running::start(command).ended()
}

/// A process that runs; killed when dropped.
pub struct Running {
    child: Child,
    output: tempfile::TempDir,
}

impl Running {
    /// Starts a command, its output in files: a full pipe would stop it.
    pub fn start(mut command: Command) -> Self {
        let output = tempfile::tempdir().expect("a temporary folder");
        let file = |name| File::create(output.path().join(name)).expect("a file for the output");
        command.stdout(file("out")).stderr(file("err"));
        let child = command.spawn().expect("the program can be started");
        Self { child, output }
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        self.read("out")
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        self.read("err")
    }

    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.output.path().join(name)).expect("the output can be read");
        String::from_utf8(bytes).expect("the program prints UTF-8")
    }

    /// Waits until something is printed or logged.
    pub fn wait_for(&mut self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.stdout().contains(what) && !self.stderr().contains(what) {
            let ended = self.child.try_wait().expect("a child can be asked");
            let is_late = Instant::now() > deadline;
            if ended.is_some() || is_late {
                panic!("no {what:?} ({ended:?}): {}{}", self.stdout(), self.stderr());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("a child can be signalled");
    }

    /// Waits for the end.
    pub fn ended(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return Ended { code: status.code(), stdout: self.stdout(), stderr: self.stderr() };
            }
            assert!(Instant::now() < deadline, "it does not end: {}{}", self.stdout(), self.stderr());
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that has said that it is ready.
pub struct Server {
    /// The process.
    pub running: Running,
    /// The URL of its listener.
    pub url: String,
}

impl Server {
    /// Starts one and waits until it is ready.
    pub fn start(command: Command) -> Self {
        Self::ready(Running::start(command))
    }

    /// Waits until a started one is ready.
    pub fn ready(mut running: Running) -> Self {
        running.wait_for(" ready address=");
        let log = running.stderr();
        let (_, rest) = log.split_once(" ready address=").expect("waited for");
        let address = rest.split_whitespace().next().expect("an address");
        Self { url: format!("http://{address}"), running }
    }

    /// Somebody who speaks to it.
    pub fn actor(&self, token: &str) -> Actor {
        Actor::at(&self.url, (!token.is_empty()).then_some(token))
    }

    /// Ends it as a service manager does.
    pub fn terminate(self) -> Ended {
        self.running.signal(Signal::TERM);
        self.running.ended()
    }

    /// Ends it as a power cut does.
    pub fn kill(self) {
        self.running.signal(Signal::KILL);
        self.running.ended();
    }
}

/// A process of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub pid: i32,
    /// Its command line.
    pub words: String,
}

impl Found {
    /// Ends it at once.
    pub fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes whose command line names a text. One that has ended and waits for its parent has none.
pub fn processes_naming(text: &str) -> Vec<Found> {
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    let found = entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let bytes = fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&bytes).replace('\0', " ");
        words.contains(text).then_some(Found { pid, words })
    });
    found.collect()
}

/// Waits until processes are as they should be.
#[track_caller]
pub fn wait_for_processes(text: &str, what: &str, are_right: impl Fn(&[Found]) -> bool) -> Vec<Found> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = processes_naming(text);
        if are_right(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: {found:?}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A path as UTF-8.
pub fn utf8(path: &std::path::Path) -> Utf8PathBuf {
    Utf8Path::from_path(path).expect("temporary paths are UTF-8").to_owned()
}
