//! What a log is made of, in order: our own lines, and files of the engine.
//!
//! Each entry is on disk before any of its bytes is sent. Engines only append to their files, a scrubber's output
//! does not depend on how its input was cut, and its secrets are kept with the job: so the whole stream can be made
//! again, byte for byte, by a later process, which leaves out what the server has.

use std::{
    fs::{File, OpenOptions},
    io,
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// Entries are few and short.
const JOURNAL_BYTES_MAX: u64 = 16 << 20;

/// One part of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// A line of our own.
    Line(String),
    /// What the command of this name printed.
    Output(String),
}

/// The file.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Option<File>,
    /// What an earlier process wrote.
    earlier: Vec<Entry>,
}

impl Journal {
    /// Opens the journal of a job, and reads what is there. Without a disk to write to there is none, and the log is
    /// only as safe as this process.
    pub(crate) fn open(path: &Utf8Path) -> Self {
        match open(path) {
            Ok((file, earlier)) => Self { file: Some(file), earlier },
            Err(error) => {
                tracing::warn!(%path, %error, "failed to open a log's journal");
                Self { file: None, earlier: Vec::new() }
            }
        }
    }

    /// What an earlier process wrote, in order.
    pub(crate) fn earlier(&self) -> &[Entry] {
        &self.earlier
    }

    /// Adds an entry, unless an earlier process did. False when it was there.
    pub(crate) fn add(&mut self, entry: &Entry) -> bool {
        if self.earlier.contains(entry) {
            return false;
        }
        let added = self.file.as_mut().map_or(Ok(()), |file| append(file, entry));
        if let Err(error) = added {
            tracing::warn!(%error, "failed to add to a log's journal");
        }
        true
    }
}

fn open(path: &Utf8Path) -> io::Result<(File, Vec<Entry>)> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut text = Vec::new();
    Read::take(&file, JOURNAL_BYTES_MAX).read_to_end(&mut text)?;
    let mut earlier = Vec::new();
    let mut whole_bytes = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        // A line that was cut off was never sent.
        let (true, Ok(entry)) = (line.ends_with(b"\n"), serde_json::from_slice(line)) else { break };
        earlier.push(entry);
        whole_bytes += line.len() as u64;
    }
    file.set_len(whole_bytes)?;
    Ok((file, earlier))
}

fn append(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)
}

#[cfg(test)]
mod tests {
    use super::{Entry, Journal};
    use camino::Utf8Path;
    use std::io::Write;

    #[test]
    fn a_later_process_finds_every_whole_entry() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = Utf8Path::from_path(dir.path()).expect("utf-8").join("journal");
        let (line, output) = (Entry::Line("a\nb".into()), Entry::Output("plan".into()));
        let mut journal = Journal::open(&path);
        assert!(journal.add(&line) && journal.add(&line) && journal.add(&output));
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("opened");
        file.write_all(b"{\"line\":\"cut o").expect("written");
        let mut later = Journal::open(&path);
        assert_eq!(later.earlier(), [line.clone(), line.clone(), output]);
        assert!(!later.add(&line));
        let new = Entry::Line("c".into());
        assert!(later.add(&new));
        assert_eq!(Journal::open(&path).earlier().last(), Some(&new));
    }
}
