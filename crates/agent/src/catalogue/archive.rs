//! The program in a release's archive: a zip file as Go writes it. The archive's checksum was signed, so that this only
//! has to be strict: one part, no ZIP64, no encryption, stored or deflated; everything else is refused.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::OpenOptionsExt,
};

use camino::{Utf8Component, Utf8Path};
use flate2::{CrcReader, read::DeflateDecoder};

use super::limits::CatalogueLimits;

/// Why an archive is not used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is damaged, or of a kind that releases are not.
    #[error("the archive is damaged: {0}")]
    Damaged(&'static str),
    /// It has more entries than a release has.
    #[error("the archive has {entries} entries; releases have at most {entries_max}")]
    TooMany {
        /// So many.
        entries: usize,
        /// The limit.
        entries_max: usize,
    },
    /// It wants to write elsewhere. Nothing but the program is ever unpacked, but such an archive is no release.
    #[error("the archive has an entry {0:?} that leads out of it")]
    LeadsOut(String),
    /// It is not what it should be.
    #[error("there is no program {0} in the archive")]
    NoProgram(String),
    /// It unpacks to more than a program is.
    #[error("the program in the archive is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// The disk failed.
    #[error("failed to unpack the program: {0}")]
    Io(#[from] io::Error),
}

const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const ENTRY_SIGNATURE: &[u8] = b"PK\x01\x02";
const LOCAL_SIGNATURE: &[u8] = b"PK\x03\x04";
/// Without the comment at its end.
const END_BYTES: usize = 22;
/// A comment has at most this.
const COMMENT_BYTES_MAX: u64 = 0xffff;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// The list of all entries; a release has a handful.
const LIST_BYTES_MAX: u64 = 1 << 20;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ENCRYPTED: u16 = 1;

/// What the list says of an entry.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    flags: u16,
    method: u16,
    crc: u32,
    packed_bytes: u64,
    size_bytes: u64,
    offset: u64,
}

/// Unpacks the program, and nothing else. The file is whole and on the disk when this returns well.
pub(super) fn unpack_program(
    archive: &Utf8Path,
    name: &str,
    target: &Utf8Path,
    limits: &CatalogueLimits,
) -> Result<(), ArchiveError> {
    let mut file = File::open(archive)?;
    let entries = entries(&mut file, limits.archive_entries_max)?;
    if let Some(entry) = entries.iter().find(|entry| leads_out(&entry.name)) {
        return Err(ArchiveError::LeadsOut(entry.name.clone()));
    }
    let mut named = entries.into_iter().filter(|entry| entry.name == name);
    let entry = named.next().ok_or_else(|| ArchiveError::NoProgram(name.to_owned()))?;
    if named.next().is_some() {
        return Err(ArchiveError::Damaged("it holds the program twice"));
    }
    unpack(&mut file, &entry, target, limits.program_bytes_max)
}

/// Absolute, upwards, or in the words of another system.
fn leads_out(name: &str) -> bool {
    let path = Utf8Path::new(name);
    let is_plain =
        path.components().all(|part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir));
    name.is_empty() || name.contains(['\\', '\0', ':']) || !is_plain
}

/// The list at the end of the archive.
fn entries(file: &mut File, entries_max: usize) -> Result<Vec<Entry>, ArchiveError> {
    let size_bytes = file.metadata()?.len();
    let tail_bytes = size_bytes.min(END_BYTES as u64 + COMMENT_BYTES_MAX);
    let tail = read_at(file, size_bytes - tail_bytes, tail_bytes)?;
    let at = tail.windows(END_BYTES).rposition(|window| window.starts_with(END_SIGNATURE));
    let end = &tail[at.ok_or(ArchiveError::Damaged("it has no end, and may be cut off"))?..];
    let (disk, count) = (half(end, 4), usize::from(half(end, 10)));
    let (list_bytes, list_at) = (u64::from(word(end, 12)), u64::from(word(end, 16)));
    if disk != 0 || half(end, 8) != half(end, 10) || list_at == u64::from(u32::MAX) {
        return Err(ArchiveError::Damaged("it is in parts, or too large for a release"));
    }
    if count > entries_max {
        return Err(ArchiveError::TooMany { entries: count, entries_max });
    }
    if list_bytes > LIST_BYTES_MAX || list_at + list_bytes > size_bytes {
        return Err(ArchiveError::Damaged("its list is not where it says"));
    }
    let list = read_at(file, list_at, list_bytes)?;
    let mut rest = &list[..];
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let (entry, after) = entry(rest).ok_or(ArchiveError::Damaged("its list is cut off"))?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

fn entry(list: &[u8]) -> Option<(Entry, &[u8])> {
    let (head, rest) = list.split_at_checked(ENTRY_BYTES)?;
    if !head.starts_with(ENTRY_SIGNATURE) {
        return None;
    }
    let (name, rest) = rest.split_at_checked(half(head, 28).into())?;
    let (_, rest) = rest.split_at_checked(usize::from(half(head, 30)) + usize::from(half(head, 32)))?;
    let entry = Entry {
        // One that is no text cannot be the program's, and is one that leads out.
        name: String::from_utf8(name.to_vec()).unwrap_or_default(),
        flags: half(head, 8),
        method: half(head, 10),
        crc: word(head, 16),
        packed_bytes: word(head, 20).into(),
        size_bytes: word(head, 24).into(),
        offset: word(head, 42).into(),
    };
    Some((entry, rest))
}

fn unpack(file: &mut File, entry: &Entry, target: &Utf8Path, bytes_max: u64) -> Result<(), ArchiveError> {
    if entry.flags & ENCRYPTED != 0 {
        return Err(ArchiveError::Damaged("the program is encrypted"));
    }
    if entry.size_bytes > bytes_max {
        return Err(ArchiveError::TooLarge { bytes_max });
    }
    let head = read_at(file, entry.offset, LOCAL_BYTES as u64)?;
    if !head.starts_with(LOCAL_SIGNATURE) {
        return Err(ArchiveError::Damaged("the program is not where the list says"));
    }
    let skipped = u64::from(half(&head, 26)) + u64::from(half(&head, 28));
    file.seek(SeekFrom::Start(entry.offset + LOCAL_BYTES as u64 + skipped))?;
    let packed = BufReader::new(file.take(entry.packed_bytes));
    let unpacked: Box<dyn Read + '_> = match entry.method {
        STORED => Box::new(packed),
        DEFLATED => Box::new(DeflateDecoder::new(packed)),
        _ => return Err(ArchiveError::Damaged("the program is packed in a way that releases are not")),
    };
    // What an archive says of its sizes need not be so: the bytes are counted.
    let mut unpacked = CrcReader::new(unpacked.take(bytes_max + 1));
    let mut written = File::options().write(true).create_new(true).mode(0o755).open(target)?;
    let size_bytes = io::copy(&mut unpacked, &mut written).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            ArchiveError::Damaged("the program cannot be unpacked")
        }
        _ => error.into(),
    })?;
    if size_bytes > bytes_max {
        return Err(ArchiveError::TooLarge { bytes_max });
    }
    if size_bytes != entry.size_bytes || unpacked.crc().sum() != entry.crc {
        return Err(ArchiveError::Damaged("the program is not the one that was packed"));
    }
    Ok(written.sync_all()?)
}

fn read_at(file: &mut File, offset: u64, count: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(count).read_to_end(&mut content)?;
    if content.len() as u64 != count {
        return Err(ArchiveError::Damaged("it is cut off"));
    }
    Ok(content)
}

/// The number of two bytes there. The place is inside of a head that was read whole.
fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The number of four bytes there.
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests;
