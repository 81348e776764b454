//! Limits of an install.

use std::time::Duration;

/// Limits, each with its default.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueLimits {
    /// The list of versions, bytes.
    pub index_bytes_max: u64,
    /// A list of checksums, or a signature, bytes.
    pub checksums_bytes_max: u64,
    /// A release's archive, bytes.
    pub archive_bytes_max: u64,
    /// The program in it, unpacked, bytes.
    pub program_bytes_max: u64,
    /// Entries of an archive.
    pub archive_entries_max: usize,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a download may stand still.
    pub idle_timeout: Duration,
    /// How long a build may take.
    pub build_timeout: Duration,
}

impl Default for CatalogueLimits {
    fn default() -> Self {
        Self {
            index_bytes_max: 32 << 20,
            checksums_bytes_max: 1 << 20,
            archive_bytes_max: 512 << 20,
            program_bytes_max: 1 << 30,
            archive_entries_max: 100,
            connect_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(60),
            build_timeout: Duration::from_secs(60 * 60),
        }
    }
}
