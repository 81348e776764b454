//! The supervisor as the agent sees it.

use std::{fs::File, io, os::fd::OwnedFd, process::Stdio};

use camino::Utf8Path;
use rustix::fs::{CWD, Mode, OFlags, openat};
use terrane_wire::Stop;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Take},
    process::{Child, ChildStdout, Command},
};

use super::{ending::Ending, folder::Folder};
use crate::{leftovers::end_processes, supervisor::record::Exit};

/// What a supervisor says at its end is short.
const RECORD_BYTES_MAX: u64 = 1 << 20;

/// A running supervisor.
pub(super) struct Supervisor {
    child: Child,
    output: BufReader<Take<ChildStdout>>,
    control: OwnedFd,
}

impl Supervisor {
    /// Starts one for a prepared folder. Its environment is empty: the agent's may hold secrets.
    pub(super) fn start(program: &Utf8Path, folder: &Folder) -> io::Result<Self> {
        // Both ends, so that an order given early waits in the pipe.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let control = openat(CWD, folder.control().as_std_path(), flags, Mode::empty())?;
        let errors = File::create(folder.log("supervisor"))?;
        let mut child = Command::new(program)
            .arg("supervise")
            .arg(folder.root())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(false)
            .spawn()?;
        let output =
            child.stdout.take().ok_or_else(|| io::Error::other("it was started without its pipe"))?;
        Ok(Self { child, output: BufReader::new(output.take(RECORD_BYTES_MAX)), control })
    }

    /// Waits for the end of the phase, handing on every wish for an early one. `None` when the outcome is
    /// unknown.
    pub(super) async fn exit(&mut self, folder: &Folder, ending: &Ending) -> Option<Exit> {
        let mut wishes = ending.listen();
        let mut told = None;
        let mut line = Vec::new();
        loop {
            tokio::select! {
                read = self.output.read_until(b'\n', &mut line) => {
                    if let Err(error) = read {
                        tracing::warn!(%error, "failed to hear a supervisor");
                    }
                    break;
                }
                // The sender lives as long as `ending`.
                Ok(()) = wishes.changed() => {
                    let wish = wishes.borrow_and_update().map(|asked| asked.stop);
                    if wish > told {
                        told = wish;
                        self.order(wish);
                    }
                }
            }
        }
        if let Ok(exit) = serde_json::from_slice(&line) {
            return Some(exit);
        }
        // It was killed, and everything it had started should be gone, too.
        self.wait().await;
        end_processes(folder);
        Exit::read(folder).ok()
    }

    /// Waits until the process is gone.
    pub(super) async fn wait(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "failed to wait for a supervisor");
        }
    }

    fn order(&self, stop: Option<Stop>) {
        let line: &[u8] = match stop {
            None => return,
            Some(Stop::Interrupt) => b"interrupt\n",
            Some(Stop::Kill) => b"kill\n",
        };
        if let Err(error) = rustix::io::write(&self.control, line) {
            tracing::warn!(%error, "failed to give an order to a supervisor");
        }
    }
}
