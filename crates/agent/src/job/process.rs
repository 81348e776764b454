//! The supervisor as the agent sees it.

use std::{fs, fs::File, io, os::fd::OwnedFd, process::Stdio, time::Duration};

use camino::Utf8Path;
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, flock, openat};
use terrane_wire::Stop;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Take},
    process::{Child, ChildStdout, Command},
};

use super::{ending::Ending, folder::Folder};
use crate::{
    leftovers::{end_processes, is_supervised},
    supervisor::{ATTEMPT, record::Exit},
};

/// What a supervisor says at its end is short.
const RECORD_BYTES_MAX: u64 = 1 << 20;
/// How soon the end of an adopted supervisor is seen.
const LOOK_AFTER: Duration = Duration::from_millis(20);

/// A running supervisor.
pub(super) struct Supervisor {
    control: OwnedFd,
    voice: Voice,
}

/// How its end is heard.
enum Voice {
    /// Started by this process.
    Pipe { child: Box<Child>, output: BufReader<Take<ChildStdout>> },
    /// Started by an earlier process: it is gone when its lock is free.
    Lock,
}

/// What an earlier process left of a phase.
#[derive(Debug)]
pub(super) enum Found {
    /// The supervisor runs.
    Running,
    /// It has ended, and this is how.
    Ended(Exit),
    /// It was started and is gone without a word.
    Lost,
    /// Nothing was ever started, nor can it be any more.
    NotStarted,
}

impl Found {
    /// Looks. Where nothing was started, nothing can be started later, either: a supervisor that comes late finds no
    /// description of its job.
    pub(super) fn look(folder: &Folder) -> io::Result<Self> {
        let lock = File::options().create(true).truncate(false).write(true).open(folder.lock())?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(Self::Running);
        }
        if let Ok(exit) = Exit::read(folder) {
            return Ok(Self::Ended(exit));
        }
        if folder.started().exists() {
            return Ok(Self::Lost);
        }
        match fs::remove_file(folder.spec()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self::NotStarted),
        }
    }
}

impl Supervisor {
    /// Starts one for a prepared folder. Its environment says no more than the attempt: the agent's may hold secrets.
    pub(super) fn start(program: &Utf8Path, folder: &Folder, attempt: &str) -> io::Result<Self> {
        let control = open_control(folder)?;
        let errors = File::create(folder.log("supervisor"))?;
        let mut child = Command::new(program)
            .arg("supervise")
            .arg(folder.root())
            .env_clear()
            .env(ATTEMPT, attempt)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(false)
            .spawn()?;
        let output =
            child.stdout.take().ok_or_else(|| io::Error::other("it was started without its pipe"))?;
        let output = BufReader::new(output.take(RECORD_BYTES_MAX));
        Ok(Self { control, voice: Voice::Pipe { child: Box::new(child), output } })
    }

    /// Takes over one that an earlier process started.
    pub(super) fn adopt(folder: &Folder) -> io::Result<Self> {
        Ok(Self { control: open_control(folder)?, voice: Voice::Lock })
    }

    /// Waits for the end of the phase, handing on every wish for an early one. `None` when the outcome is
    /// unknown.
    pub(super) async fn exit(&mut self, folder: &Folder, ending: &Ending) -> Option<Exit> {
        let mut wishes = ending.listen();
        let mut told = None;
        let (control, voice) = (&self.control, &mut self.voice);
        let mut line = Vec::new();
        loop {
            tokio::select! {
                () = voice.end(folder, &mut line) => break,
                // The sender lives as long as `ending`.
                Ok(()) = wishes.changed() => {
                    let wish = wishes.borrow_and_update().map(|asked| asked.stop);
                    if wish > told {
                        told = wish;
                        order(control, wish);
                    }
                }
            }
        }
        if let Ok(exit) = serde_json::from_slice(&line) {
            return Some(exit);
        }
        self.wait().await;
        if let Ok(exit) = Exit::read(folder) {
            return Some(exit);
        }
        // It was killed, and everything it had started should be gone, too.
        end(folder).await;
        None
    }

    /// Waits until the process is gone.
    pub(super) async fn wait(&mut self) {
        let Voice::Pipe { child, .. } = &mut self.voice else { return };
        if let Err(error) = child.wait().await {
            tracing::warn!(%error, "failed to wait for a supervisor");
        }
    }
}

impl Voice {
    /// Returns when the supervisor has said how the phase ended, or is gone. May be dropped and asked again.
    async fn end(&mut self, folder: &Folder, line: &mut Vec<u8>) {
        match self {
            Self::Pipe { output, .. } => {
                if let Err(error) = output.read_until(b'\n', line).await {
                    tracing::warn!(%error, "failed to hear a supervisor");
                }
            }
            Self::Lock => {
                while is_supervised(folder).unwrap_or(false) {
                    tokio::time::sleep(LOOK_AFTER).await;
                }
            }
        }
    }
}

/// Ends what a supervisor that is gone has left, and waits for that.
pub(super) async fn end(folder: &Folder) {
    let folder = folder.clone();
    let _ = tokio::task::spawn_blocking(move || end_processes(&folder)).await;
}

/// Both ends, so that an order given early waits in the pipe.
fn open_control(folder: &Folder) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(openat(CWD, folder.control().as_std_path(), flags, Mode::empty())?)
}

fn order(control: &OwnedFd, stop: Option<Stop>) {
    let line: &[u8] = match stop {
        None => return,
        Some(Stop::Interrupt) => b"interrupt\n",
        Some(Stop::Kill) => b"kill\n",
    };
    if let Err(error) = rustix::io::write(control, line) {
        tracing::warn!(%error, "failed to give an order to a supervisor");
    }
}
