//! Why an archive is refused, in words for the person who uploaded it.

use std::io;

use thiserror::Error as ThisError;

/// Why an archive cannot be inspected or unpacked.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes are not those of a gzip file; an empty upload is one such case.
    #[error("the archive is not gzip-compressed")]
    NotGzip,
    /// The upload stops before the archive does.
    #[error("the archive is truncated: it ends {0}")]
    Truncated(&'static str),
    /// The gzip layer does not decode or its checksum is wrong.
    #[error("the gzip data is damaged: {0}")]
    DamagedGzip(String),
    /// Something follows where the archive should be over.
    #[error("the archive has trailing data: {0}")]
    TrailingData(&'static str),
    /// A tar header cannot be read.
    #[error("the tar header at byte {offset} is damaged: {reason}")]
    DamagedHeader {
        /// Where the header starts in the decompressed archive.
        offset: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The archive unpacks to too many bytes.
    #[error("the archive unpacks to more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit it exceeds.
        limit_bytes: u64,
    },
    /// The archive holds too many entries.
    #[error("the archive has more than {limit} entries, counting the directories they imply")]
    TooManyEntries {
        /// The limit it exceeds.
        limit: u64,
    },
    /// The archive unpacks to suspiciously many bytes for its size.
    #[error("the archive unpacks to more than {limit} times its compressed size")]
    RatioTooHigh {
        /// The limit it exceeds.
        limit: u64,
    },
    /// One entry is refused.
    #[error("entry {name} {reason}")]
    Entry {
        /// The entry's name, quoted, escaped and shortened for display.
        name: String,
        /// What is wrong with it.
        reason: Refusal,
    },
    /// The archive's bytes could not be read.
    #[error("cannot read the archive: {0}")]
    Read(#[source] io::Error),
    /// The directory to unpack into cannot be used.
    #[error("cannot use the directory to unpack into: {0}")]
    Target(#[source] io::Error),
    /// The directory to unpack into holds something already.
    #[error("the directory to unpack into is not empty")]
    TargetNotEmpty,
    /// An entry could not be written.
    #[error("cannot write entry {name}: {source}")]
    Write {
        /// The entry's name, quoted, escaped and shortened for display.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// Whether the archive is at fault, as opposed to the disk or the connection.
    #[must_use]
    pub fn is_archive_fault(&self) -> bool {
        !matches!(self, Self::Read(_) | Self::Target(_) | Self::TargetNotEmpty | Self::Write { .. })
    }

    /// Refuses the entry of this raw name.
    pub(crate) fn entry(name: &[u8], reason: Refusal) -> Self {
        Self::Entry { name: shown(name), reason }
    }
}

/// What is wrong with one entry; reads after the entry's name.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Refusal {
    /// The name is empty.
    #[error("has an empty name")]
    EmptyName,
    /// The name starts with a slash.
    #[error("has an absolute name")]
    Absolute,
    /// The name has a `..` component.
    #[error("has a name with a `..` component")]
    ParentComponent,
    /// The name or link target holds a NUL byte.
    #[error("has a NUL byte in its {0}")]
    Nul(&'static str),
    /// The name or link target is not UTF-8.
    #[error("has a {0} that is not UTF-8")]
    NotUtf8(&'static str),
    /// The name or link target is too long.
    #[error("has a {what} longer than {limit_bytes} bytes")]
    TooLong {
        /// The name, one component of it, or the link target.
        what: &'static str,
        /// The limit it exceeds.
        limit_bytes: usize,
    },
    /// The name has too many components.
    #[error("is more than {limit} directories deep")]
    TooDeep {
        /// The limit it exceeds.
        limit: usize,
    },
    /// The entry is neither file, directory nor symbolic link.
    #[error("is {0}, which is not allowed; only files, directories and symbolic links are")]
    Kind(&'static str),
    /// Something other than a directory takes the archive's root.
    #[error("stands for the archive's root but is not a directory")]
    RootNotDirectory,
    /// The name was used before.
    #[error("appears more than once")]
    Duplicate,
    /// A parent of the entry is a file.
    #[error("lies below {0}, which is a file")]
    BelowFile(String),
    /// A parent of the entry is a symbolic link.
    #[error("lies below {0}, which is a symbolic link")]
    BelowSymlink(String),
    /// A symbolic link points nowhere.
    #[error("is a symbolic link without a target")]
    EmptyTarget,
    /// A symbolic link has an absolute target.
    #[error("is a symbolic link to the absolute path {0}")]
    AbsoluteTarget(String),
    /// A symbolic link points outside the archive.
    #[error("is a symbolic link to {0}, which leaves the archive")]
    EscapingTarget(String),
    /// A symbolic link's target goes up again from something that is no directory of the archive.
    #[error("is a symbolic link to {0}, which goes up from something that is not a directory of the archive")]
    UnclearTarget(String),
    /// There are too many links whose target goes down and up again.
    #[error("is one of more than {0} symbolic links that go down and up again")]
    TooManyUnclearTargets(usize),
    /// A directory or link claims to have content.
    #[error("is not a file but has content")]
    UnexpectedContent,
    /// The size does not fit in what may still be unpacked.
    #[error("has {size_bytes} bytes, more than is left of the limit of {limit_bytes} bytes")]
    TooLarge {
        /// The entry's size as its header says.
        size_bytes: u64,
        /// The limit for the whole archive.
        limit_bytes: u64,
    },
    /// An extended header is malformed or contradicts the header it belongs to.
    #[error("has an extended header that {0}")]
    ExtendedHeader(&'static str),
}

/// Why a directory cannot be packed.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum PackError {
    /// A file or directory could not be read.
    #[error("cannot read {name}: {source}")]
    Read {
        /// What was being read.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The archive could not be written.
    #[error("cannot write the archive: {0}")]
    Write(#[source] io::Error),
    /// An archive with this entry would be refused when unpacked.
    #[error("{name} {reason}")]
    Refused {
        /// The entry's name, quoted, escaped and shortened for display.
        name: String,
        /// What is wrong with it.
        reason: Refusal,
    },
    /// A file changed its size while it was read.
    #[error("{0} changed while it was read")]
    Changed(String),
}

/// A name or target as it may be shown to people: quoted, escaped, not longer than a line.
pub(crate) fn shown(raw: &[u8]) -> String {
    const CHARACTERS_MAX: usize = 120;
    let text = String::from_utf8_lossy(&raw[..raw.len().min(CHARACTERS_MAX * 4)]);
    let short: String = text.chars().take(CHARACTERS_MAX).collect();
    let more = if short.len() < raw.len() && short.chars().count() == CHARACTERS_MAX { "…" } else { "" };
    format!("\"{}{more}\"", short.escape_debug())
}
