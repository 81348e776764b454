//! Tar headers, with the long names and extended headers before them, to entries.
//!
//! Readers of tar disagree in the corners (which of two long names wins, whether a directory has
//! content, what a size with stray bits means), and an archive that two readers see differently is an
//! attack. Everything that two readers could see differently is refused.

use std::io::Read;

use tar::{EntryType, Header};

use crate::{
    Error, Limits, Refusal,
    gunzip::Gunzip,
    header::{BLOCK_BYTES, has_hidden_bytes, name_field, number, sum, until_nul},
    pax::Pax,
};

/// Extended headers carry attributes of other systems, too; this is far above what those need.
const PAX_BYTES_MAX: u64 = 1 << 20;

/// One file, directory or link as the archive describes it; names are not yet checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: EntryKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File {
        size_bytes: u64,
        is_executable: bool,
    },
    Directory,
    Symlink {
        target: Vec<u8>,
    },
    /// A header for the whole archive that says nothing we need.
    Comment,
}

/// What came before an entry to describe it.
#[derive(Default)]
struct Extensions {
    long_name: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
    pax: Option<Pax>,
}

impl Extensions {
    fn is_empty(&self) -> bool {
        self.long_name.is_none() && self.long_target.is_none() && self.pax.is_none()
    }
}

/// The next entry. Its content, if any, must be read before the next call. `None` is the proper end,
/// after which nothing but zeros may follow.
pub(crate) fn next_entry<R: Read>(stream: &mut Gunzip<R>, limits: &Limits) -> Result<Option<Entry>, Error> {
    let mut extensions = Extensions::default();
    loop {
        let offset = stream.unpacked_bytes();
        let Some(header) = next_header(stream, offset)? else {
            if !extensions.is_empty() {
                return Err(Error::DamagedHeader { offset, reason: "it describes an entry that is missing" });
            }
            expect_zeros_to_end(stream)?;
            return Ok(None);
        };
        let damaged = |reason| Error::DamagedHeader { offset, reason };
        let size_bytes = number(&header.as_old().size).ok_or_else(|| damaged("its size is not a number"))?;
        let own_name = name_field(&header);
        let refused = |reason| Error::entry(&own_name, reason);
        match header.entry_type() {
            EntryType::GNULongName => {
                let name = long_text(stream, size_bytes, "name", limits, &refused)?;
                set_once(&mut extensions.long_name, name).map_err(&refused)?;
            }
            EntryType::GNULongLink => {
                let target = long_text(stream, size_bytes, "link target", limits, &refused)?;
                set_once(&mut extensions.long_target, target).map_err(&refused)?;
            }
            EntryType::XHeader => {
                let pax = pax_header(stream, size_bytes, &refused)?;
                set_once(&mut extensions.pax, pax).map_err(&refused)?;
            }
            EntryType::XGlobalHeader => {
                if !extensions.is_empty() {
                    return Err(refused(Refusal::ExtendedHeader("describes another header")));
                }
                if pax_header(stream, size_bytes, &refused)?.changes_entries() {
                    return Err(refused(Refusal::ExtendedHeader("applies to the whole archive")));
                }
                return Ok(Some(Entry { name: own_name, kind: EntryKind::Comment }));
            }
            _ => return describe(&header, &own_name, size_bytes, extensions, offset).map(Some),
        }
    }
}

/// Skips what fills the last block of content of this size.
pub(crate) fn skip_padding<R: Read>(stream: &mut Gunzip<R>, size_bytes: u64) -> Result<(), Error> {
    let over = (size_bytes % BLOCK_BYTES as u64) as usize;
    if over == 0 {
        return Ok(());
    }
    let mut padding = [0; BLOCK_BYTES];
    let padding = &mut padding[over..];
    if stream.read_full(padding)? < padding.len() {
        return Err(Error::Truncated("in the padding after an entry"));
    }
    Ok(())
}

/// Joins a header with what was said before it.
fn describe(
    header: &Header,
    own_name: &[u8],
    size_bytes: u64,
    extensions: Extensions,
    offset: u64,
) -> Result<Entry, Error> {
    let pax = extensions.pax.unwrap_or_default();
    let refused = |reason| Error::entry(own_name, reason);
    let has_own_name = extensions.long_name.is_none() && pax.path.is_none();
    let name = one_of(extensions.long_name, pax.path).map_err(refused)?.unwrap_or_else(|| own_name.to_vec());
    let refused = |reason| Error::entry(&name, reason);
    if has_own_name && has_hidden_bytes(&header.as_old().name) {
        return Err(refused(Refusal::Nul("name")));
    }
    if pax.sparse {
        return Err(refused(Refusal::Kind("a sparse file")));
    }
    if pax.size_bytes.is_some_and(|pax_size_bytes| pax_size_bytes != size_bytes) {
        return Err(refused(Refusal::ExtendedHeader("gives another size")));
    }
    let mode = number(&header.as_old().mode)
        .ok_or(Error::DamagedHeader { offset, reason: "its mode is not a number" })?;
    let kind = match header.entry_type() {
        // Before there was a type for directories, a slash at the end made one.
        EntryType::Regular if name.ends_with(b"/") => EntryKind::Directory,
        EntryType::Regular => return Ok(Entry { name, kind: file(size_bytes, mode) }),
        EntryType::Directory => EntryKind::Directory,
        EntryType::Symlink => {
            let long = one_of(extensions.long_target, pax.link_path).map_err(refused)?;
            if long.is_none() && has_hidden_bytes(&header.as_old().linkname) {
                return Err(refused(Refusal::Nul("link target")));
            }
            let target = long.unwrap_or_else(|| until_nul(&header.as_old().linkname).to_vec());
            EntryKind::Symlink { target }
        }
        other => return Err(refused(Refusal::Kind(kind_name(other)))),
    };
    if size_bytes != 0 {
        return Err(refused(Refusal::UnexpectedContent));
    }
    Ok(Entry { name, kind })
}

fn file(size_bytes: u64, mode: u64) -> EntryKind {
    EntryKind::File { size_bytes, is_executable: mode & 0o100 != 0 }
}

fn kind_name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link => "a hard link",
        EntryType::Char => "a character device",
        EntryType::Block => "a block device",
        EntryType::Fifo => "a named pipe",
        EntryType::GNUSparse => "a sparse file",
        EntryType::Continuous => "a contiguous file",
        _ => "of a kind this server does not know",
    }
}

/// Two ways to give the same thing must agree.
fn one_of(long: Option<Vec<u8>>, pax: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Refusal> {
    match (long, pax) {
        (Some(long), Some(pax)) if long != pax => {
            Err(Refusal::ExtendedHeader("contradicts a long name before it"))
        }
        (long, pax) => Ok(pax.or(long)),
    }
}

fn set_once<T>(field: &mut Option<T>, value: T) -> Result<(), Refusal> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refusal::ExtendedHeader("follows another of its kind")),
    }
}

fn long_text<R: Read>(
    stream: &mut Gunzip<R>,
    size_bytes: u64,
    what: &'static str,
    limits: &Limits,
    refused: &impl Fn(Refusal) -> Error,
) -> Result<Vec<u8>, Error> {
    let limit_bytes = limits.path_bytes();
    // The text ends with a NUL that is not part of it.
    if size_bytes > limit_bytes as u64 + 1 {
        return Err(refused(Refusal::TooLong { what, limit_bytes }));
    }
    let mut data = read_content(stream, size_bytes)?;
    if has_hidden_bytes(&data) {
        return Err(refused(Refusal::Nul(what)));
    }
    data.truncate(until_nul(&data).len());
    Ok(data)
}

fn pax_header<R: Read>(
    stream: &mut Gunzip<R>,
    size_bytes: u64,
    refused: &impl Fn(Refusal) -> Error,
) -> Result<Pax, Error> {
    if size_bytes > PAX_BYTES_MAX {
        return Err(refused(Refusal::ExtendedHeader("is longer than 1 MiB")));
    }
    let data = read_content(stream, size_bytes)?;
    Pax::parse(&data).map_err(|reason| refused(Refusal::ExtendedHeader(reason)))
}

/// Reads the whole content of a header that describes another; callers bound the size.
fn read_content<R: Read>(stream: &mut Gunzip<R>, size_bytes: u64) -> Result<Vec<u8>, Error> {
    let mut data = vec![0; usize::try_from(size_bytes).unwrap_or(usize::MAX)];
    if stream.read_full(&mut data)? < data.len() {
        return Err(Error::Truncated("in an extended header"));
    }
    skip_padding(stream, size_bytes)?;
    Ok(data)
}

/// The next block as a header; `None` when it is the first of the two zero blocks at the end.
fn next_header<R: Read>(stream: &mut Gunzip<R>, offset: u64) -> Result<Option<Header>, Error> {
    let mut header = Header::new_old();
    match stream.read_full(header.as_mut_bytes())? {
        0 => return Err(Error::Truncated("before the two zero blocks that end it")),
        BLOCK_BYTES => {}
        _ => return Err(Error::Truncated("inside a header")),
    }
    let block = header.as_bytes();
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let checksum = number(&header.as_old().cksum);
    if checksum != Some(sum(block)) {
        return Err(Error::DamagedHeader { offset, reason: "its checksum is wrong" });
    }
    Ok(Some(header))
}

fn expect_zeros_to_end<R: Read>(stream: &mut Gunzip<R>) -> Result<(), Error> {
    let mut block = [0; BLOCK_BYTES];
    if stream.read_full(&mut block)? < BLOCK_BYTES {
        return Err(Error::Truncated("before the two zero blocks that end it"));
    }
    let mut buffer = vec![0; 32 * 1024];
    let mut bytes = &block[..];
    loop {
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(Error::TrailingData("bytes that are not zero follow the end of the tar archive"));
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => bytes = &buffer[..count],
        }
    }
}
