//! The task that joins our own lines and growing files to one log and sends it.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    journal::{Entry, Journal},
    scrub::Scrubber,
    upload::{Lost, Uploader},
};
use crate::{client::Connection, job::Folder, supervisor::record::Level};

/// Read at once; a few of these are all the memory a log of any size takes.
const CHUNK_BYTES: usize = 256 * 1024;
/// How long a line may lie in the file before it is seen: the shorter one while the engine is printing.
const LOOK_AFTER: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(20)];
/// Between two pieces while the engine prints. Each costs the server a transaction, and the engine may need the processor.
const GATHER_FOR: Duration = Duration::from_millis(50);
/// The outputs that are begun with what the sandbox lacks.
const PHASE_LOGS: [&str; 2] = ["plan", "apply"];
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

/// Which log this is.
pub(crate) struct LogOf {
    /// The job and its lease.
    pub(crate) job_id: String,
    /// The lease's epoch.
    pub(crate) lease_epoch: i64,
    /// Where on the server this attempt's log begins.
    pub(crate) first_offset: u64,
    /// An earlier process may have sent some of it.
    pub(crate) is_resumed: bool,
    /// The job's folder.
    pub(crate) folder: Folder,
    /// The phase is over: files grow no more.
    pub(crate) phase_ended: CancellationToken,
}

enum Command {
    Line(String),
    Output(String),
    Flush(oneshot::Sender<u64>),
}

impl From<Entry> for Command {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Line(text) => Self::Line(text),
            Entry::Output(name) => Self::Output(name),
        }
    }
}

/// The sending end of a run's log. Ends with its owner.
pub(crate) struct Pump {
    commands: mpsc::UnboundedSender<Command>,
    journal: Mutex<Journal>,
    _task: AbortOnDropHandle<()>,
}

impl Pump {
    /// Starts the task. What the journal holds is told again.
    pub(crate) fn start(connection: Connection, log: LogOf, scrubber: Scrubber, limit: LogLimit) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let journal = Journal::open(&log.folder.journal());
        for entry in journal.earlier() {
            // The receiver is right here.
            let _ = commands.send(entry.clone().into());
        }
        let uploader = Uploader::new(connection, log.job_id, log.lease_epoch, log.first_offset);
        let work = Work {
            scrubber,
            uploader,
            folder: log.folder,
            phase_ended: log.phase_ended,
            pending: Vec::new(),
            engine_bytes_left: engine_bytes_max(limit.bytes_max).saturating_sub(log.first_offset),
            exceeded: Some(limit.exceeded),
            ends_in_line: log.first_offset > 0,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(work.run(receiver, log.is_resumed)));
        Self { commands, journal: Mutex::new(journal), _task: task }
    }

    /// Adds a line of our own, once.
    pub(crate) fn line(&self, text: impl Into<String>) {
        self.add(Entry::Line(text.into()));
    }

    /// Adds what a command prints, once: as it grows, until the phase is over and the file read to its end.
    pub(crate) fn output(&self, name: &str) {
        self.add(Entry::Output(name.to_owned()));
    }

    fn add(&self, entry: Entry) {
        let is_new = self.journal.lock().unwrap_or_else(PoisonError::into_inner).add(&entry);
        if is_new {
            // A task that has ended has lost the job; so has the caller.
            let _ = self.commands.send(entry.into());
        }
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
    folder: Folder,
    phase_ended: CancellationToken,
    /// Scrubbed and not yet sent.
    pending: Vec<u8>,
    engine_bytes_left: u64,
    exceeded: Option<Box<dyn FnOnce() + Send>>,
    /// The engine's last line has no end yet.
    ends_in_line: bool,
}

impl Work {
    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>, is_resumed: bool) {
        if is_resumed && self.uploader.resume().await == Err(Lost) {
            return;
        }
        while let Some(command) = commands.recv().await {
            let result = match command {
                Command::Line(text) => {
                    self.line(&text);
                    // At once, when nothing else is to come soon.
                    if commands.is_empty() { self.send().await } else { Ok(()) }
                }
                Command::Output(name) => self.follow(&name).await,
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

    async fn follow(&mut self, name: &str) -> Result<(), Lost> {
        let (path, ended) = (self.folder.log(name), self.phase_ended.clone());
        // Known when the engine has printed its first byte, or the phase is over.
        let mut is_first = PHASE_LOGS.contains(&name);
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
            if is_first && (count > 0 || is_over) {
                is_first = false;
                for lacking in Level::read(&self.folder).unwrap_or_default().lacking {
                    self.line(&format!("the sandbox is not full: {lacking}"));
                }
            }
            offset += count as u64;
            self.add(&buffer[..count]);
            if count == buffer.len() && self.pending.len() < CHUNK_BYTES {
                continue;
            }
            self.send().await?;
            let wait = if count == buffer.len() {
                continue;
            } else if count > 0 {
                idle = 0;
                GATHER_FOR
            } else if is_over {
                return Ok(());
            } else {
                idle += 1;
                LOOK_AFTER[usize::from(idle > 20)]
            };
            let _ = tokio::time::timeout(wait, ended.cancelled()).await;
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
            // What is held back would come after the cut, and more or less of it by chance.
            self.scrubber.forget();
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
