//! The one loop behind `inspect` and `unpack`: they differ only in the sink.

use std::io::{self, Read, Write};

use crate::{
    Error, Limits, Refusal, Summary,
    entries::{Entry, EntryKind, next_entry, skip_padding},
    error::shown,
    gunzip::Gunzip,
    name::{EntryPath, Target},
    tree::Tree,
};

const COPY_BUFFER_BYTES: usize = 64 * 1024;

/// Where entries go. It is only asked for what passed every check, so it has nothing to refuse.
pub(crate) trait Sink {
    /// Takes one file's content.
    type File: Write;

    fn directory(&mut self, path: &EntryPath) -> io::Result<()>;
    fn file(&mut self, path: &EntryPath, is_executable: bool) -> io::Result<Self::File>;
    fn symlink(&mut self, path: &EntryPath, target: &str) -> io::Result<()>;
}

/// Looks at everything and keeps nothing.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    type File = io::Sink;

    fn directory(&mut self, _: &EntryPath) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, _: &EntryPath, _: bool) -> io::Result<Self::File> {
        Ok(io::sink())
    }

    fn symlink(&mut self, _: &EntryPath, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the archive to its end, checks every entry and hands the good ones to the sink.
pub(crate) fn walk<R: Read, S: Sink>(archive: R, limits: &Limits, sink: &mut S) -> Result<Summary, Error> {
    let mut walk = Walk {
        stream: Gunzip::new(archive, limits)?,
        limits,
        sink,
        tree: Tree::new(limits.entries_max),
        summary: Summary::default(),
        buffer: vec![0; COPY_BUFFER_BYTES],
    };
    while let Some(entry) = next_entry(&mut walk.stream, limits)? {
        walk.tree.count()?;
        walk.entry(&entry)?;
    }
    let Walk { tree, sink, mut summary, .. } = walk;
    summary.directories = tree.directories();
    for link in tree.finish()? {
        sink.symlink(&link.path, &link.target).map_err(|source| write_error(&link.path, source))?;
    }
    Ok(summary)
}

struct Walk<'a, R, S> {
    stream: Gunzip<R>,
    limits: &'a Limits,
    sink: &'a mut S,
    tree: Tree,
    summary: Summary,
    buffer: Vec<u8>,
}

impl<R: Read, S: Sink> Walk<'_, R, S> {
    fn entry(&mut self, entry: &Entry) -> Result<(), Error> {
        if entry.kind == EntryKind::Comment {
            return Ok(());
        }
        let refused = |reason| Error::entry(&entry.name, reason);
        let path = EntryPath::clean(&entry.name, self.limits).map_err(refused)?;
        match &entry.kind {
            EntryKind::Comment => Ok(()),
            EntryKind::Directory => {
                self.tree.add_directory(&path)?;
                self.sink.directory(&path).map_err(|source| write_error(&path, source))
            }
            EntryKind::File { size_bytes, is_executable } => self.file(&path, *size_bytes, *is_executable),
            EntryKind::Symlink { target } => {
                let target = Target::check(target, &path, self.limits).map_err(refused)?;
                self.summary.symlinks += 1;
                if !self.tree.add_symlink(&path, &target)? {
                    return Ok(());
                }
                self.sink.symlink(&path, &target.text).map_err(|source| write_error(&path, source))
            }
        }
    }

    fn file(&mut self, path: &EntryPath, size_bytes: u64, is_executable: bool) -> Result<(), Error> {
        if size_bytes > self.stream.left_bytes() {
            let limit_bytes = self.limits.unpacked_bytes_max;
            return Err(Error::entry(
                path.as_str().as_bytes(),
                Refusal::TooLarge { size_bytes, limit_bytes },
            ));
        }
        if path.is_packers_own() {
            return self.copy(path, size_bytes, &mut io::sink());
        }
        self.tree.add_file(path)?;
        let mut file = self.sink.file(path, is_executable).map_err(|source| write_error(path, source))?;
        self.copy(path, size_bytes, &mut file)?;
        self.summary.files += 1;
        self.summary.unpacked_bytes += size_bytes;
        Ok(())
    }

    fn copy(&mut self, path: &EntryPath, size_bytes: u64, to: &mut impl Write) -> Result<(), Error> {
        let mut left = size_bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            let count = self.stream.read(&mut self.buffer[..most])?;
            if count == 0 {
                return Err(Error::Truncated("inside a file"));
            }
            to.write_all(&self.buffer[..count]).map_err(|source| write_error(path, source))?;
            left -= count as u64;
        }
        skip_padding(&mut self.stream, size_bytes)
    }
}

fn write_error(path: &EntryPath, source: io::Error) -> Error {
    Error::Write { name: shown(path.as_str().as_bytes()), source }
}
