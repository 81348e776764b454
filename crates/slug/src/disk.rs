//! Writes entries below an opened directory, never through a link.
//!
//! Every directory on the way is opened from its parent without following links, and names were
//! cleaned before they come here, so nothing is created outside the root even if the checks above were
//! wrong or someone swapped a directory for a link meanwhile.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{CWD, Dir, Mode, OFlags, fchmod, mkdirat, openat, symlinkat},
    io::Errno,
};

use crate::{Error, name::EntryPath, walk::Sink};

const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o755);
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const PROGRAM_MODE: Mode = Mode::from_raw_mode(0o755);

/// A directory that entries are written to.
pub(crate) struct Disk {
    root: OwnedFd,
    /// The directory written to last: neighbours follow each other in an archive.
    last: Option<(String, OwnedFd)>,
}

impl Disk {
    /// Opens the directory, which must exist and be empty.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let target = |errno: Errno| Error::Target(errno.into());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, path, flags, Mode::empty()).map_err(target)?;
        for child in Dir::read_from(&root).map_err(target)? {
            if !matches!(child.map_err(target)?.file_name().to_bytes(), b"." | b"..") {
                return Err(Error::TargetNotEmpty);
            }
        }
        Ok(Self { root, last: None })
    }

    /// Opens a directory below the root, making what is missing.
    fn directory_at(&mut self, path: &str) -> io::Result<BorrowedFd<'_>> {
        if path.is_empty() {
            return Ok(self.root.as_fd());
        }
        let directory = match self.last.take() {
            Some((last, directory)) if last == path => directory,
            _ => descend(&self.root, path)?,
        };
        Ok(self.last.insert((path.to_owned(), directory)).1.as_fd())
    }
}

impl Sink for Disk {
    type File = File;

    fn directory(&mut self, path: &EntryPath) -> io::Result<()> {
        self.directory_at(path.as_str()).map(drop)
    }

    fn file(&mut self, path: &EntryPath, is_executable: bool) -> io::Result<File> {
        let (parent, name) = path.split();
        let mode = if is_executable { PROGRAM_MODE } else { FILE_MODE };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(self.directory_at(parent)?, name, flags, mode)?;
        // The process's umask must not decide what the engine can read.
        fchmod(&file, mode)?;
        Ok(file.into())
    }

    fn symlink(&mut self, path: &EntryPath, target: &str) -> io::Result<()> {
        let (parent, name) = path.split();
        Ok(symlinkat(target, self.directory_at(parent)?, name)?)
    }
}

fn descend(root: &OwnedFd, path: &str) -> io::Result<OwnedFd> {
    let mut directory = None;
    for component in path.split('/') {
        let parent: &OwnedFd = directory.as_ref().unwrap_or(root);
        directory = Some(open_or_make(parent, component)?);
    }
    directory.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn open_or_make(parent: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(parent, name, flags, Mode::empty()) {
        Err(Errno::NOENT) => {
            mkdirat(parent, name, DIRECTORY_MODE)?;
            let directory = openat(parent, name, flags, Mode::empty())?;
            fchmod(&directory, DIRECTORY_MODE)?;
            Ok(directory)
        }
        opened => Ok(opened?),
    }
}
