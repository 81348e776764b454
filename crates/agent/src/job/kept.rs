//! What a job is, kept in its folder for an agent process that comes later.

use std::{fs, fs::File, io, io::Write, os::unix::fs::OpenOptionsExt};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use terrane_wire::{Held, Job, Report, Secret};

use super::folder::Folder;

/// The version of the files here.
const KEPT_VERSION: u32 = 1;
/// A job with its variables, or a report with its lock file, is far smaller.
const KEPT_BYTES_MAX: u64 = 64 << 20;

/// A job and what this agent made up for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    version: u32,
    /// As it was claimed.
    pub(crate) job: Job,
    /// The bearer token of the run's state service. The log is scrubbed of it, so a later process must know it.
    pub(crate) token: Secret,
}

impl Kept {
    pub(crate) fn new(job: Job, token: String) -> Self {
        Self { version: KEPT_VERSION, job, token: Secret::new(token) }
    }

    /// Writes it so that it is either whole or absent. That of an apply survives a power cut; a plan is made again, and
    /// does not wait for the disk.
    pub(crate) fn write(&self, folder: &Folder) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        if self.job.apply().is_none() {
            return write_whole(&folder.job_file(), &text, |_| Ok(()));
        }
        write_durably(&folder.job_file(), &text)?;
        match folder.root().parent() {
            Some(work_dir) => File::open(work_dir)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Reads what an earlier process wrote.
    pub(crate) fn read(folder: &Folder) -> io::Result<Self> {
        let kept: Self = read_json(&folder.job_file())?;
        if kept.version != KEPT_VERSION || kept.job.version != terrane_wire::VERSION {
            return Err(io::Error::other("the job was written by another version of this program"));
        }
        Ok(kept)
    }

    /// For the hello.
    pub(crate) fn held(&self) -> Held {
        Held { job_id: self.job.id.clone(), lease_epoch: self.job.lease_epoch }
    }
}

/// Keeps a report before it is sent, so that a repeat by a later process is the same.
pub(super) fn keep_report(folder: &Folder, report: &Report) -> io::Result<()> {
    write_durably(&folder.report(), &serde_json::to_vec(report)?)
}

/// The report an earlier process was about to send.
pub(super) fn kept_report(folder: &Folder) -> Option<Report> {
    read_json(&folder.report()).ok()
}

/// Writes a private file under another name and moves it to its place; file and folder are synced.
pub(crate) fn write_durably(path: &Utf8Path, content: &[u8]) -> io::Result<()> {
    write_whole(path, content, File::sync_all)?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

fn write_whole(
    path: &Utf8Path,
    content: &[u8],
    before_it_is_moved: impl Fn(&File) -> io::Result<()>,
) -> io::Result<()> {
    let partial = Utf8PathBuf::from(format!("{path}.partial"));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(content)?;
    before_it_is_moved(&file)?;
    fs::rename(&partial, path)
}

/// Reads a small JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Utf8Path) -> io::Result<T> {
    use std::io::Read;
    let mut text = Vec::new();
    File::open(path)?.take(KEPT_BYTES_MAX).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
