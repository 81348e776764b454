//! A directory, or a few files, to an archive.
//!
//! The same tree gives the same bytes: entries are sorted, owners and times are zero. An archive made
//! here passes [`inspect`](crate::inspect) unless it exceeds the limits on size and count.

use std::{
    ffi::OsString,
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use tar::{EntryType, Header};

use crate::{
    Error, Limits, PackError, Refusal, Summary,
    error::shown,
    name::{EntryPath, Target},
    tree::Tree,
};

const PERMISSION_BITS: u32 = 0o777;

/// Packs what lies in a directory, without `.git` and without `.terraform` except for its modules.
///
/// Symbolic links are kept as links. Go's packer replaces those that leave the directory by what they
/// point to; here they are refused, because nobody asked to publish what lies outside.
///
/// # Errors
///
/// Names what could not be read, or what [`unpack`](crate::unpack) would refuse. What was written by
/// then is no archive.
pub fn pack(from: &Path, to: impl Write) -> Result<Summary, PackError> {
    let mut packer = Packer {
        archive: GzEncoder::new(to, Compression::fast()),
        tree: Tree::new(u64::MAX),
        limits: Limits::default(),
        summary: Summary::default(),
    };
    let children = children(from).map_err(|source| read_error(from, source))?;
    packer.children(from, "", children)?;
    packer.finish()
}

/// Packs files given by name and content, in this order, readable to all and not executable.
///
/// Names are written as they are, so that a test can make an archive that is refused.
#[must_use]
pub fn pack_files(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = GzEncoder::new(Vec::new(), Compression::fast());
    let written = files.iter().try_for_each(|(name, content)| {
        write_header(&mut archive, name.as_bytes(), EntryType::Regular, 0o644, content.len() as u64, b"")?;
        archive.write_all(content)?;
        write_padding(&mut archive, content.len() as u64)
    });
    written
        .and_then(|()| write_end(&mut archive))
        .and_then(|()| archive.finish())
        .expect("writing to memory does not fail")
}

struct Packer<W: Write> {
    archive: GzEncoder<W>,
    tree: Tree,
    limits: Limits,
    summary: Summary,
}

impl<W: Write> Packer<W> {
    fn children(&mut self, directory: &Path, prefix: &str, names: Vec<OsString>) -> Result<(), PackError> {
        for name in names {
            let path = directory.join(&name);
            let mut entry = prefix.as_bytes().to_vec();
            entry.extend_from_slice(name.as_bytes());
            let metadata = fs::symlink_metadata(&path).map_err(|source| read_error(&path, source))?;
            let clean = EntryPath::clean(&entry, &self.limits).map_err(|reason| refused(&entry, reason))?;
            if metadata.is_dir() {
                self.directory(&path, &clean, &metadata)?;
            } else if name != ".terraform" {
                self.leaf(&path, &clean, &metadata)?;
            }
        }
        Ok(())
    }

    fn directory(&mut self, path: &Path, entry: &EntryPath, metadata: &Metadata) -> Result<(), PackError> {
        let mut names = children(path).map_err(|source| read_error(path, source))?;
        if entry.split().1 == ".terraform" {
            names.retain(|name| name == "modules");
            if names.is_empty() {
                return Ok(());
            }
        }
        self.tree.add_directory(entry).map_err(from_tree)?;
        let prefix = format!("{}/", entry.as_str());
        let mode = metadata.permissions().mode();
        write_header(&mut self.archive, prefix.as_bytes(), EntryType::Directory, mode, 0, b"")
            .map_err(PackError::Write)?;
        self.children(path, &prefix, names)
    }

    fn leaf(&mut self, path: &Path, entry: &EntryPath, metadata: &Metadata) -> Result<(), PackError> {
        if metadata.is_symlink() {
            return self.symlink(path, entry);
        }
        if !metadata.is_file() {
            return Err(refused(entry.as_str().as_bytes(), Refusal::Kind("a device, pipe or socket")));
        }
        self.tree.add_file(entry).map_err(from_tree)?;
        let file = File::open(path).map_err(|source| read_error(path, source))?;
        let size_bytes = metadata.len();
        let name = entry.as_str().as_bytes();
        let mode = metadata.permissions().mode();
        write_header(&mut self.archive, name, EntryType::Regular, mode, size_bytes, b"")
            .map_err(PackError::Write)?;
        let copied = self.copy(path, file.take(size_bytes))?;
        if copied != size_bytes {
            return Err(PackError::Changed(shown(name)));
        }
        write_padding(&mut self.archive, size_bytes).map_err(PackError::Write)?;
        self.summary.files += 1;
        self.summary.unpacked_bytes += size_bytes;
        Ok(())
    }

    fn symlink(&mut self, path: &Path, entry: &EntryPath) -> Result<(), PackError> {
        let name = entry.as_str().as_bytes();
        let target = fs::read_link(path).map_err(|source| read_error(path, source))?;
        let target = Target::check(target.as_os_str().as_bytes(), entry, &self.limits)
            .map_err(|reason| refused(name, reason))?;
        self.tree.add_symlink(entry, &target).map_err(from_tree)?;
        let target = target.text.as_bytes();
        write_header(&mut self.archive, name, EntryType::Symlink, PERMISSION_BITS, 0, target)
            .map_err(PackError::Write)?;
        self.summary.symlinks += 1;
        Ok(())
    }

    /// Copies and tells a file that cannot be read from an archive that cannot be written.
    fn copy(&mut self, path: &Path, mut from: impl Read) -> Result<u64, PackError> {
        let mut buffer = vec![0; 64 * 1024];
        let mut copied = 0;
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(copied),
                Ok(count) => {
                    self.archive.write_all(&buffer[..count]).map_err(PackError::Write)?;
                    copied += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(read_error(path, source)),
            }
        }
    }

    fn finish(mut self) -> Result<Summary, PackError> {
        self.summary.directories = self.tree.directories();
        self.tree.finish().map_err(from_tree)?;
        write_end(&mut self.archive).map_err(PackError::Write)?;
        self.archive.finish().and_then(|mut to| to.flush()).map_err(PackError::Write)?;
        Ok(self.summary)
    }
}

/// The names in a directory that are packed, sorted by their bytes.
fn children(directory: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(directory)?.map(|child| Ok(child?.file_name()));
    let mut names: Vec<_> =
        names.filter(|name| !name.as_ref().is_ok_and(|name| name == ".git")).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

fn read_error(path: &Path, source: io::Error) -> PackError {
    PackError::Read { name: shown(path.as_os_str().as_bytes()), source }
}

fn refused(name: &[u8], reason: Refusal) -> PackError {
    PackError::Refused { name: shown(name), reason }
}

/// The tree only ever refuses an entry here: its count is unlimited.
fn from_tree(error: Error) -> PackError {
    match error {
        Error::Entry { name, reason } => PackError::Refused { name, reason },
        other => PackError::Write(io::Error::other(other)),
    }
}

fn write_header(
    archive: &mut impl Write,
    name: &[u8],
    kind: EntryType,
    mode: u32,
    size_bytes: u64,
    target: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    if name.len() > header.as_old().name.len() {
        write_long(archive, EntryType::GNULongName, name)?;
    }
    if target.len() > header.as_old().linkname.len() {
        write_long(archive, EntryType::GNULongLink, target)?;
    }
    header.set_entry_type(kind);
    header.set_mode(mode & PERMISSION_BITS);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size_bytes);
    fill(&mut header.as_old_mut().name, name);
    fill(&mut header.as_old_mut().linkname, target);
    header.set_cksum();
    archive.write_all(header.as_bytes())
}

/// Writes a name that is too long for the header of its entry.
fn write_long(archive: &mut impl Write, kind: EntryType, text: &[u8]) -> io::Result<()> {
    let size_bytes = text.len() as u64 + 1;
    write_header(archive, b"././@LongLink", kind, 0, size_bytes, b"")?;
    archive.write_all(text)?;
    archive.write_all(&[0])?;
    write_padding(archive, size_bytes)
}

fn fill(field: &mut [u8], text: &[u8]) {
    let count = text.len().min(field.len());
    field[..count].copy_from_slice(&text[..count]);
}

fn write_padding(archive: &mut impl Write, size_bytes: u64) -> io::Result<()> {
    let over = (size_bytes % 512) as usize;
    if over == 0 { Ok(()) } else { archive.write_all(&[0; 512][over..]) }
}

fn write_end(archive: &mut impl Write) -> io::Result<()> {
    archive.write_all(&[0; 1024])
}
