//! Disk space kept back for what must not be lost when a disk is full.

use std::{fs, fs::File, io};

use camino::Utf8PathBuf;
use rustix::fs::{FallocateFlags, fallocate};

/// A file that takes space until it is needed.
#[derive(Debug)]
pub(crate) struct Reserve(Option<Utf8PathBuf>);

impl Reserve {
    /// Takes the space. Without it things go as they do without a reserve.
    pub(crate) fn take(path: Utf8PathBuf, size_bytes: u64) -> Self {
        let taken = File::create(&path)
            .and_then(|file| Ok(fallocate(&file, FallocateFlags::empty(), 0, size_bytes)?));
        if taken.is_err() {
            // Half a reserve is none.
            let _ = fs::remove_file(&path);
        }
        Self(taken.is_ok().then_some(path))
    }

    /// Gives it up for an operation that found the disk full. True when there is more space now, once.
    pub(crate) fn is_freed_for(&mut self, error: &io::Error) -> bool {
        let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        match self.0.take_if(|_| is_full) {
            Some(path) => fs::remove_file(path).is_ok(),
            None => false,
        }
    }
}
