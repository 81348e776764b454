//! Configuration archives (gzip-compressed tar) in and out, with limits; no network.
//!
//! What comes in was made by a stranger. [`inspect`] and [`unpack`] run the same walk over the
//! archive and differ only in where the bytes go, so an archive that was accepted at the upload
//! cannot be refused when the run starts.
//!
//! | module | holds |
//! |---|---|
//! | `limits` | how much an archive may unpack to |
//! | `gunzip` | gzip members to bytes; size and ratio limits |
//! | `entries` | tar headers and their extensions to entries |
//! | `header` | the fields of one tar header |
//! | `pax` | the records of one extended header |
//! | `name` | names and link targets to clean paths below the root |
//! | `tree` | what the archive has put where; duplicates, links |
//! | `walk` | the one loop behind `inspect` and `unpack` |
//! | `disk` | writes entries below an opened directory, never through a link |
//! | `pack` | a directory, or a few files, to an archive |

mod disk;
mod entries;
mod error;
mod gunzip;
mod header;
mod limits;
mod name;
mod pack;
mod pax;
mod tree;
mod walk;

use std::io::Read;
use std::path::Path;

pub use error::{Error, PackError, Refusal};
pub use limits::{Limits, Summary};
pub use pack::{pack, pack_files};

/// Checks everything that [`unpack`] would refuse and writes nothing.
///
/// # Errors
///
/// Says what is wrong with the archive, or that it could not be read.
pub fn inspect(archive: impl Read, limits: &Limits) -> Result<Summary, Error> {
    walk::walk(archive, limits, &mut walk::Nowhere)
}

/// Unpacks an archive into a directory that exists and is empty.
///
/// Files get mode 0644, or 0755 when their owner may execute them; directories get 0755. Owners,
/// times, set-id and sticky bits are not restored. After an error the directory holds part of the
/// archive: remove it.
///
/// # Errors
///
/// Says what is wrong with the archive, or that it could not be read or written.
pub fn unpack(archive: impl Read, into: &Path, limits: &Limits) -> Result<Summary, Error> {
    let mut disk = disk::Disk::open(into)?;
    walk::walk(archive, limits, &mut disk)
}
