//! The task that joins our own lines and growing files to one log and sends it.

use std::{fs::File, io, os::unix::fs::FileExt, time::Duration};

use camino::Utf8PathBuf;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    scrub::Scrubber,
    upload::{Lost, Uploader},
};
use crate::client::Connection;

/// Read at once; a few of these are all the memory a log of any size takes.
const CHUNK_BYTES: usize = 256 * 1024;
/// How long a line may lie in the file before it is seen: the shorter one while the engine is printing.
const LOOK_AFTER: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(20)];
/// Kept free below the limit for our own last lines.
const OWN_LINES_BYTES: u64 = 4096;

/// How much log there may be, and what happens above.
pub(crate) struct LogLimit {
    /// Bytes.
    pub(crate) bytes_max: u64,
    /// Called once when an engine printed more.
    pub(crate) exceeded: Box<dyn FnOnce() + Send>,
}

/// What an engine may print when a log may have so many bytes.
pub(crate) fn engine_bytes_max(log_bytes_max: u64) -> u64 {
    log_bytes_max.saturating_sub(OWN_LINES_BYTES)
}

type FirstLines = Box<dyn FnOnce() -> Vec<String> + Send>;

enum Command {
    Line(String),
    Follow { path: Utf8PathBuf, first_lines: FirstLines, ended: CancellationToken },
    Flush(oneshot::Sender<u64>),
}

/// The sending end of a run's log. Ends with its owner.
pub(crate) struct Pump {
    commands: mpsc::UnboundedSender<Command>,
    _task: AbortOnDropHandle<()>,
}

impl Pump {
    /// Starts the task.
    pub(crate) fn start(
        connection: Connection,
        job: (String, i64),
        scrubber: Scrubber,
        limit: LogLimit,
    ) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let work = Work {
            scrubber,
            uploader: Uploader::new(connection, job.0, job.1),
            pending: Vec::new(),
            engine_bytes_left: engine_bytes_max(limit.bytes_max),
            exceeded: Some(limit.exceeded),
            ends_in_line: false,
        };
        Self { commands, _task: AbortOnDropHandle::new(tokio::spawn(work.run(receiver))) }
    }

    /// Adds a line of our own.
    pub(crate) fn line(&self, text: impl Into<String>) {
        // A task that has ended has lost the job; so has the caller.
        let _ = self.commands.send(Command::Line(text.into()));
    }

    /// Adds a file as it grows, until the token is cancelled and the file read to its end. The first lines are
    /// asked for when the file has its first byte, or is over.
    pub(crate) fn follow(
        &self,
        path: Utf8PathBuf,
        first_lines: impl FnOnce() -> Vec<String> + Send + 'static,
        ended: CancellationToken,
    ) {
        let _ = self.commands.send(Command::Follow { path, first_lines: Box::new(first_lines), ended });
    }

    /// Adds a file as it is.
    pub(crate) fn file(&self, path: Utf8PathBuf) {
        let ended = CancellationToken::new();
        ended.cancel();
        self.follow(path, Vec::new, ended);
    }

    /// Waits until the server has everything added before, and answers the log's length.
    pub(crate) async fn flush(&self) -> Result<u64, Lost> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.commands.send(Command::Flush(sender));
        receiver.await.map_err(|_| Lost)
    }
}

struct Work {
    scrubber: Scrubber,
    uploader: Uploader,
    /// Scrubbed and not yet sent.
    pending: Vec<u8>,
    engine_bytes_left: u64,
    exceeded: Option<Box<dyn FnOnce() + Send>>,
    /// The engine's last line has no end yet.
    ends_in_line: bool,
}

impl Work {
    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        while let Some(command) = commands.recv().await {
            let result = match command {
                Command::Line(text) => {
                    self.line(&text);
                    Ok(())
                }
                Command::Follow { path, first_lines, ended } => self.follow(path, first_lines, ended).await,
                Command::Flush(done) => {
                    self.scrubber.finish(&mut self.pending);
                    let sent = self.send().await;
                    if sent.is_ok() {
                        let _ = done.send(self.uploader.sent_bytes());
                    }
                    sent
                }
            };
            if result == Err(Lost) {
                return;
            }
        }
    }

    fn line(&mut self, text: &str) {
        self.scrubber.finish(&mut self.pending);
        let start = if self.ends_in_line { "\n" } else { "" };
        let text = text.trim_end().replace('\n', " ");
        self.scrubber.push(format!("{start}terrane: {text}\n").as_bytes(), &mut self.pending);
        self.ends_in_line = false;
    }

    async fn follow(
        &mut self,
        path: Utf8PathBuf,
        first_lines: FirstLines,
        ended: CancellationToken,
    ) -> Result<(), Lost> {
        let mut first_lines = Some(first_lines);
        let mut file = None;
        let mut offset = 0;
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut idle = 0;
        loop {
            // Asked before reading: what was written before the end is then read.
            let is_over = ended.is_cancelled();
            if file.is_none() {
                file = File::open(&path).ok();
            }
            let count = file
                .as_ref()
                .map_or(Ok(0), |file| read_at(file, &mut buffer, offset))
                .unwrap_or_else(|error| {
                    tracing::warn!(%path, %error, "failed to read a log");
                    0
                });
            if count > 0 || is_over {
                for line in first_lines.take().map_or_else(Vec::new, |lines| lines()) {
                    self.line(&line);
                }
            }
            offset += count as u64;
            self.add(&buffer[..count]);
            if count == buffer.len() && self.pending.len() < CHUNK_BYTES {
                continue;
            }
            self.send().await?;
            if count > 0 {
                idle = 0;
            } else if is_over {
                return Ok(());
            } else {
                idle += 1;
                let wait = LOOK_AFTER[usize::from(idle > 20)];
                let _ = tokio::time::timeout(wait, ended.cancelled()).await;
            }
        }
    }

    /// Takes what an engine printed, up to the limit.
    fn add(&mut self, bytes: &[u8]) {
        let length = self.pending.len();
        if self.exceeded.is_some() {
            self.scrubber.push(bytes, &mut self.pending);
        }
        let added = (self.pending.len() - length) as u64;
        if added > self.engine_bytes_left {
            let left = usize::try_from(self.engine_bytes_left).unwrap_or(usize::MAX);
            self.pending.truncate(length + left);
            if let Some(exceeded) = self.exceeded.take() {
                exceeded();
            }
        }
        self.engine_bytes_left = self.engine_bytes_left.saturating_sub(added);
        if let Some(last) = bytes.last() {
            self.ends_in_line = *last != b'\n';
        }
    }

    async fn send(&mut self) -> Result<(), Lost> {
        self.uploader.send(&mut self.pending).await
    }
}

fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
